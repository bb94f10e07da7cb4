internal import CSQLite

/// What an engine reported, and for which statement. Bound values are left out: they may be private.
package struct SQLError: Error, CustomStringConvertible {
    package enum Kind: Sendable {
        case busy, full, readOnly, cannotOpen, notADatabase, corrupt, inputOutput, constraint, schema,
            interrupted, other
        /// The server is not there, or no longer: nothing of the transaction was kept.
        case unreachable
        /// The server is not there, and the transaction may have been kept.
        case inDoubt
        /// The row is another jobd's.
        case anothers
        /// The server refuses the user.
        case denied
    }

    package let kind: Kind
    package let message: String
    package let sql: String?
    /// The engine's own word for it, such as "SQLite's code 10".
    package let code: String
    /// Raised by one of the schema's own triggers.
    package let isTriggerRefusal: Bool

    package var description: String { message }

    package init(
        _ kind: Kind, _ message: String, code: String = "", sql: String? = nil, isTriggerRefusal: Bool = false
    ) {
        (self.kind, self.message, self.code, self.sql) = (kind, message, code, sql)
        self.isTriggerRefusal = isTriggerRefusal
    }
}

extension SQLError {
    /// Throws if a statement has changed more or fewer rows than it had to. The same again may succeed.
    static func check(_ changes: Int, expected: Int?, in sql: String) throws(SQLError) {
        guard let expected, changes != expected else { return }
        throw SQLError(.busy, "a row is no longer as it was", sql: sql)
    }
}

/// A row that the server refuses.
package struct CopyRefusal: Error {
    /// Counted from 1, from the last `beginCopy` on.
    package let line: Int
    package let error: SQLError

    init(line: Int, _ error: SQLError) { (self.line, self.error) = (line, error) }
}

// MARK: - SQLite

extension SQLError {
    /// - Parameter code: the extended result code.
    package init(code: Int32, message: String, sql: String? = nil) {
        self.init(
            Kind(sqliteCode: code), message, code: "SQLite's code \(code)", sql: sql,
            isTriggerRefusal: code == jobd_sqlite_constraint_trigger)
    }

    init(_ code: Int32, in database: OpaquePointer?, sql: String? = nil) {
        self.init(
            code: unsafe database == nil ? code : sqlite3_extended_errcode(database),
            message: unsafe database == nil
                ? String(cString: sqlite3_errstr(code)) : String(cString: sqlite3_errmsg(database)),
            sql: sql)
    }
}

extension SQLError.Kind {
    fileprivate init(sqliteCode code: Int32) {
        self =
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
}

// MARK: - PostgreSQL

extension SQLError {
    /// The code of the refusals that the schema's own triggers raise.
    static let refusal = "JD001"
    /// The code of a jobd's write to a job that another one follows.
    static let anothers = "JD002"

    /// - Parameter state: the SQLSTATE of five letters; empty if no server answered.
    init(state: String, message: String, sql: String? = nil) {
        self.init(
            Kind(state: state), message, code: "SQLSTATE \(state)", sql: sql,
            isTriggerRefusal: state == Self.refusal)
    }
}

extension SQLError.Kind {
    /// See "PostgreSQL Error Codes" in its manual: the first two letters are a class.
    fileprivate init(state: String) {
        self =
            switch state {
            case "", "57P01", "57P02", "57P03", "57P05", "25P03": .unreachable
            case SQLError.refusal: .constraint
            case SQLError.anothers: .anothers
            // A deadlock, a lock that was not granted, a conflict: the same again may succeed.
            case "40001", "40P01", "55P03", "57014": .busy
            case "53100": .full
            case "25006": .readOnly
            case "42501": .denied
            case "42P01", "42883", "42703", "3F000": .schema
            default:
                switch state.prefix(2) {
                case "08", "53": .unreachable
                case "28": .denied
                // The last is a limit, such as that of a text in an index.
                case "23", "22", "54": .constraint
                case "58": .inputOutput
                case "XX": .corrupt
                default: .other
                }
            }
    }
}
