internal import Glibc
internal import SQL
internal import System

/// What a database file says about itself, read so that another program's file stays untouched.
struct DatabaseHeader {
    /// "jobd" in ASCII, as the file's `application_id`.
    static let applicationID: UInt32 = 0x6A6F_6264

    /// Why a file is foreign that is no database at all. It may still be ours, damaged by the disk.
    static let noDatabase = "it is not an SQLite database"

    enum Finding: Equatable {
        case missing, empty, ours
        case foreign(reason: String)
    }

    /// SQLite reads the file as one that no one changes: no lock, no journal, no write. It must not be opened
    /// and closed here directly: that would drop all locks that this process has on it.
    static func examine(_ path: String) throws -> Finding {
        let status: FileStatus
        do throws(SystemError) { status = try FileStatus(path) } catch {
            if error.isMissing { return .missing }
            throw StoreError(error, at: path)
        }
        guard status.isFile else { return .foreign(reason: "it is not a regular file") }
        if status.size == 0 { return .empty }
        // With a rollback journal beside it, SQLite has a crash to undo first: the pages say nothing yet.
        if unsafe access(path + "-journal", F_OK) == 0 { return .empty }
        guard unsafe access(path, R_OK) == 0 else { throw StoreError(.last, at: path) }
        do {
            let connection = try SQLiteConnection(path: path, .immutable, busyTimeout: .zero)
            let found = try connection.first("PRAGMA application_id") { $0.integer(0) } ?? 0
            return found == Int64(applicationID) ? .ours : .foreign(reason: "another program made it")
        } catch let error as SQLError where error.kind == .notADatabase {
            return .foreign(reason: noDatabase)
        } catch is SQLError {
            // Another process is checkpointing, or the file is damaged: opening it properly tells which.
            return .ours
        }
    }
}
