internal import Dispatch

/// Lets a loop sleep until it is woken, or until a deadline. A wake-up while the loop is awake is not lost.
package final class WakeSignal: Sendable {
    private struct State {
        var isPending = false
        var sleeper: CheckedContinuation<Void, Never>?
        /// The number of the current sleep: the timer of an old one must not end it.
        var sleep = 0
    }

    private let state = Locked(State())
    private let queue = DispatchQueue(label: "jobd.wake")

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
        var timer: DispatchWorkItem?
        await withCheckedContinuation { continuation in
            let sleep = state.withLock { state -> Int? in
                if state.isPending { return nil }
                state.sleeper = continuation
                state.sleep += 1
                return state.sleep
            }
            guard let sleep else { return continuation.resume() }
            guard let deadline else { return }
            let item = DispatchWorkItem { self.end(sleep) }
            timer = item
            // At most some thirty years, beyond which the sum would overflow.
            let rest = min(max(0, (deadline - .now) / .nanoseconds(1)), 1e18).rounded(.up)
            queue.asyncAfter(deadline: .now() + .nanoseconds(Int(rest)), execute: item)
        }
        timer?.cancel()
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
