internal import Glibc

/// A value that only one thread at a time can access, and that threads can wait for.
@safe final class Monitor<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe condition = .allocate(capacity: 1)
        unsafe condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe condition.deallocate()
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Lets one of those who wait try again.
    func wakeOne() { unsafe pthread_cond_signal(condition) }

    /// Tries until `attempt` succeeds, once at first and then whenever somebody calls `wakeOne`.
    func wait<Result>(_ attempt: (inout Value) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = attempt(&value) { return result }
            unsafe pthread_cond_wait(condition, mutex)
        }
    }

    /// The same for a limited time: then it does `giveUp`, under the same lock as the last try.
    func wait<Result>(
        upTo time: Duration, _ attempt: (inout Value) -> Result?, otherwise giveUp: (inout Value) -> Void
    ) -> Result? {
        var end = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &end)
        let (seconds, attoseconds) = time.components
        let nanoseconds = end.tv_nsec + Int(attoseconds / 1_000_000_000)
        end.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = attempt(&value) { return result }
            guard unsafe pthread_cond_timedwait(condition, mutex, &end) == 0 else {
                if let result = attempt(&value) { return result }
                giveUp(&value)
                return nil
            }
        }
    }
}
