internal import Dispatch

/// What a loop sleeps on: it returns when it is woken, or at a deadline. Being woken while awake is kept.
package final class WakeSignal: Sendable {
    private struct State {
        var hasRung = false
        var sleeper: CheckedContinuation<Void, Never>?
        /// Which sleep a timer belongs to: an old one must not end a new sleep.
        var sleep = 0
    }

    private let state = Locked(State())
    private let queue = DispatchQueue(label: "jobd.wake")

    package init() {}

    package func wake() {
        let sleeper = state.withLock { state in
            state.hasRung = true
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Returns when it was woken since the last return, or at `deadline`; nil waits for that alone.
    package func wait(until deadline: ContinuousClock.Instant?) async {
        var timer: DispatchWorkItem?
        await withCheckedContinuation { continuation in
            let sleep = state.withLock { state -> Int? in
                if state.hasRung { return nil }
                state.sleeper = continuation
                state.sleep += 1
                return state.sleep
            }
            guard let sleep else { return continuation.resume() }
            guard let deadline else { return }
            let item = DispatchWorkItem { self.end(sleep) }
            timer = item
            // Bounded to some thirty years, beyond which the sum would overflow.
            let rest = min(max(0, (deadline - .now) / .nanoseconds(1)), 1e18).rounded(.up)
            queue.asyncAfter(deadline: .now() + .nanoseconds(Int(rest)), execute: item)
        }
        timer?.cancel()
        state.withLock { $0.hasRung = false }
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
