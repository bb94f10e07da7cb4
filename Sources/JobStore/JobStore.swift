internal import Dispatch

/// The store as jobd uses it: one writing connection behind one actor, and one commit for all that wait.
package actor JobStore {
    private let database: JobDatabase
    private let executor = SerialQueueExecutor(label: "jobd.store")
    private var waiting: [Pending] = []

    /// Work that waits for its transaction: it runs, then its caller is told, in one of two ways.
    private struct Pending {
        let run: (JobDatabase) throws -> () -> Void
        let fail: (any Error) -> Void
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// - Parameter open: makes the database; it is used on the actor's own thread from then on.
    package init(_ open: @Sendable () throws -> JobDatabase) rethrows {
        database = try open()
    }

    /// Reads, or does what needs no transaction.
    package func read<Value: Sendable>(_ body: @Sendable (JobDatabase) throws -> Value) throws -> Value {
        try body(database)
    }

    /// Runs `body` in a transaction that it shares with everything else that waits: one sync for all of them.
    ///
    /// It returns after the commit. When `body` throws, only its own changes are undone.
    package func write<Value: Sendable>(_ body: @escaping @Sendable (JobDatabase) throws -> Value)
        async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            let pending = Pending(
                run: { database in
                    let result = Result { try database.part { try body(database) } }
                    // A full disk or an I/O error rolls the whole transaction back by itself: then nobody's work stands.
                    if case .failure(let error) = result, !database.isInTransaction { throw error }
                    return { continuation.resume(with: result) }
                },
                fail: { continuation.resume(throwing: $0) })
            waiting.append(pending)
            // The first of a group asks for the commit; the others find a place in it before their turn comes.
            if waiting.count == 1 { executor.queue.async { self.assumeIsolated { $0.commit() } } }
        }
    }

    private func commit() {
        let group = waiting
        waiting = []
        do {
            let answers = try database.transaction { try group.map { try $0.run(database) } }
            for answer in answers { answer() }
        } catch {
            for pending in group { pending.fail(error) }
        }
    }
}
