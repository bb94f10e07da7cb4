internal import Dispatch
internal import HTTP
internal import Locked

/// What the dispatcher sleeps on: somebody rings, or the time comes. Ringing while it is awake is not lost.
package final class Bell: Sendable {
    private struct State {
        var hasRung = false
        var sleeper: CheckedContinuation<Void, Never>?
        /// Which sleep a timer belongs to: an old one must not end a new sleep.
        var sleep = 0
    }

    private let state = Locked(State())
    private let queue = DispatchQueue(label: "jobd.bell")

    package init() {}

    package func ring() {
        let sleeper = state.withLock { state in
            state.hasRung = true
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Returns when the bell has rung since the last return, or at `deadline`; nil waits for the ring alone.
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
            let rest = max(0, (deadline - .now).wholeNanoseconds)
            queue.asyncAfter(deadline: .now() + .nanoseconds(rest), execute: item)
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

extension Duration {
    fileprivate var wholeNanoseconds: Int {
        Int(clamping: components.seconds).multipliedClamped(1_000_000_000)
            + Int(components.attoseconds / 1_000_000_000)
    }
}

extension Int {
    fileprivate func multipliedClamped(_ factor: Int) -> Int {
        let (product, isTooLarge) = multipliedReportingOverflow(by: factor)
        return isTooLarge ? .max / 2 : product
    }
}
