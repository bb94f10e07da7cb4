/// Lets a loop sleep until it is woken, or until a deadline. A wake-up while the loop is awake is not lost.
package final class WakeSignal: Sendable {
    private struct State {
        var isPending = false
        var sleeper: CheckedContinuation<Void, Never>?
        /// The number of the current sleep: the timer of an old one must not end it.
        var sleep = 0
    }

    private let state = Locked(State())

    package init() {}

    package func wake() {
        let sleeper = state.withLock { state in
            state.isPending = true
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Returns at once if `wake` was called since the last return, else when it is called, or at `deadline`.
    package func wait(until deadline: ContinuousClock.Instant?) async {
        var timer: WorkThread.Timer?
        await withCheckedContinuation { continuation in
            let sleep = state.withLock { state -> Int? in
                if state.isPending { return nil }
                state.sleeper = continuation
                state.sleep += 1
                return state.sleep
            }
            guard let sleep else { return continuation.resume() }
            guard let deadline else { return }
            // At most some thirty years, beyond which the sum would overflow.
            let rest = min(max(.zero, deadline - .now), .seconds(1_000_000_000))
            timer = TaskThread.timers.after(rest) { self.end(sleep) }
        }
        if let timer { TaskThread.timers.cancel(timer) }
        state.withLock { $0.isPending = false }
    }

    private func end(_ sleep: Int) {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.sleep == sleep else { return nil }
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }
}
