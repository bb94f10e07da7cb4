// What Swift will call custom executors is not public yet, but complete.
@_spi(ExperimentalCustomExecutors) @_spi(ExperimentalScheduling) internal import _Concurrency

/// Runs all tasks on one thread instead of on Dispatch's pools. A program that uses it, and never Dispatch,
/// sleeps while it has nothing to do. And what one task hands to another wakes no other thread.
///
/// So a task must not wait for the disk or for another program: see `BlockingPool`.
package enum TaskThread {
    private static let isInUse = Locked(false)

    /// Starts `body` as the first task, and runs it and all others on the calling thread.
    package static func run(_ body: @escaping @Sendable () async -> Void) -> Never {
        isInUse.withLock { $0 = true }
        _createExecutors(factory: Executors.self)
        Task.detached { await body() }
        timers.run()
    }

    /// The thread itself, if it is in use; else one for timers.
    package static let timers = WorkThread(isStarted: !isInUse.withLock { $0 })
}

private struct Executors: ExecutorFactory {
    /// Nothing asks for it.
    static var mainExecutor: any MainExecutor { PlatformExecutorFactory.mainExecutor }
    static let defaultExecutor: any TaskExecutor = OneThread()
}

private final class OneThread: TaskExecutor, SchedulingExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        unsafe TaskThread.timers.async(job, on: asUnownedTaskExecutor())
    }

    func enqueue<Time: Clock>(
        _ job: consuming ExecutorJob, after wait: Time.Duration, tolerance: Time.Duration?, clock: Time
    ) {
        enqueue(job, at: clock.now.advanced(by: wait), tolerance: tolerance, clock: clock)
    }

    func enqueue<Time: Clock>(
        _ job: consuming ExecutorJob, at time: Time.Instant, tolerance: Time.Duration?, clock: Time
    ) {
        // Only clocks that count in seconds are used.
        let wait = clock.now.duration(to: time) as? Duration ?? .zero
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        TaskThread.timers.after(max(.zero, wait)) { unsafe job.runSynchronously(on: executor) }
    }
}
