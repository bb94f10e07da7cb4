internal import Dispatch
internal import Glibc

/// The store as jobd uses it: one writing connection behind one actor, and one commit for all that wait.
package actor JobStore {
    let database: JobDatabase
    let lock: StateLock
    var files: StoreFiles
    private var tell: @Sendable (StoreError) -> Void = { _ in }
    private let executor = SerialQueueExecutor(label: "jobd.store")
    private var waiting: [Pending] = []
    private var commits = 0
    /// How many shared the last commit.
    private var lastGroup = 0

    /// While this many share a commit, the next one waits a moment for more: a sync costs the same for all of
    /// them.
    private static let crowd = 4
    private static let moment = DispatchTimeInterval.milliseconds(2)

    /// Work that waits for its transaction: it runs, then its caller is told, in one of two ways.
    private struct Pending {
        /// As a part whose failure undoes its own changes alone, or such that the whole transaction fails
        /// with it.
        let run: (JobDatabase, _ isPart: Bool) throws -> () -> Void
        let fail: (any Error) -> Void
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// - Parameter open: makes the database; it is used on the actor's own thread from then on.
    package init(lock: StateLock, _ open: @Sendable () throws -> JobDatabase) rethrows {
        self.lock = lock
        database = try open()
        files = StoreFiles(database.directory)
    }

    /// Throws where another jobd may have taken this one's place.
    package nonisolated func checkLock() throws { try lock.check() }

    /// The same for who is in no transaction. Files that are gone say more than a lock that is, and come
    /// first.
    package func checkPlace() throws {
        look()
        if database.loss == nil { try checkLock() }
    }

    /// Calls `tell` once the store's files were removed or moved. Nothing can be claimed then, and jobd has
    /// to stop.
    package func whenLost(_ tell: @escaping @Sendable (StoreError) -> Void) {
        self.tell = tell
        if let loss = database.loss { tell(loss) }
    }

    /// Two system calls or three, before each piece of work: what is sent must be on a disk that others see.
    private func look() {
        guard database.loss == nil, let found = files.loss() else { return }
        let loss = rescue(found)
        database.loss = loss
        tell(loss)
    }

    /// Moves everything into the database file. The store is not used after that. Throws what was lost
    /// meanwhile.
    package func close() throws {
        // What waits for company would come after the checkpoint, or never.
        commit()
        look()
        if database.loss != nil {
            // A directory that is being removed loses one file after the other, and nobody tells when it is
            // over.
            usleep(1_000_000)
            // What was written since then is saved, too.
            if let found = files.loss() { database.loss = rescue(found) }
        }
        let checkpoint = Result { try database.tidy(ifLargerThan: 0, holding: lock) }
        try database.requireFiles()
        try checkpoint.get()
    }

    /// Reads, or does what needs no transaction.
    package func read<Value: Sendable>(_ body: @Sendable (JobDatabase) throws -> Value) throws -> Value {
        look()
        return try body(database)
    }

    /// Runs `body` in a transaction that it shares with everything else that waits: one sync for all of them.
    ///
    /// It returns after the commit. When `body` throws, only its own changes are undone; that of others may
    /// run twice.
    package func write<Value: Sendable>(_ body: @escaping @Sendable (JobDatabase) throws -> Value)
        async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            let pending = Pending(
                run: { database, isPart in
                    guard isPart else {
                        let value = try body(database)
                        return { continuation.resume(returning: value) }
                    }
                    let result = Result { try database.part { try body(database) } }
                    // A full disk or an I/O error rolls the whole transaction back by itself: then nobody's
                    // work stands.
                    if case .failure(let error) = result, !database.isInTransaction { throw error }
                    return { continuation.resume(with: result) }
                },
                fail: { continuation.resume(throwing: $0) })
            add(pending)
        }
    }

    /// Does a small piece of work with the next commit, when nobody needs to know whether it was done.
    package nonisolated func post(_ body: @escaping @Sendable (JobDatabase) throws -> Void) {
        executor.queue.async {
            self.assumeIsolated { store in
                store.add(
                    Pending(
                        run: { database, isPart in
                            guard isPart else {
                                try body(database)
                                return {}
                            }
                            do { try database.part { try body(database) } } catch {
                                // As in `write`: what rolled everything back is everybody's failure.
                                if !database.isInTransaction { throw error }
                            }
                            return {}
                        }, fail: { _ in }))
            }
        }
    }

    /// The first of a group asks for the commit; the others find a place in it before their turn comes.
    private func add(_ pending: Pending) {
        waiting.append(pending)
        guard waiting.count == 1 else { return }
        let work = { @Sendable in self.assumeIsolated { $0.commit() } }
        if lastGroup < Self.crowd {
            executor.queue.async(execute: work)
        } else {
            executor.queue.asyncAfter(deadline: .now() + Self.moment, execute: work)
        }
    }

    private func commit() {
        let group = waiting
        if group.isEmpty { return }
        look()
        waiting = []
        lastGroup = group.count
        do {
            let answers = try answers(of: group)
            for answer in answers { answer() }
            commits += 1
            // Who holds the lock checkpoints; looking at the size of the log each time would cost more than
            // it saves.
            if commits % 256 == 0 { try? database.tidy(ifLargerThan: 16 << 20, holding: lock) }
        } catch {
            for pending in group { pending.fail(error) }
        }
    }

    /// A savepoint for each costs a tenth of all work, and hardly any fails: they are made once one has.
    private func answers(of group: [Pending]) throws -> [() -> Void] {
        var hasFailed = false
        do {
            return try database.transaction {
                hasFailed = true
                let answers = try group.map { try $0.run(database, false) }
                hasFailed = false
                return answers
            }
        } catch  where hasFailed && group.count > 1 {
            return try database.transaction { try group.map { try $0.run(database, true) } }
        }
    }
}
