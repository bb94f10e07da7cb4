internal import CSQLite

/// A prepared statement, owned by its connection and used by one caller at a time.
@safe final class SQLiteStatement {
    private let handle: OpaquePointer
    private let database: OpaquePointer
    private let sql: String
    private(set) var isRunning = false

    init(_ sql: String, in database: OpaquePointer) throws(SQLError) {
        var handle: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(
            database, sql, Int32(sql.utf8.count), UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle = unsafe handle else {
            throw unsafe SQLError(code, in: database, sql: sql)
        }
        unsafe self.handle = handle
        unsafe self.database = database
        self.sql = sql
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Runs the statement to its end, or until `each` returns false.
    func run<Failure: Error>(
        _ values: [any Bindable], each: (borrowing Row) throws(Failure) -> Bool
    ) throws {
        precondition(!isRunning, "a statement was started again while its rows were being read: \(sql)")
        isRunning = true
        defer {
            unsafe sqlite3_reset(handle)
            isRunning = false
        }
        for (index, value) in values.enumerated() { try bind(value.sqlValue, at: Int32(index + 1)) }
        while true {
            switch unsafe sqlite3_step(handle) {
            case SQLITE_ROW: if try !each(unsafe Row(handle)) { return }
            case SQLITE_DONE: return
            case let code: throw unsafe SQLError(code, in: database, sql: sql)
            }
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) throws(SQLError) {
        let code =
            switch value {
            case .null: unsafe sqlite3_bind_null(handle, index)
            case .integer(let number): unsafe sqlite3_bind_int64(handle, index, number)
            case .real(let number): unsafe sqlite3_bind_double(handle, index, number)
            case .text(let text): bind(text, at: index)
            }
        if code != SQLITE_OK { throw unsafe SQLError(code, in: database, sql: sql) }
    }

    private func bind(_ text: String, at index: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            // An empty string has no address, and a null pointer would bind NULL.
            guard let start = bytes.baseAddress else {
                return unsafe jobd_sqlite_bind_text(handle, index, "", 0)
            }
            return unsafe jobd_sqlite_bind_text(handle, index, start, UInt64(bytes.count))
        }
    }
}
