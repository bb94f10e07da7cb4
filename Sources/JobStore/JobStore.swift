internal import Glibc
package import JobModel
internal import System

/// The store as jobd uses it: one writing connection behind one actor, and one commit for all pending writes.
package actor JobStore {
    let database: JobDatabase
    let lock: StateLock
    var files: StoreFiles
    /// The right to the jobs of a shared store; nil with a database file, which has only one jobd.
    package nonisolated let lease: Lease?
    nonisolated let counter: Result<ClaimCounter, any Error>
    private var onLoss: @Sendable (StoreError) -> Void = { _ in }
    private var onTrouble: @Sendable (Trouble.Kind, String?) -> Void = { _, _ in }
    /// Whether the last commit failed, because the store cannot be written.
    private var cannotWrite = false
    private var looksAgain = false
    /// How often in a row somebody kept the log from being emptied; it is tried again soon.
    private var timesHeld = 0
    private let executor = ThreadExecutor()
    private var waiting: [Pending] = []
    private var commits = 0
    /// How many writes shared the last commit.
    private var lastGroup = 0
    /// The commit that waits for more writes.
    private var delayed: WorkThread.Timer?

    /// When this many writes share a commit, the next one waits a moment for more: they share its one sync.
    private static let busyGroup = 4
    private static let groupDelay = Duration.milliseconds(6)
    /// When a write last failed.
    private var lastFailure = SuspendingClock.now
    /// Between two looks at whether a trouble is over.
    private static let lookInterval = Duration.seconds(3)

    /// A write that waits for its transaction.
    private struct Pending {
        /// The job that it will look for, if it looks for one.
        let job: Int64?
        /// Does the work, and returns what tells the caller. In a savepoint, a failure undoes only this work;
        /// without one, it fails the whole transaction.
        let run: (JobDatabase, _ inSavepoint: Bool) throws -> () -> Void
        let fail: (any Error) -> Void
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - lease: that of this jobd, if the store is shared.
    ///   - open: opens the database, which only the actor uses from then on.
    package init(
        lock: StateLock, lease: Lease? = nil, _ open: @Sendable () throws -> JobDatabase
    ) throws {
        self.lock = lock
        database = try open()
        files = StoreFiles(database.directory)
        self.lease = lease
        if let lease { try database.take(lease) }
        counter = Result { [database] in
            try ClaimCounter(in: database.directory, store: try database.storeID())
        }
    }

    /// Throws if another jobd may have taken over.
    package nonisolated func checkLock() throws { try lock.check() }

    /// The same outside a transaction. Lost files explain more than a lost lock, so they are checked first.
    package func checkFilesAndLock() throws {
        checkFiles()
        if database.loss == nil { try checkLock() }
    }

    /// Calls `body` if files of the store are removed or moved. Then no job can be claimed; jobd must stop.
    package func whenLost(_ body: @escaping @Sendable (StoreError) -> Void) {
        onLoss = body
        if let loss = database.loss { body(loss) }
    }

    /// Calls `body` with each trouble that begins, and with nil when it is over.
    package func whenTroubled(_ body: @escaping @Sendable (Trouble.Kind, String?) -> Void) {
        onTrouble = body
        emptyLargeLog()
    }

    /// Runs before each piece of work (two or three system calls): what is sent must be on record for others.
    private func checkFiles() {
        guard !database.isShared, database.loss == nil, let found = files.loss() else { return }
        let loss = rescue(found)
        database.loss = loss
        onLoss(loss)
    }

    /// Moves everything into the database file, and throws if files were lost. The store is not used again.
    package func close() throws {
        // Pending writes must reach the disk before the checkpoint.
        commit()
        if database.isShared { return try database.endLease() }
        checkFiles()
        if database.loss != nil {
            // A directory that is being removed loses one file after another: wait for the rest.
            usleep(1_000_000)
            // Save what was written since, too.
            if let found = files.loss() { database.loss = rescue(found) }
        }
        let checkpoint = Result { try database.tidy(ifLargerThan: 0, holding: lock) }
        try database.requireFiles()
        _ = try checkpoint.get()
    }

    /// Reads after `checkFilesAndLock`, whose error it throws.
    package func readAsHolder<Value: Sendable>(
        _ body: @Sendable (JobDatabase) throws -> Value
    ) throws -> Result<Value, any Error> {
        try checkFilesAndLock()
        return Result { try body(database) }
    }

    /// Reads, or does what needs no transaction.
    package func read<Value: Sendable>(_ body: @Sendable (JobDatabase) throws -> Value) throws -> Value {
        checkFiles()
        return try body(database)
    }

    /// Runs `body` in a transaction that it shares with all pending writes: one sync for all of them.
    ///
    /// Returns after the commit. If a body throws, only its changes are undone. Any body may run twice, also
    /// the one that throws.
    ///
    /// - Parameters:
    ///   - job: the job that `body` will look for, if it looks for one.
    ///   - isUrgent: whether the commit does not wait for more writes.
    package func write<Value: Sendable>(
        of job: Int64? = nil, isUrgent: Bool = false,
        _ body: @escaping @Sendable (JobDatabase) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            add(job, isUrgent: isUrgent, body) { continuation.resume(with: $0) }
        }
    }

    /// Does a small piece of work with the next commit, if no one needs to know whether it succeeded.
    package nonisolated func post(_ body: @escaping @Sendable (JobDatabase) throws -> Void) {
        executor.thread.async { self.assumeIsolated { $0.add(nil, body) { _ in } } }
    }

    private func add<Value: Sendable>(
        _ job: Int64?, isUrgent: Bool = false, _ body: @escaping @Sendable (JobDatabase) throws -> Value,
        _ answer: @escaping (Result<Value, any Error>) -> Void
    ) {
        let pending = Pending(
            job: job,
            run: { database, inSavepoint in
                guard inSavepoint else {
                    let value = try body(database)
                    return { answer(.success(value)) }
                }
                let result = Result { try database.savepoint { try body(database) } }
                // A full disk or an I/O error rolls back the whole transaction: then no one's work is kept.
                if case .failure(let error) = result, !database.isInTransaction { throw error }
                return { answer(result) }
            },
            fail: { answer(.failure($0)) })
        waiting.append(pending)
        // The first of a group schedules the commit; the others join it before its turn comes. An urgent one
        // replaces a commit that waits for more.
        if waiting.count > 1, delayed == nil { return }
        let commit = { @Sendable in self.assumeIsolated { $0.commit() } }
        if isUrgent || lastGroup < Self.busyGroup {
            if let timer = delayed.take() { executor.thread.cancel(timer) }
            executor.thread.async(commit)
        } else if delayed == nil {
            delayed = executor.thread.after(Self.groupDelay, commit)
        }
    }

    private func commit() {
        let group = waiting
        if group.isEmpty { return }
        checkFiles()
        (waiting, delayed) = ([], nil)
        lastGroup = group.count
        do {
            let answers = try answers(of: group)
            for answer in answers { answer() }
            commits += 1
            // jobd holds the lock, so it checkpoints. Checking the log's size every time would cost too much.
            if commits % 256 == 0, timesHeld == 0 { emptyLargeLog() }
        } catch {
            // What is written again is then written with the new lease, as far as others have left it alone.
            if case StoreError.deposed = error, let lease { try? database.take(lease) }
            for pending in group { pending.fail(error) }
            if let error = error as? StoreError, error.isOfStorage { noteWrite(error) }
        }
    }

    /// The store can be written again, or cannot: then it is tried now and then, whoever else gives up.
    private func noteWrite(_ failure: StoreError?) {
        cannotWrite = failure != nil
        if cannotWrite { lastFailure = .now }
        let reason = { [directory = database.directory] (failure: StoreError) in
            if case .busy = failure {
                StoreUsers.wait(for: StoreUsers.writer(of: directory))
            } else {
                "\(failure)"
            }
        }
        onTrouble(.store, failure.map(reason))
        if cannotWrite { lookAgain() }
    }

    private func lookAgain() {
        if looksAgain { return }
        looksAgain = true
        executor.thread.after(Self.lookInterval) {
            self.assumeIsolated { $0.tryToWrite() }
        }
    }

    private func tryToWrite() {
        looksAgain = false
        guard cannotWrite, database.loss == nil else { return }
        do { try database.touch() } catch { return noteWrite(error as? StoreError ?? .busy) }
        // A full disk takes a small write now and then: it is over once nothing has failed for a while.
        if .now >= lastFailure + Self.lookInterval { return noteWrite(nil) }
        lookAgain()
    }

    /// Others have written: their commits are in the log, too, and only jobd empties it.
    package func noteOthersWrites() { if timesHeld == 0 { emptyLargeLog() } }

    /// Tries again every few seconds if a reader is in the way, and names one that stays.
    private func emptyLargeLog() {
        let isDone = (try? database.tidy(ifLargerThan: StateDirectory.largeLog, holding: lock)) ?? true
        if isDone {
            if timesHeld > 1 { onTrouble(.log, nil) }
            timesHeld = 0
            return
        }
        timesHeld += 1
        if timesHeld > 1 { onTrouble(.log, database.directory.logComplaint) }
        executor.thread.after(Self.lookInterval) {
            self.assumeIsolated { $0.emptyLargeLog() }
        }
    }

    /// Savepoints cost a tenth of all work, and writes hardly ever fail: they are used only after a failure.
    private func answers(of group: [Pending]) throws -> [() -> Void] {
        var hasFailed = false
        do {
            return try database.transaction {
                hasFailed = true
                try database.readAhead(group.compactMap(\.job))
                let answers = try group.map { try $0.run(database, false) }
                // Here, so that the group is written again if this fails.
                try database.cancelWaitingInVain()
                try database.sendUnsent()
                hasFailed = false
                return answers
            }
        } catch  where hasFailed && group.count > 1 {
            return try database.transaction { try group.map { try $0.run(database, true) } }
        }
    }
}

/// Runs an actor on its own thread: SQLite blocks in fsync, and must not block other tasks.
final class ThreadExecutor: SerialExecutor {
    let thread = WorkThread()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        unsafe thread.async(job, on: asUnownedSerialExecutor())
    }

    func checkIsolated() { precondition(thread.isCurrent) }
}
