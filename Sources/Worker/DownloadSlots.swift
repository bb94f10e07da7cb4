internal import HTTP
internal import System

/// A bounded number of slots, given in the order of asking.
final class DownloadSlots: Sendable {
    /// A slot that somebody has.
    final class Slot: Sendable {
        private let slots: DownloadSlots
        private let isOffered = Locked(false)
        private let isKept = Locked(false)

        fileprivate init(_ slots: DownloadSlots) { self.slots = slots }

        /// Offers the slot to those who wait: true, once for each of them, where it is to be given back
        /// soon.
        func offer() -> Bool {
            guard slots.takeOffer() else { return false }
            let wasOffered = isOffered.withLock { isOffered in
                defer { isOffered = true }
                return isOffered
            }
            if wasOffered { slots.endOffer() }
            return true
        }

        fileprivate var wasOffered: Bool { isOffered.withLock { $0 } }

        /// Asks to keep the slot for longer than others: half of all slots may be kept so, that the rest
        /// stays free.
        func keepsLonger() -> Bool {
            isKept.withLock { isKept in
                isKept = isKept || slots.takeLongStay()
                return isKept
            }
        }

        fileprivate var wasKept: Bool { isKept.withLock { $0 } }
    }

    private struct State {
        var free: Int
        var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID = 0
        /// How many of those who have a slot will soon give it back for one who waits.
        var offers = 0
        /// How many slots there are, free or not, and how many of them are kept for long.
        var size: Int
        var longStays = 0
    }

    private let state: Locked<State>

    init(_ count: Int) { state = Locked(State(free: count, size: count)) }

    /// Runs `body` when there is a slot for it.
    func use<Result>(_ body: (Slot) async -> Result) async throws(CancellationError) -> Result {
        guard await take() else { throw CancellationError() }
        let slot = Slot(self)
        defer {
            if slot.wasOffered { endOffer() }
            if slot.wasKept { state.withLock { $0.longStays -= 1 } }
            give()
        }
        return await body(slot)
    }

    private func takeOffer() -> Bool {
        state.withLock { state in
            guard state.waiting.count > state.offers else { return false }
            state.offers += 1
            return true
        }
    }

    private func takeLongStay() -> Bool {
        state.withLock { state in
            guard state.longStays < state.size / 2 else { return false }
            state.longStays += 1
            return true
        }
    }

    private func endOffer() { state.withLock { $0.offers -= 1 } }

    /// Answers false where the task was cancelled meanwhile.
    private func take() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            waiter?.resume(returning: false)
        }
    }

    private func give() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            // Slots that a reload removed are not passed on.
            if state.waiting.isEmpty || state.free < 0 {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    /// More slots, or fewer once they are given back.
    func change(by count: Int) {
        state.withLock { state in
            state.free += count
            state.size += count
        }
        // Those who wait are served as slots come back; a reload that adds some serves them here.
        for _ in 0..<max(0, count) {
            let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard state.free > 0, !state.waiting.isEmpty else { return nil }
                state.free -= 1
                return state.waiting.removeFirst().continuation
            }
            next?.resume(returning: true)
        }
    }
}
