internal import Glibc
internal import SQLite
internal import System

/// What a database file says of itself, read such that a foreign file stays untouched.
struct DatabaseHeader {
    /// "jobd" in ASCII, as the file's `application_id`.
    static let applicationID: UInt32 = 0x6A6F_6264

    enum Finding: Equatable {
        case missing, empty, ours
        case foreign(reason: String)
    }

    /// The file is read by SQLite, as one that nobody changes: no lock, no journal, no write. It must not be
    /// opened and closed by our own hand, since that drops all locks that this process has on it.
    static func examine(_ path: String) throws -> Finding {
        let status: FileStatus
        do throws(SystemError) { status = try FileStatus(path) } catch {
            if error.isMissing { return .missing }
            throw StoreError(error, at: path)
        }
        guard status.isFile else { return .foreign(reason: "it is no regular file") }
        if status.size == 0 { return .empty }
        // A rollback journal beside it means that SQLite has a crash to undo first: then the pages say
        // nothing yet.
        if unsafe access(path + "-journal", F_OK) == 0 { return .empty }
        guard unsafe access(path, R_OK) == 0 else { throw StoreError(.last, at: path) }
        do {
            let connection = try Connection(path: path, .immutable, busyTimeout: .zero)
            let found = try connection.first("PRAGMA application_id") { $0.integer(0) } ?? 0
            return found == Int64(applicationID) ? .ours : .foreign(reason: "another program made it")
        } catch let error as SQLiteError where error.kind == .notADatabase {
            return .foreign(reason: "it is no SQLite database")
        } catch is SQLiteError {
            // Somebody checkpoints at this moment, or the file is damaged: who opens it properly is told
            // which.
            return .ours
        }
    }
}
