internal import Glibc
package import JobModel
internal import SQL
package import System

/// The store on one connection, used by one thread at a time: jobctl's only one, or that of a `JobStore`.
package final class JobDatabase {
    package enum Purpose: Sendable {
        /// Only read. A missing database is an error.
        case read
        /// Change what is there. A missing database is an error.
        case write
        /// Make the directory and the database if they are missing.
        case create
        /// Move what is there to a shared store, even if that was begun before.
        case move
    }

    package let directory: StateDirectory
    private(set) var connection: Connection
    /// How the file is opened again; nil for a shared store.
    private let opening: DatabaseOpening?
    /// False if the files disappeared while the database was being reopened.
    private(set) var isOpen = true
    /// What happened to the files of the store; nil while they are in place.
    var loss: StoreError?
    private let clock: @Sendable () -> Timestamp
    /// That of the jobd whose connection this is, if the store is shared.
    var lease: Lease?
    /// Whether the server takes only valid UTF-8; nil until it is asked.
    var textIsChecked: Bool?
    /// What this transaction has read before it needs it.
    var readAhead = ReadAhead()
    /// Jobs that this transaction has completed, and for whose outputs others may wait in vain.
    var completed: [Int64] = []

    /// Opens the store, and brings its schema up to date if that is allowed.
    ///
    /// - Parameter lock: the state directory's lock, if the caller already holds it.
    /// - Parameter onWait: called if another program's write transaction keeps this one waiting for more than
    ///   two seconds; it is told which program.
    /// - Parameter onAbsence: called if the server of a shared store does not answer for as long.
    package init(
        _ directory: StateDirectory, _ purpose: Purpose, lock: StateLock? = nil,
        busyTimeout: Duration = .seconds(15), clock: @escaping @Sendable () -> Timestamp = { .now },
        onWait: @escaping (RunningProcess?) -> Void = { _ in },
        onAbsence: @escaping (String) -> Void = { _ in }
    ) throws {
        self.directory = directory
        self.clock = clock
        if let address = directory.shared {
            opening = nil
            connection = .postgresql(
                try SharedStore(address: address).open(
                    purpose, patience: busyTimeout, onWait: { onWait(nil) }, onAbsence: onAbsence))
            return
        }
        let opening = DatabaseOpening(directory: directory, busyTimeout: busyTimeout) {
            onWait(StoreUsers.writer(of: directory))
        }
        self.opening = opening
        connection = .sqlite(
            try StoreError.at(database: directory.database) { try opening.open(purpose, lock: lock) })
    }

    /// Whether several machines share the store.
    package var isShared: Bool { server != nil }

    /// The database file; nil for a shared store.
    var file: SQLiteConnection? {
        if case .sqlite(let connection) = connection { connection } else { nil }
    }

    /// The connection to a shared store; nil for a file.
    var server: PostgreSQLConnection? {
        if case .postgresql(let connection) = connection { connection } else { nil }
    }

    package var now: Timestamp { clock() }

    /// From now on, what only reads waits for a lost server as long as `body` does not throw, which is called
    /// now and then. (A database file is always there.)
    package func waitOut(_ body: @escaping (String) throws -> Void) { server?.waitOut(body) }

    /// Throws once files of the store are lost: nothing may be sent that no one could find on record.
    package func requireFiles() throws { if let loss { throw loss } }

    // MARK: - Transactions

    /// Runs `body` in one transaction that holds the write lock; inside another transaction, as a savepoint.
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        if isInTransaction { return try savepoint(body) }
        let start = ContinuousClock.now
        defer { (readAhead, completed) = (ReadAhead(), []) }
        let value = try perform {
            try connection.transaction {
                let value = try body()
                try cancelWaitingInVain()
                // jobd's own commits need not wake the others, and prove themselves by its lease.
                if isShared, lease == nil { try announceCommit() }
                return value
            }
        }
        lease?.extend(from: start)
        return value
    }

    /// Runs `body` as a part of a transaction: a failure undoes only its own changes.
    func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        let before = (readAhead, completed)
        do {
            return try perform {
                try connection.savepoint {
                    let value = try body()
                    try cancelWaitingInVain()
                    return value
                }
            }
        } catch {
            (readAhead, completed) = before
            throw error
        }
    }

    /// Runs `body` on one unchanging snapshot of the database.
    package func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try perform { try connection.snapshot(body) }
    }

    var isInTransaction: Bool { connection.isInTransaction }

    // MARK: - Statements

    /// Runs `body` and turns its SQLite errors into the store's own.
    func perform<Value>(_ body: () throws -> Value) throws -> Value {
        try StoreError.at(database: directory.storeName, body)
    }

    /// Copies the whole database, consistent and synced, into a new file.
    package func backup(to path: String) throws {
        guard let opening, let file else { throw StoreError.needsDump }
        try perform { try opening.copy(file, to: path) }
    }

    /// Runs one statement. A server is sent it with the next one whose answer is awaited, at the latest
    /// before the commit: if it fails, then that does.
    func run(_ sql: String, _ values: any Bindable...) throws {
        try perform { try connection.run(sql, values) }
    }

    /// The same for a statement that is about one job, and may change places with those about others.
    /// - Parameter expected: how many rows it has to change, if that matters.
    func run(about job: Int64, _ sql: String, _ values: any Bindable..., changing expected: Int? = nil) throws
    {
        try run(about: job, sql, values, changing: expected)
    }

    func run(about job: Int64, _ sql: String, _ values: [any Bindable], changing expected: Int? = nil) throws
    {
        try perform { try connection.run(sql, values, changing: expected, about: job) }
    }

    /// Waits until all is done that was run, and throws what has failed.
    func sendUnsent() throws { try perform { try connection.sendUnsent() } }

    /// Runs one statement and returns how many rows it changed.
    func rowsChanged(by sql: String, _ values: any Bindable...) throws -> Int {
        try rowsChanged(by: sql, values)
    }

    func rowsChanged(by sql: String, _ values: [any Bindable]) throws -> Int {
        try perform { try connection.rowsChanged(by: sql, values) }
    }

    func first<Value>(
        _ sql: String, _ values: any Bindable..., read: (borrowing Row) throws -> Value
    ) throws -> Value? {
        try perform { try connection.first(sql, values, read: read) }
    }

    func all<Value>(
        _ sql: String, _ values: any Bindable..., read: (borrowing Row) throws -> Value
    ) throws -> [Value] {
        try perform { try connection.all(sql, values, read: read) }
    }

    /// Whether the query has a row.
    func exists(_ sql: String, _ values: any Bindable...) throws -> Bool {
        try perform { try connection.first(sql, values, read: { _ in true }) ?? false }
    }

    /// Sums what a query of states and counts returns.
    func countsByState(_ sql: String, _ values: any Bindable...) throws -> [JobState: Int64] {
        try perform {
            try connection.all(sql, values) { (JobState(rawValue: $0.text(0)), $0.integer(1)) }
        }.reduce(into: [:]) { counts, row in
            if let state = row.0 { counts[state, default: 0] += row.1 }
        }
    }

    // MARK: - Lost files

    /// Copies what `files` still holds of the database, if no connection to it could be opened.
    func copy(_ files: StoreFiles, to path: String) throws {
        try perform {
            try opening?.copy(to: path) { _, file in try files.copyDatabase(to: file) }
        }
    }

    /// Opens the database again, with a new log.
    func reopen(holding lock: StateLock) throws {
        guard let opening else { return }
        try perform {
            // The old one is closed first: connections of one process share what they know of the log.
            connection = .sqlite(try SQLiteConnection(path: ":memory:", .create, busyTimeout: .zero))
            isOpen = false
            connection = .sqlite(try opening.open(.write, lock: lock))
            isOpen = true
        }
    }
}

extension Timestamp {
    /// The wall clock. It may jump; nothing that decides about money compares two readings of it.
    package static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
