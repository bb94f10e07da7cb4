internal import System

/// What tasks hand to the transfer thread. One lock guards every access.
final class Inbox: Sendable {
    struct Work {
        var submitted: [Ticket] = []
        var cancelled: [Ticket] = []
        /// Who waits for another turn of the thread.
        var askers: [CheckedContinuation<Void, Never>] = []
        var isClosed = false

        var isEmpty: Bool { submitted.isEmpty && cancelled.isEmpty && askers.isEmpty && !isClosed }
    }

    private struct State: @unchecked Sendable {
        var work = Work()
        /// The thread sleeps, or is about to: whoever adds something wakes it.
        var sleeps = false
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())
    /// Called under the lock, and not after the thread has ended.
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// False if the ticket is cancelled or the inbox is closed: then the caller resumes it.
    func submit(_ ticket: Ticket) -> Bool {
        state.withLock { state in
            if ticket.isCancelled || state.work.isClosed { return false }
            ticket.isSubmitted = true
            state.work.submitted.append(ticket)
            wakeIfAsleep(&state)
            return true
        }
    }

    /// False if the inbox is closed.
    func submit(_ tickets: [Ticket]) -> Bool {
        state.withLock { state in
            if state.work.isClosed { return false }
            state.work.submitted += tickets
            wakeIfAsleep(&state)
            return true
        }
    }

    func cancel(_ ticket: Ticket) {
        state.withLock { state in
            ticket.isCancelled = true
            guard ticket.isSubmitted, !state.work.isClosed else { return }
            state.work.cancelled.append(ticket)
            wakeIfAsleep(&state)
        }
    }

    /// False if the inbox is closed: then the caller resumes it.
    func ask(_ asker: CheckedContinuation<Void, Never>) -> Bool {
        state.withLock { state in
            if state.work.isClosed { return false }
            state.work.askers.append(asker)
            wakeIfAsleep(&state)
            return true
        }
    }

    func close() {
        state.withLock { state in
            state.work.isClosed = true
            wakeIfAsleep(&state)
        }
    }

    /// For the thread: everything added since the last time.
    func collect() -> Work {
        state.withLock { state in
            defer { state.work = Work(isClosed: state.work.isClosed) }
            state.sleeps = false
            return state.work
        }
    }

    /// For the thread: whether it may sleep. From then on, whoever adds something wakes it.
    func maySleep() -> Bool {
        state.withLock { state in
            state.sleeps = state.work.isEmpty
            return state.sleeps
        }
    }

    /// For the thread: it ends. `cleanUp` runs when nobody can wake it any more.
    func end(_ cleanUp: () -> Void) {
        let waiting = state.withLock { state in
            state.hasEnded = true
            cleanUp()
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func whenEnded(_ continuation: CheckedContinuation<Void, Never>) {
        let hasEnded = state.withLock { state in
            if !state.hasEnded { state.waiting.append(continuation) }
            return state.hasEnded
        }
        if hasEnded { continuation.resume() }
    }

    private func wakeIfAsleep(_ state: inout State) {
        guard state.sleeps, !state.hasEnded else { return }
        state.sleeps = false
        wake()
    }
}
