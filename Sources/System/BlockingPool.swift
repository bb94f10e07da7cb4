/// Runs work that waits for the disk on a few threads, so that it blocks neither tasks nor transfers.
package final class BlockingPool: Sendable {
    package typealias Work = @Sendable () -> Void

    private struct State {
        var waiting: [Work] = []
        var threads = 0
        /// How many threads wait for work, including those that are being woken.
        var idle = 0
    }

    /// For work that is rare.
    private static let shared = BlockingPool(width: 16)
    /// A thread without work ends after this time.
    private static let patience = Duration.seconds(1)

    private let width: Int
    private let state = Monitor(State())

    package init(width: Int = 4) { self.width = width }

    /// How many threads it has now.
    var threads: Int { state.withLock { $0.threads } }

    /// Disks are slow, and tasks have only one thread.
    package static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await shared.run(body)
    }

    package func run<Result: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let result = await withCheckedContinuation { continuation in
            submit { [state] in
                let result: Swift.Result<Result, Failure>
                do throws(Failure) {
                    result = .success(try body())
                } catch {
                    result = .failure(error)
                }
                state.withLock { _ in }
                continuation.resume(returning: result)
            }
        }
        // Both sides take the lock: ThreadSanitizer does not see that a continuation which is resumed before
        // its task waits orders the two.
        state.withLock { _ in }
        return try result.get()
    }

    /// The queue is bounded by the number of transfers: each waits for one piece of work at a time.
    package func submit(_ work: @escaping Work) {
        let needsThread = state.withLock { state in
            state.waiting.append(work)
            if state.waiting.count <= state.idle {
                self.state.wakeOne()
                return false
            }
            if state.threads == width { return false }
            state.threads += 1
            return true
        }
        if needsThread { startThread() }
    }

    private func startThread() {
        do throws(SystemError) { try Threads.start { [state] in Self.drain(state) } } catch {
            // Another thread will do the work; without any, the caller does it.
            let isAlone = state.withLock { state in
                state.threads -= 1
                return state.threads == 0
            }
            if isAlone { while let work = Self.take(state) { work() } }
        }
    }

    private static func take(_ state: Monitor<State>) -> Work? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    /// What a thread does.
    private static func drain(_ state: Monitor<State>) {
        while true {
            while let work = take(state) { work() }
            state.withLock { $0.idle += 1 }
            let work = state.wait(upTo: patience) { state -> Work? in
                guard !state.waiting.isEmpty else { return nil }
                state.idle -= 1
                return state.waiting.removeFirst()
            } otherwise: { state in
                state.idle -= 1
                state.threads -= 1
            }
            guard let work else { return }
            work()
        }
    }
}
