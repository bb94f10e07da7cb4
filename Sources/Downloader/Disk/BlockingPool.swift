internal import Dispatch
internal import HTTP
internal import Locked

/// Runs what waits for the disk on a few threads of its own, away from the tasks' threads and the transfers'.
final class BlockingPool: Sendable {
    private typealias Work = @Sendable () -> Void

    private struct State {
        var waiting: [Work] = []
        var running = 0
    }

    private let queue = DispatchQueue(label: "jobd.disk", attributes: .concurrent)
    private let width: Int
    private let state = Locked(State())

    init(width: Int = 4) { self.width = width }

    func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws(DownloadFailure) -> Result
    ) async throws(DownloadFailure) -> Result {
        let result = await withCheckedContinuation { continuation in
            submit {
                do throws(DownloadFailure) {
                    continuation.resume(returning: Swift.Result<Result, DownloadFailure>.success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// The queue is as long as downloads are many: each waits for one piece of work at a time.
    private func submit(_ work: @escaping Work) {
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
