internal import Glibc
internal import SQL
internal import System

/// Opens a database file: creates it, refuses it, or brings its schema up to date.
struct DatabaseOpening {
    let directory: StateDirectory
    let busyTimeout: Duration
    /// Called if another connection's lock keeps this one waiting for more than two seconds.
    var onWait: () -> Void = {}
    var migrations = Migration.all

    private var known: Int { migrations.last?.number ?? 0 }

    func open(_ purpose: JobDatabase.Purpose, lock: StateLock?) throws -> SQLiteConnection {
        if purpose == .create { try directory.create() }
        try directory.checkAccess()
        if unsafe access(directory.savedCopy, F_OK) == 0 {
            throw StoreError.undecided(copy: directory.savedCopy, hint: directory.savedCopyHint)
        }
        switch try DatabaseHeader.examine(directory.database) {
        case .foreign(let reason): throw StoreError.notOurs(path: directory.database, reason: reason)
        case .ours: break
        case .missing where purpose != .create: throw StoreError.missing(path: directory.database)
        case .missing, .empty:
            let exists = { () throws -> Bool in try DatabaseHeader.examine(directory.database) == .ours }
            try withLock(lock, unless: exists) { _ in try create() }
        }
        let hasLog = unsafe access(directory.commitFile, F_OK) == 0
        let connection = try SQLiteConnection(
            path: directory.database, .readWrite, busyTimeout: busyTimeout, onWait: onWait)
        guard try connection.first("PRAGMA application_id", read: { $0.integer(0) }) == Self.ours else {
            throw notOurs
        }
        try bringUpToDate(connection, lock)
        if purpose != .move, let address = try MoveMark.address(in: connection) {
            throw StoreError.moved(path: directory.database, to: address)
        }
        // SQLite syncs the name of its log too, but ignores a failure, which could lose the first commit.
        if !hasLog { try StateDirectory.sync(directory.path) }
        // A commit is on disk before anyone is told of it. Only one process makes checkpoints.
        try connection.execute(
            """
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA foreign_keys = ON;
            PRAGMA cache_size = -1536;
            """)
        // A statement's journal is a few pages, and a batch would spend most of its time on it in a file.
        // A reader may sort a lot, which stays in files.
        try connection.execute(purpose == .read ? "PRAGMA query_only = ON" : "PRAGMA temp_store = MEMORY")
        return connection
    }

    static func version(of connection: SQLiteConnection) throws -> Int {
        Int(try connection.first("PRAGMA user_version") { $0.integer(0) } ?? 0)
    }

    private static let ours = Int64(DatabaseHeader.applicationID)

    private var notOurs: StoreError { .notOurs(path: directory.database, reason: "another program made it") }

    /// Creates the schema with a rollback journal, so that the file's header is written; then turns on WAL.
    private func create() throws {
        _ = try directory.openFile(directory.database)
        let connection = try SQLiteConnection(path: directory.database, .readWrite, busyTimeout: busyTimeout)
        try connection.transaction {
            let tables = try connection.first("SELECT count(*) FROM sqlite_schema") { $0.integer(0) } ?? 0
            let owner = try connection.first("PRAGMA application_id") { $0.integer(0) } ?? 0
            if owner == Self.ours { return }
            guard tables == 0, owner == 0 else { throw notOurs }
            try connection.execute("PRAGMA application_id = \(DatabaseHeader.applicationID)")
            try migrate(connection, from: 0)
            // What was sent from here is counted on, so that an older copy of it is still found out.
            if let count = ClaimCounter.count(in: directory) {
                try connection.run(
                    "INSERT INTO daemon_settings (name, value) VALUES ('claims', ?1)", String(count))
            }
        }
        try useWAL(connection)
    }

    private func isWAL(_ connection: SQLiteConnection) throws -> Bool {
        // A connection notices that another one has changed the mode only when it reads.
        _ = try Self.version(of: connection)
        return try connection.first("PRAGMA journal_mode") { $0.text(0) } == "wal"
    }

    /// Turns on WAL, for which no one else may be reading: wait for those who are.
    private func useWAL(_ connection: SQLiteConnection) throws {
        var mode: String?
        for _ in 0..<500 {
            do {
                mode = try connection.first("PRAGMA journal_mode = WAL") { $0.text(0) }
            } catch let error as SQLError where error.kind == .busy { mode = nil }
            if mode == "wal" { return }
            usleep(10_000)
        }
        throw StoreError.inputOutput(
            reason: "SQLite cannot use a write-ahead log here (\(mode ?? "the database is locked"))")
    }

    private func bringUpToDate(_ connection: SQLiteConnection, _ lock: StateLock?) throws {
        let version = try Self.version(of: connection)
        if version > known {
            throw StoreError.newer(path: directory.database, version: version, known: known)
        }
        // Whoever creates the database turns on WAL a moment after its schema becomes visible.
        try withLock(lock, unless: { try isWAL(connection) }) { _ in try useWAL(connection) }
        if version == known { return }
        let isDone = { () throws -> Bool in
            if try Self.version(of: connection) == known { return true }
            // Another jobctl that is upgrading it will soon finish; a running jobd will not.
            if lock == nil, let holder = StateLock.holder(of: directory), holder.name == "jobd" {
                throw StoreError.olderInUse(path: directory.database, version: version)
            }
            return false
        }
        try withLock(lock, unless: isDone) { try upgrade(connection, holding: $0) }
    }

    private func upgrade(_ connection: SQLiteConnection, holding lock: StateLock) throws {
        // Another process may have done it while this one waited for the lock.
        let first = try Self.version(of: connection) + 1
        guard first <= known else { return }
        let digits = String(first)
        let name = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        try copy(connection, to: directory.database + ".before-" + name)
        try connection.transaction {
            try migrate(connection, from: first - 1)
            // The copy may have taken a long time.
            try lock.check()
        }
        _ = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.integer(0) }
    }

    private func migrate(_ connection: SQLiteConnection, from version: Int) throws {
        for migration in migrations where migration.number > version {
            try connection.executeUnprotected(migration.script)
        }
        try connection.execute("PRAGMA user_version = \(known)")
    }

    func copy(_ connection: SQLiteConnection, to path: String) throws {
        try copy(to: path) { unfinished, _ in try connection.backup(to: unfinished) }
    }

    /// Copies the database so that a file of that name is either complete and synced, or does not exist.
    /// - Parameter fill: writes the copy, under its unfinished name or into the open file.
    func copy(to path: String, _ fill: (_ unfinished: String, _ file: FileDescriptor) throws -> Void) throws {
        let unfinished = path + ".unfinished"
        unsafe unlink(unfinished)
        let file = try directory.openFile(unfinished)
        do {
            try fill(unfinished, file)
            try check(unfinished)
            try StoreError.at(path, try file.sync())
            if unsafe rename(unfinished, path) != 0 { throw StoreError(.last, at: path) }
        } catch {
            unsafe unlink(unfinished)
            throw error
        }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try StateDirectory.sync(folder.isEmpty ? "/" : folder)
    }

    /// The time to find out that a copy is unreadable is now, not when the original is lost.
    private func check(_ copy: String) throws {
        let connection = try SQLiteConnection(path: copy, .immutable, busyTimeout: .zero)
        let verdict = try connection.first("PRAGMA quick_check(1)") { $0.text(0) }
        if verdict != "ok" { throw StoreError.damaged(reason: "the copy is damaged: \(verdict ?? "")") }
    }

    /// Runs `body` with the lock held, unless another process that has the lock does the same first.
    private func withLock(
        _ held: StateLock?, unless isDone: () throws -> Bool, _ body: (StateLock) throws -> Void
    ) throws {
        for _ in 0..<1500 {
            if try isDone() { return }
            if let lock = try held ?? StateLock(directory, as: "jobctl") {
                defer { withExtendedLifetime(lock) {} }
                return try body(lock)
            }
            usleep(10_000)
        }
        throw StoreError.busy
    }
}

/// One numbered file of `migrations/`.
struct Migration: Sendable {
    let number: Int
    let script: String

    /// All of them, in order. A test compares this list with the folder.
    static let all = [
        Migration(number: 1, bytes: PackageResources._001_initial_sql),
        Migration(number: 2, bytes: PackageResources._002_origin_sql),
        Migration(number: 3, bytes: PackageResources._003_guards_sql),
        Migration(number: 4, bytes: PackageResources._004_claims_sql),
        Migration(number: 5, bytes: PackageResources._005_words_sql),
        Migration(number: 6, bytes: PackageResources._006_chains_sql),
        Migration(number: 7, bytes: PackageResources._007_inputs_sql),
        Migration(number: 8, bytes: PackageResources._008_budgets_sql),
        Migration(number: 9, bytes: PackageResources._009_adopted_sql),
        Migration(number: 10, bytes: PackageResources._010_storage_sql),
        Migration(number: 11, bytes: PackageResources._011_links_sql),
        Migration(number: 12, bytes: PackageResources._012_outside_sql),
    ]

    /// Those of a shared store, which begin with the schema that SQLite's had when it came to be.
    static let shared = [Migration(number: 12, bytes: PackageResources._012_shared_sql)]

    static var newest: Int { all.last?.number ?? 0 }

    init(number: Int, script: String) {
        self.number = number
        self.script = script
    }

    private init(number: Int, bytes: [UInt8]) {
        self.init(number: number, script: String(decoding: bytes, as: UTF8.self))
    }
}
