internal import Dispatch

/// Runs work that waits for the disk on a few threads, so that it blocks neither tasks nor transfers.
package final class BlockingPool: Sendable {
    package typealias Work = @Sendable () -> Void

    private struct State {
        var waiting: [Work] = []
        var running = 0
    }

    private let queue = DispatchQueue(label: "jobd.disk", attributes: .concurrent)
    private let width: Int
    private let state = Locked(State())

    package init(width: Int = 4) { self.width = width }

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
        let mayStart = state.withLock { state in
            if state.running == width {
                state.waiting.append(work)
                return false
            }
            state.running += 1
            return true
        }
        if mayStart { queue.async { self.drain(work) } }
    }

    private func drain(_ first: @escaping Work) {
        var next: Work? = first
        while let work = next {
            work()
            next = state.withLock { state in
                if state.waiting.isEmpty {
                    state.running -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
        }
    }
}
