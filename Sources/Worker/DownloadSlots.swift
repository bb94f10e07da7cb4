internal import System

/// A bounded number of slots, given in the order of asking.
final class DownloadSlots: Sendable {
    /// A slot in use.
    struct Slot: Sendable {
        fileprivate let slots: DownloadSlots
        fileprivate let id: Int

        /// Offers the slot to those who wait. True if it is to be given back soon: one slot for each who
        /// waits.
        func offer() -> Bool {
            slots.state.withLock { state in
                guard state.waiting.count > state.offered.count else { return false }
                state.offered.insert(id)
                return true
            }
        }

        /// Asks to keep the slot for longer than others. At most half of all slots may be kept, so that the
        /// rest stays free for others.
        func tryToKeepLonger() -> Bool {
            slots.state.withLock { state in
                if state.kept.count < state.size / 2 { state.kept.insert(id) }
                return state.kept.contains(id)
            }
        }
    }

    private struct State {
        var size: Int
        /// Negative while more slots are in use than a reload has left.
        var free: Int
        var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID = 0
        /// Slots that will soon be given back for one who waits.
        var offered: Set<Int> = []
        var kept: Set<Int> = []
    }

    private let state: Locked<State>

    init(_ count: Int) { state = Locked(State(size: count, free: count)) }

    /// Runs `body` when there is a slot for it.
    func use<Result>(_ body: (Slot) async -> Result) async throws(CancellationError) -> Result {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        guard await take(id) else { throw CancellationError() }
        defer {
            serve { state in
                state.offered.remove(id)
                state.kept.remove(id)
                state.free += 1
            }
        }
        return await body(Slot(slots: self, id: id))
    }

    /// Adds slots, or removes some as soon as they are given back.
    func resize(to size: Int) {
        serve { state in
            state.free += size - state.size
            state.size = size
        }
    }

    /// Returns false if the task was cancelled.
    private func take(_ id: Int) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                var isCancelled = false
                serve { state in
                    isCancelled = Task.isCancelled
                    if !isCancelled { state.waiting.append((id, continuation)) }
                }
                if isCancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            waiter?.resume(returning: false)
        }
    }

    /// Makes a change, then gives the free slots to those who have waited longest.
    private func serve(after change: (inout State) -> Void) {
        let served = state.withLock { state in
            change(&state)
            let count = min(max(0, state.free), state.waiting.count)
            let served = state.waiting.prefix(count)
            state.waiting.removeFirst(count)
            state.free -= count
            return served
        }
        for waiter in served { waiter.continuation.resume(returning: true) }
    }
}
