internal import Glibc
internal import SQL
internal import System

/// Why the store could not do what was asked.
package enum StoreError: Error {
    /// There is no database yet.
    case missing(path: String)
    /// Nothing says where the store is.
    case nowhere
    /// The caller may not use it; members of `group` may.
    case noPermission(path: String, group: String?)
    /// The caller may not use it, and membership of its group would not help.
    case closed(path: String, group: String)
    /// Something else has the name of the state directory.
    case notADirectory(path: String)
    /// Another program's database, or no database at all.
    case notOurs(path: String, reason: String)
    /// Made by a newer program.
    case newer(path: String, version: Int, known: Int)
    /// Made by an older program, and a running jobd still uses it.
    case olderInUse(path: String, version: Int)
    /// Another program held the write lock for too long.
    case busy
    /// The locked file is no longer in place: another process may hold the lock now.
    case lockLost(path: String)
    case diskFull
    case readOnly(path: String)
    case damaged(reason: String)
    case inputOutput(reason: String)
    /// The store's files were removed or moved while it was in use.
    case lost(reason: String, hint: String)
    /// A file that is to be restored, and cannot be.
    case unusableBackup(path: String, reason: String)
    /// Beside the database is the copy saved when it was removed: a person must choose which one to use.
    case undecided(copy: String, hint: String)
    /// Something else has the name of one of our files.
    case inTheWay(path: String, reason: String)
    /// Refused by a rule of the schema, in its words.
    case refused(reason: String)
    /// The server of a shared store is not there.
    case unreachable(reason: String)
    /// The server was lost during a commit, and does not say whether it was done.
    case inDoubt
    /// Another jobd has taken over the jobs of this one.
    case deposed
    /// Another jobd follows the job.
    case anothers
    /// The server of a shared store refuses the user.
    case denied(reason: String)
    /// The address of a shared store says what it must not, or cannot be read.
    case badAddress(reason: String)
    /// The shared store has no schema, or an older one: `version`.
    case needsMigration(version: Int?)
    /// The database was moved to a shared store.
    case moved(path: String, to: String)
    /// The shared store is being filled by `jobctl move-store`, or that was cut off.
    case arriving(from: String)
    /// A database cannot be moved there as things are.
    case targetInUse(reason: String, hint: String)
    /// Only programs of PostgreSQL can do it.
    case needsDump
    /// Something that should be impossible.
    case unexpected(reason: String)

    init(_ error: SQLError, path: String) {
        self =
            switch error.kind {
            case .busy: .busy
            case .full: .diskFull
            case .readOnly: .readOnly(path: path)
            case .cannotOpen: .inputOutput(reason: "\(path): \(error.message)")
            case .notADatabase: .notOurs(path: path, reason: "it is not an SQLite database")
            case .corrupt: .damaged(reason: error.message)
            case .inputOutput: .inputOutput(reason: "\(error.message) (\(error.code))")
            case .unreachable: .unreachable(reason: error.message)
            case .inDoubt: .inDoubt
            case .denied: .denied(reason: error.message)
            case .anothers: .anothers
            case .constraint:
                MoveMark.address(in: error.message).map { .moved(path: path, to: $0) }
                    ?? .refused(reason: error.message)
            case .schema, .interrupted, .other:
                .unexpected(reason: "\(error.message) in: \(error.sql ?? "no statement")")
            }
    }

    /// Runs `body` and turns the engine's errors into the store's own.
    static func at<Value>(database path: String, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as SQLError { throw StoreError(error, path: path) }
    }

    init(_ error: SystemError, at path: String) {
        self =
            switch error.code {
            case EACCES, EPERM: .noPermission(path: path, group: nil)
            case EROFS: .readOnly(path: path)
            case ENOSPC, EDQUOT: .diskFull
            case EISDIR, ELOOP, ENOTDIR, ENXIO: .inTheWay(path: path, reason: "cannot be used: \(error)")
            default: .inputOutput(reason: "\(path): \(error)")
            }
    }

    static func at<Value>(_ path: String, _ body: @autoclosure () throws(SystemError) -> Value)
        throws(StoreError) -> Value
    {
        do throws(SystemError) { return try body() } catch { throw StoreError(error, at: path) }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path): "there is no store at \(path) yet"
        case .nowhere: "cannot tell where the store is: $HOME is not set"
        case .noPermission(let path, let group):
            "no permission to use \(path)"
                + (group.map { "; it belongs to members of the group \"\($0)\"" } ?? "")
        case .closed(let path, let group):
            "no permission to use \(path); its group is \"\(group)\", and its mode keeps the group out"
        case .notADirectory(let path): "the state directory \(path) is not a directory"
        case .notOurs(let path, let reason): "\(path) is not a database of jobd: \(reason)"
        case .newer(let path, let version, let known):
            "\(path) has schema \(version), and this program knows only \(known)"
        case .olderInUse(let path, let version):
            "\(path) has the older schema \(version), and a running jobd uses it"
        case .busy: "the database is locked by another program"
        case .lockLost(let path):
            "\(path) was removed or replaced, so another jobd may be running here: nothing more is sent"
        case .diskFull: "the disk is full; nothing was changed"
        case .readOnly(let path): "\(path) cannot be written"
        case .damaged(let reason): "the database is damaged: \(reason)"
        case .unreachable(let reason): "the shared store cannot be reached: \(reason)"
        case .inDoubt: "the shared store was lost during a commit, and nobody can say whether it was done"
        case .denied(let reason): "the shared store refuses: \(reason)"
        case .deposed: "the lease of this jobd ended, and another one has taken over its jobs"
        case .anothers: "another jobd follows the job"
        case .badAddress(let reason): "the address of the shared store cannot be used: \(reason)"
        case .needsMigration(nil): "the shared store has no schema yet"
        case .needsMigration(let version?): "the shared store has the older schema \(version)"
        case .moved(let path, let address): "\(path) was moved to \(address)"
        case .arriving(let origin): "the jobs of \(origin) are being moved into the shared store"
        case .targetInUse(let reason, _): reason
        case .needsDump: "a shared store is backed up by PostgreSQL's own programs"
        case .inputOutput(let reason): "the disk failed: \(reason)"
        case .lost(let reason, _), .refused(let reason), .unexpected(let reason): reason
        case .unusableBackup(let path, let reason): "\(path) cannot be restored: \(reason)"
        case .undecided(let copy, _):
            "\(copy) holds what jobd saved when its database was removed: choose which one to use"
        case .inTheWay(let path, let reason): "\(path) \(reason)"
        }
    }

    /// Whether the same may work in a moment.
    package var mayPass: Bool {
        switch self {
        case .busy, .unreachable: true
        default: false
        }
    }

    /// Whether nothing can be written until this is over, whatever it is.
    var isOfStorage: Bool {
        switch self {
        case .busy, .diskFull, .readOnly, .damaged, .inputOutput, .noPermission, .unreachable, .inDoubt,
            .denied:
            true
        default: false
        }
    }

    /// The exit code, as in sysexits.h.
    package var exitCode: Int32 {
        switch self {
        case .missing, .nowhere, .notADirectory, .notOurs, .newer, .olderInUse, .busy, .lockLost,
            .unreachable, .inDoubt, .needsMigration, .needsDump, .moved, .arriving, .targetInUse:
            69
        case .noPermission, .closed, .readOnly, .denied: 77
        case .badAddress: 78
        case .diskFull, .damaged, .inputOutput, .lost, .undecided, .inTheWay: 74
        case .refused, .unusableBackup: 65
        case .unexpected, .deposed, .anothers: 70
        }
    }

    /// What a person can do about it.
    package var hint: String? {
        switch self {
        case .missing: "jobctl enqueue and jobd create it"
        case .nowhere: "name a directory with --state-dir or $JOBD_STATE_DIR"
        case .noPermission(_, let group?): "sudo usermod -aG \(group) $USER, then log in again"
        case .closed(let path, _):
            "name another directory with --state-dir; or have its owner let the group in: chmod 2770 \(path)"
        case .noPermission(_, nil), .notADirectory, .notOurs: "name another directory with --state-dir"
        case .newer: "upgrade jobctl and jobd together"
        case .olderInUse: "restart jobd: it brings the database up to date"
        case .busy: "try again; nothing was changed"
        case .lockLost:
            "check with jobctl doctor that one jobd runs here; "
                + "leave the file alone, a dead jobd holds no lock"
        case .diskFull: "free some space and try again"
        case .readOnly: "check the file's owner and mode, and how its disk is mounted"
        case .unreachable: "nothing was changed; check the server, and the address in store or --store"
        case .inDoubt: "look at jobctl list before you do it again"
        case .denied: "check the user, its password in ~/.pgpass, and its rights; see docs/shared.md"
        case .badAddress: "write postgresql://USER@HOST/DATABASE or service=NAME"
        case .needsMigration: "run jobctl migrate"
        case .moved(_, let address):
            "name the new store: \"store\": \"\(address)\" in the configuration, $JOBD_STORE, or --store"
        case .arriving: "if that was cut off, run the same jobctl move-store again there: it finishes it"
        case .targetInUse(_, let hint): hint
        case .needsDump: "pg_dump --format=custom --file=FILE, and pg_restore; see docs/shared.md"
        case .damaged: "stop jobd, then: jobctl restore BACKUP; or try: sqlite3 jobs.db .recover"
        case .lost(_, let hint), .undecided(_, let hint): hint
        case .unusableBackup: "nothing was changed; choose another backup"
        case .inTheWay: "move it away, then start jobd again"
        case .inputOutput, .refused, .unexpected, .deposed, .anothers: nil
        }
    }
}
