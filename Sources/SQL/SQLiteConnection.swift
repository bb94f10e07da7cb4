internal import CSQLite

/// One SQLite connection, used by one thread at a time.
@safe package final class SQLiteConnection {
    package enum Access: Sendable {
        case readOnly, readWrite, create
        /// As a file that no one changes: without locks, journals or writes.
        case immutable
    }

    /// Set up once, before the first connection.
    private static let isConfigured = jobd_sqlite_no_memory_statistics() == SQLITE_OK

    private let handle: OpaquePointer
    private var statements: [StatementText: SQLiteStatement] = [:]
    private let lockWait: LockWait

    /// - Parameter onWait: called once for each lock that others hold for more than two seconds. It must not
    ///   use this connection, which is in the middle of a statement.
    package init(
        path: String, _ access: Access, busyTimeout: Duration, onWait: @escaping () -> Void = {}
    ) throws(SQLError) {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        _ = Self.isConfigured
        var handle: OpaquePointer?
        let name = access == .immutable ? Self.immutableAddress(of: path) : path
        let code = unsafe sqlite3_open_v2(
            name, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let handle = unsafe handle else {
            defer { unsafe sqlite3_close_v2(handle) }
            throw unsafe SQLError(code, in: handle)
        }
        unsafe self.handle = handle
        lockWait = LockWait(limit: busyTimeout, onWait: onWait)
        unsafe sqlite3_busy_handler(
            handle,
            { wait, tries in
                guard let wait = unsafe wait else { return 0 }
                return unsafe Unmanaged<LockWait>.fromOpaque(wait).takeUnretainedValue().wait(tries) ? 1 : 0
            }, Unmanaged.passUnretained(lockWait).toOpaque())
        unsafe _ = jobd_sqlite_no_checkpoint_on_close(handle)
        unsafe _ = jobd_sqlite_defensive(handle, 1)
    }

    deinit {
        statements.removeAll()
        unsafe sqlite3_close_v2(handle)
    }

    /// The path as an SQLite URI, in which only the characters that have a meaning are escaped.
    private static func immutableAddress(of path: String) -> String {
        let escapes: [UInt8: String] = [0x23: "%23", 0x25: "%25", 0x3F: "%3f"]
        let bytes = path.utf8.flatMap { byte in escapes[byte].map { Array($0.utf8) } ?? [byte] }
        return "file:" + String(decoding: bytes, as: UTF8.self) + "?immutable=1"
    }

    package static var libraryVersion: String { unsafe String(cString: sqlite3_libversion()) }

    package var lastInsertedID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

    package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Runs `body`, which gives up at once if another connection is in its way.
    package func withoutWaiting<Value>(_ body: () throws -> Value) rethrows -> Value {
        let limit = lockWait.limit
        lockWait.limit = .zero
        defer { lockWait.limit = limit }
        return try body()
    }

    /// Runs a script that may also change the text of the schema, as `execute` does.
    package func executeUnprotected(_ script: String) throws(SQLError) {
        unsafe _ = jobd_sqlite_defensive(handle, 0)
        defer { unsafe _ = jobd_sqlite_defensive(handle, 1) }
        try execute(script)
    }

    /// Runs a script of several statements without parameters or rows.
    package func execute(_ script: String) throws(SQLError) {
        let code = unsafe sqlite3_exec(handle, script, nil, nil, nil)
        if code != SQLITE_OK { throw unsafe SQLError(code, in: handle, sql: script) }
    }

    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    package func run(_ sql: String, _ values: any Bindable...) throws -> Int { try run(sql, values) }

    @discardableResult
    package func run(_ sql: String, _ values: [any Bindable]) throws -> Int {
        try statement(sql).run(values) { (_: borrowing Row) throws(Never) in true }
        return unsafe Int(sqlite3_changes64(handle))
    }

    package func first<Value>(
        _ sql: String, _ values: any Bindable..., read: (borrowing Row) throws -> Value
    ) throws -> Value? { try first(sql, values, read: read) }

    package func first<Value>(
        _ sql: String, _ values: [any Bindable], read: (borrowing Row) throws -> Value
    ) throws -> Value? {
        var found: Value?
        try statement(sql).run(values) { row in
            found = try read(row)
            return false
        }
        return found
    }

    package func all<Value>(
        _ sql: String, _ values: any Bindable..., read: (borrowing Row) throws -> Value
    ) throws -> [Value] { try all(sql, values, read: read) }

    package func all<Value>(
        _ sql: String, _ values: [any Bindable], read: (borrowing Row) throws -> Value
    ) throws -> [Value] {
        var found: [Value] = []
        try statement(sql).run(values) { row in
            found.append(try read(row))
            return true
        }
        return found
    }

    /// Visits the rows one by one, in the memory of one, for as long as `visit` returns true.
    package func forEach(
        _ sql: String, _ values: [any Bindable], visit: (borrowing Row) throws -> Bool
    ) throws {
        try statement(sql).run(values, each: visit)
    }

    package func forEach(
        _ sql: String, _ values: any Bindable..., visit: (borrowing Row) throws -> Bool
    ) throws { try forEach(sql, values, visit: visit) }

    /// Runs `body` in a transaction that holds the write lock from its start: all of it is kept, or none.
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try run("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            rollback()
            throw error
        }
    }

    /// Runs `body` on one unchanging snapshot of the database.
    package func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try run("BEGIN")
        defer { rollback() }
        return try body()
    }

    /// Runs `body` inside a transaction so that a failure undoes only its own changes.
    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        try run("SAVEPOINT part")
        do {
            let value = try body()
            try run("RELEASE part")
            return value
        } catch {
            // A full disk or an I/O error has already rolled back the whole transaction and its savepoints.
            if isInTransaction {
                try run("ROLLBACK TO part")
                try run("RELEASE part")
            }
            throw error
        }
    }

    private func rollback() {
        guard isInTransaction else { return }
        unsafe _ = sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    /// Copies this database, page by page and consistent, into a file that must not exist yet.
    package func backup(to path: String) throws(SQLError) {
        let target = try SQLiteConnection(path: path, .create, busyTimeout: .seconds(10))
        guard let backup = unsafe sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw unsafe SQLError(SQLITE_ERROR, in: target.handle)
        }
        let stepped = unsafe sqlite3_backup_step(backup, -1)
        let finished = unsafe sqlite3_backup_finish(backup)
        guard stepped == SQLITE_DONE, finished == SQLITE_OK else {
            throw unsafe SQLError(stepped == SQLITE_DONE ? finished : stepped, in: target.handle)
        }
    }

    /// Replaces this database by a copy of another one, in one transaction: all of it, or nothing.
    ///
    /// - Parameter whenLocked: called when nobody else can write any more. If it throws, nothing is changed.
    package func replace(by source: SQLiteConnection, whenLocked: () throws -> Void) throws {
        statements.removeAll()
        guard let backup = unsafe sqlite3_backup_init(handle, "main", source.handle, "main") else {
            throw unsafe SQLError(SQLITE_ERROR, in: handle)
        }
        // The first step takes the lock.
        var stepped = unsafe sqlite3_backup_step(backup, 1)
        let refusal = Result { if stepped == SQLITE_OK || stepped == SQLITE_DONE { try whenLocked() } }
        if case .success = refusal, stepped == SQLITE_OK { stepped = unsafe sqlite3_backup_step(backup, -1) }
        let finished = unsafe sqlite3_backup_finish(backup)
        try refusal.get()
        guard stepped == SQLITE_DONE, finished == SQLITE_OK else {
            throw unsafe SQLError(stepped == SQLITE_DONE ? finished : stepped, in: handle)
        }
    }

    /// Empties the database, whatever the file holds. No one else may be reading.
    package func reset() throws(SQLError) {
        statements.removeAll()
        // SQLite wants a read first, which fails if the file is damaged.
        unsafe _ = sqlite3_exec(handle, "PRAGMA user_version", nil, nil, nil)
        unsafe _ = jobd_sqlite_reset_database(handle, 1)
        defer { unsafe _ = jobd_sqlite_reset_database(handle, 0) }
        try execute("VACUUM")
    }

    /// The statements run so far, for the tests that check their query plans.
    var preparedSQL: [String] { statements.keys.map(\.sql) }

    private func statement(_ sql: String) throws(SQLError) -> SQLiteStatement {
        let text = StatementText(sql: sql)
        if let cached = statements[text], !cached.isRunning { return cached }
        let statement = try unsafe SQLiteStatement(sql, in: handle)
        statements[text] = statement
        return statement
    }
}

/// The text of a statement, by which it is found again. It has hundreds of bytes, but is almost always the
/// same literal, which equals itself at once: so only its length is hashed.
private struct StatementText: Hashable {
    let sql: String

    func hash(into hasher: inout Hasher) { hasher.combine(sql.utf8.count) }
}
