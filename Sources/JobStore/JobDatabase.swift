package import JobModel
internal import SQLite
internal import System

/// The store on one connection, used by one thread at a time. `jobctl` uses it as it is, jobd through
/// `JobStore`.
package final class JobDatabase {
    package enum Purpose: Sendable {
        /// Only look. A missing database is an error.
        case read
        /// Steer what is there. A missing database is an error.
        case write
        /// Make the directory and the database where they are missing.
        case create
    }

    package let directory: StateDirectory
    private(set) var connection: Connection
    let busyTimeout: Duration
    /// False where its files went while it was being opened again.
    private(set) var isOpen = true
    /// What has become of the files that it works on; nil where they are in their place.
    var loss: StoreError?
    private let clock: @Sendable () -> Timestamp

    /// Opens the store, and brings its schema up to date where that may be done.
    ///
    /// - Parameter lock: the state directory's lock, where the caller holds it already.
    package init(
        _ directory: StateDirectory, _ purpose: Purpose, lock: StateLock? = nil,
        busyTimeout: Duration = .seconds(15), clock: @escaping @Sendable () -> Timestamp = { .now }
    ) throws {
        self.directory = directory
        self.clock = clock
        self.busyTimeout = busyTimeout
        let opening = DatabaseOpening(directory: directory, busyTimeout: busyTimeout)
        connection = try Self.translating(directory) { try opening.open(purpose, lock: lock) }
    }

    package var now: Timestamp { clock() }

    /// Runs `body` in one transaction with the write lock held; inside another one, as a part of that.
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        if isInTransaction { return try part(body) }
        return try perform { try connection.transaction(body) }
    }

    /// Runs `body` as a part of a transaction: its failure undoes its own changes alone.
    func part<Value>(_ body: () throws -> Value) throws -> Value {
        try perform { try connection.savepoint(body) }
    }

    var isInTransaction: Bool { connection.isInTransaction }

    /// Runs `body` and says its SQLite errors in the store's words.
    func perform<Value>(_ body: () throws -> Value) throws -> Value {
        try Self.translating(directory, body)
    }

    private static func translating<Value>(_ directory: StateDirectory, _ body: () throws -> Value) throws
        -> Value
    {
        do { return try body() } catch let error as SQLiteError {
            throw StoreError(error, path: directory.database)
        }
    }

    /// Nothing may be sent that nobody will find on record.
    package func requireFiles() throws { if let loss { throw loss } }

    /// Copies what `files` still holds of the database, where no connection could be opened to it any more.
    func copy(_ files: StoreFiles, to path: String) throws {
        try perform {
            try DatabaseOpening(directory: directory, busyTimeout: busyTimeout).copy(to: path) { _, file in
                try files.copyDatabase(to: file)
            }
        }
    }

    /// Begins a new log.
    func reopen(holding lock: StateLock) throws {
        try perform {
            // Closed before the new one is opened: within a process, connections share what they know of the
            // log.
            connection = try Connection(path: ":memory:", .create, busyTimeout: busyTimeout)
            isOpen = false
            connection = try DatabaseOpening(directory: directory, busyTimeout: busyTimeout).open(
                .write, lock: lock)
            isOpen = true
        }
    }
}
