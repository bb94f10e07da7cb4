internal import CSQLite

/// What SQLite reported, and for which statement. Bound values are left out: they may be private.
package struct SQLiteError: Error, CustomStringConvertible {
    /// The extended result code.
    package let code: Int32
    package let message: String
    package let sql: String?

    package init(code: Int32, message: String, sql: String? = nil) {
        self.code = code
        self.message = message
        self.sql = sql
    }

    init(_ code: Int32, in database: OpaquePointer?, sql: String? = nil) {
        self.code = unsafe database == nil ? code : sqlite3_extended_errcode(database)
        message =
            unsafe database == nil
            ? String(cString: sqlite3_errstr(code)) : String(cString: sqlite3_errmsg(database))
        self.sql = sql
    }

    package enum Kind: Sendable {
        case busy, full, readOnly, cannotOpen, notADatabase, corrupt, inputOutput, constraint, schema,
            interrupted, other
    }

    package var kind: Kind {
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_FULL: .full
        case SQLITE_READONLY, SQLITE_PERM: .readOnly
        case SQLITE_CANTOPEN: .cannotOpen
        case SQLITE_NOTADB: .notADatabase
        case SQLITE_CORRUPT: .corrupt
        case SQLITE_IOERR: .inputOutput
        case SQLITE_CONSTRAINT: .constraint
        case SQLITE_SCHEMA: .schema
        case SQLITE_INTERRUPT: .interrupted
        default: .other
        }
    }

    /// Raised by one of the schema's own triggers.
    package var isTriggerRefusal: Bool { code == jobd_sqlite_constraint_trigger }

    package var description: String { message }
}
