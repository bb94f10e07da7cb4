internal import Glibc
internal import SQLite
internal import System

/// Opens a database file: makes it, refuses it, or brings its schema up to date.
struct DatabaseOpening {
    let directory: StateDirectory
    let busyTimeout: Duration
    var migrations = Migration.all

    private var known: Int { migrations.last?.number ?? 0 }

    func open(_ purpose: JobDatabase.Purpose, lock: StateLock?) throws -> Connection {
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
            let isMade = { () throws -> Bool in try DatabaseHeader.examine(directory.database) == .ours }
            try withLock(lock, unless: isMade) { _ in try initialise() }
        }
        let hasLog = unsafe access(directory.commitFile, F_OK) == 0
        let connection = try Connection(path: directory.database, .readWrite, busyTimeout: busyTimeout)
        let owner = try connection.first("PRAGMA application_id") { $0.integer(0) }
        guard owner == Int64(DatabaseHeader.applicationID) else {
            throw StoreError.notOurs(path: directory.database, reason: "another program made it")
        }
        try bringUpToDate(connection, lock)
        // SQLite syncs the log's name too, and passes over a failure of that: the first commit would be lost
        // with it.
        if !hasLog { try StateDirectory.sync(directory.path) }
        // A commit is on disk before it is answered for; checkpoints are made by one process alone.
        try connection.execute(
            """
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA foreign_keys = ON;
            PRAGMA cache_size = -1536;
            """)
        // The journal of one statement is a few pages: in a file it would cost a batch most of its time.
        // Where only is looked, what is sorted may be large, and stays in files.
        try connection.execute(purpose == .read ? "PRAGMA query_only = ON" : "PRAGMA temp_store = MEMORY")
        return connection
    }

    static func version(of connection: Connection) throws -> Int {
        Int(try connection.first("PRAGMA user_version") { $0.integer(0) } ?? 0)
    }

    /// Makes the first schema in a rollback journal, so that the file's own header says whose it is; then
    /// turns to WAL.
    private func initialise() throws {
        _ = try directory.openFile(directory.database)
        let connection = try Connection(path: directory.database, .readWrite, busyTimeout: busyTimeout)
        try connection.transaction {
            let tables = try connection.first("SELECT count(*) FROM sqlite_schema") { $0.integer(0) } ?? 0
            let owner = try connection.first("PRAGMA application_id") { $0.integer(0) } ?? 0
            if owner == Int64(DatabaseHeader.applicationID) { return }
            guard tables == 0, owner == 0 else {
                throw StoreError.notOurs(path: directory.database, reason: "another program made it")
            }
            try connection.execute("PRAGMA application_id = \(DatabaseHeader.applicationID)")
            try migrate(connection, from: 0)
        }
        try useWAL(connection)
    }

    private func isWAL(_ connection: Connection) throws -> Bool {
        // A connection learns of the mode that another has turned to only when it reads.
        _ = try Self.version(of: connection)
        return try connection.first("PRAGMA journal_mode") { $0.text(0) } == "wal"
    }

    /// Turns the database to WAL. For that nobody else may look at it: whoever does is soon done.
    private func useWAL(_ connection: Connection) throws {
        var mode: String?
        for _ in 0..<500 {
            do { mode = try connection.first("PRAGMA journal_mode = WAL") { $0.text(0) } } catch let error
                as SQLiteError
                where error.kind == .busy
            { mode = nil }
            if mode == "wal" { return }
            usleep(10_000)
        }
        throw StoreError.inputOutput(
            reason: "SQLite cannot use a write-ahead log here (\(mode ?? "the database is locked"))")
    }

    private func bringUpToDate(_ connection: Connection, _ lock: StateLock?) throws {
        let version = try Self.version(of: connection)
        if version > known {
            throw StoreError.newer(path: directory.database, version: version, known: known)
        }
        // Whoever makes the database turns it to WAL a moment after its schema can be seen.
        try withLock(lock, unless: { try isWAL(connection) }) { _ in try useWAL(connection) }
        if version == known { return }
        let isDone = { () throws -> Bool in
            if try Self.version(of: connection) == known { return true }
            // Another jobctl that brings it up to date is soon done; a jobd that runs on it stays.
            if lock == nil, let holder = StateLock.holder(of: directory), holder.name == "jobd" {
                throw StoreError.olderInUse(path: directory.database, version: version)
            }
            return false
        }
        try withLock(lock, unless: isDone) { try upgrade(connection, holding: $0) }
    }

    private func upgrade(_ connection: Connection, holding lock: StateLock) throws {
        // Somebody else may have done it while this process came for the lock.
        let first = try Self.version(of: connection) + 1
        guard first <= known else { return }
        let digits = String(first)
        let name = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        try copy(connection, to: directory.database + ".before-" + name)
        try connection.transaction {
            try migrate(connection, from: first - 1)
            // The copy may have taken long.
            try lock.check()
        }
        _ = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.integer(0) }
    }

    private func migrate(_ connection: Connection, from version: Int) throws {
        for migration in migrations where migration.number > version {
            try connection.execute(migration.script)
        }
        try connection.execute("PRAGMA user_version = \(known)")
    }

    func copy(_ connection: Connection, to path: String) throws {
        try copy(to: path) { unfinished, _ in try connection.backup(to: unfinished) }
    }

    /// Makes a copy of the database such that a file of that name is whole and synced, or is not there.
    /// - Parameter fill: writes it, by its unfinished name or into the open file.
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

    /// A copy is for the day when the original is lost: that is no time to find out that it cannot be read.
    private func check(_ copy: String) throws {
        let connection = try Connection(path: copy, .immutable, busyTimeout: .zero)
        let verdict = try connection.first("PRAGMA quick_check(1)") { $0.text(0) }
        if verdict != "ok" { throw StoreError.damaged(reason: "the copy is not whole: \(verdict ?? "")") }
    }

    /// Runs `body` holding the lock, unless another process, which has the lock now, does the same meanwhile.
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
