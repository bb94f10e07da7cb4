internal import Glibc
internal import JSON
package import JobModel
internal import SQL
package import System

/// Puts a backup in the place of the database.
///
/// The backup is prepared in a directory of its own: checked, brought up to date, and with the jobs set aside
/// that may have been sent since it was made. Then it replaces the database in one step. So whenever this is
/// killed, the old database stands, or the new one with its jobs set aside.
package struct Restoration {
    package struct Outcome: Sendable {
        package let setAside: SetAside
        /// How many jobs there are, and how many of them RunComfy has or has finished.
        package let jobs: Int64
        package let followed: Int64
        /// When the newest entry of its history was written.
        package let asOf: Timestamp?
        /// The schema of the backup, if it was an older one.
        package let olderSchema: Int?
        /// Where the database is now that was there; nil if there was none.
        package let kept: String?
    }

    private let directory: StateDirectory
    private let onWait: (RunningProcess?) -> Void
    private var prepared: StateDirectory { directory.restoring }

    /// - Parameter lock: the state directory's lock, which the caller holds until the end.
    /// - Parameter onWait: called if another program's write transaction is in the way.
    package init(
        _ directory: StateDirectory, holding lock: StateLock,
        onWait: @escaping (RunningProcess?) -> Void = { _ in }
    ) throws {
        try lock.check()
        (self.directory, self.onWait) = (directory, onWait)
    }

    package func run(_ backup: String) throws -> Outcome {
        if unsafe access(directory.savedCopy, F_OK) == 0 {
            throw StoreError.undecided(copy: directory.savedCopy, hint: directory.savedCopyHint)
        }
        let present = try StoreError.at(database: directory.database) {
            try DatabaseHeader.examine(directory.database)
        }
        if case .foreign(let reason) = present, reason != DatabaseHeader.noDatabase {
            throw StoreError.notOurs(path: directory.database, reason: reason)
        }
        Self.removeLeftovers(of: directory)
        defer { Self.removeLeftovers(of: directory) }
        let version = try prepare(backup)
        guard let lock = try StateLock(prepared, as: "jobctl") else { throw StoreError.busy }
        let database = try JobDatabase(prepared, .write, lock: lock)
        let asOf = try database.lastEventTime()
        let setAside = try database.transaction { try database.setAsideAfterRestore() }
        let (jobs, followed) = (try database.jobCount(), try database.followed().count)
        let kept = try replace(present, by: database, holding: lock)
        return Outcome(
            setAside: setAside, jobs: jobs, followed: Int64(followed), asOf: asOf,
            olderSchema: version < Migration.newest ? version : nil, kept: kept)
    }

    /// Removes what an interrupted restore has prepared. The caller holds the lock.
    package static func removeLeftovers(of directory: StateDirectory) {
        let name = StateDirectory.restoringName
        guard let folder = try? Directory(directory.path), let prepared = try? folder.directory(name)
        else { return }
        for file in (try? prepared.names()) ?? [] { _ = try? prepared.remove(file) }
        _ = folder.removeDirectory(name)
    }

    // MARK: - The backup

    /// Copies the backup, and checks the copy. Returns its schema's number.
    private func prepare(_ backup: String) throws -> Int {
        if unsafe mkdir(prepared.path, 0o700) != 0 { throw StoreError(.last, at: prepared.path) }
        // With what SQLite has beside it, if it was copied by cp.
        for suffix in ["", "-wal", "-journal"] {
            if !suffix.isEmpty, unsafe access(backup + suffix, F_OK) != 0 { continue }
            let source = try StoreError.at(backup, try FileDescriptor(opening: backup + suffix))
            let copy = try prepared.openFile(prepared.database + suffix)
            try StoreError.at(prepared.path, try source.copy(to: copy))
        }
        do { return try check() } catch let error as SQLError {
            let reason =
                switch error.kind {
                case .notADatabase: DatabaseHeader.noDatabase
                case .corrupt: "it is damaged: \(error.message)"
                default: throw StoreError(error, path: prepared.database)
                }
            throw StoreError.unusableBackup(path: backup, reason: reason)
        } catch let fault as Fault {
            throw StoreError.unusableBackup(path: backup, reason: fault.reason)
        }
    }

    private struct Fault: Error { let reason: String }

    private func check() throws -> Int {
        let path = prepared.database
        if try StoreError.at(path, try FileStatus(path)).size == 0 { throw Fault(reason: "it is empty") }
        let connection = try SQLiteConnection(path: path, .readWrite, busyTimeout: .zero)
        let owner = try connection.first("PRAGMA application_id") { $0.integer(0) }
        guard owner == Int64(DatabaseHeader.applicationID) else {
            throw Fault(reason: "another program made it")
        }
        let version = try DatabaseOpening.version(of: connection)
        if version > Migration.newest {
            throw Fault(
                reason: "it has schema \(version), and this program knows only \(Migration.newest); "
                    + "upgrade jobd and jobctl")
        }
        let faults = try connection.all("PRAGMA integrity_check(3)") { $0.text(0) }
        if faults != ["ok"] { throw Fault(reason: "it is damaged: " + faults.joined(separator: "; ")) }
        return version
    }

    // MARK: - The exchange

    /// Returns where the present database is kept.
    private func replace(
        _ present: DatabaseHeader.Finding, by database: JobDatabase, holding lock: StateLock
    ) throws -> String? {
        // The index of the search is made anew from whichever database stands in the end.
        for suffix in ["", "-journal"] { unsafe unlink(directory.searchIndex + suffix) }
        if present == .ours {
            do {
                return try StoreError.at(database: directory.database) { try replaceContent(by: database) }
            } catch StoreError.notOurs, StoreError.damaged, StoreError.inputOutput {
                // A damaged database cannot be written: it is moved away.
            }
        }
        try database.adopt(Counts(claims: ClaimCounter.count(in: directory) ?? 0))
        try database.checkpoint(holding: lock)
        return try replaceFiles()
    }

    /// What the database has counted so far: no id is given twice.
    struct Counts {
        var claims: Int64 = 0
        var ids: [(table: String, last: Int64)] = []

        init(claims: Int64) { self.claims = claims }

        /// Whatever schema it has.
        init(of connection: SQLiteConnection, noted: Int64) {
            let claims = try? connection.first("SELECT value FROM daemon_settings WHERE name = 'claims'") {
                Int64($0.text(0))
            }
            self.claims = max(noted, (claims ?? nil) ?? 0)
            let ids = try? connection.all(
                "SELECT name, seq FROM sqlite_sequence WHERE name IN ('jobs', 'events')"
            ) { ($0.text(0), $0.integer(1)) }
            self.ids = ids ?? []
        }
    }

    /// Writes the new content into the present database, as one transaction. Other programs may have it open:
    /// for them, it is a commit like any other.
    private func replaceContent(by database: JobDatabase) throws -> String {
        let path = directory.database
        let reader = try SQLiteConnection(path: path, .readWrite, busyTimeout: .seconds(15))
        let writer = try SQLiteConnection(path: path, .readWrite, busyTimeout: .seconds(15)) {
            onWait(StoreUsers.writer(of: directory))
        }
        try writer.execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
        let pageSize = try reader.first("PRAGMA page_size") { $0.integer(0) }
        // SQLite cannot change that of a database that has a log.
        if try database.pageSize() != pageSize { throw StoreError.inputOutput(reason: "other pages") }
        let version = { try reader.first("PRAGMA data_version") { $0.integer(0) } }
        let opening = DatabaseOpening(directory: directory, busyTimeout: .seconds(15))
        for _ in 0..<5 {
            let before = try version()
            let noted = ClaimCounter.count(in: directory) ?? 0
            try database.adopt(Counts(of: reader, noted: noted))
            let kept = freeName()
            try opening.copy(reader, to: kept)
            do {
                try database.replaceContent(of: writer) {
                    // What others have written in the meantime must be in the copy, too.
                    if try version() != before { throw StoreError.busy }
                }
                _ = try? writer.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.integer(0) }
                return kept
            } catch {
                unsafe unlink(kept)
                guard case StoreError.busy = error else { throw error }
            }
        }
        throw StoreError.busy
    }

    /// Moves away what has the names of the database, and gives the name to the new one.
    private func replaceFiles() throws -> String? {
        let (path, new) = (directory.database, prepared.database)
        let file = try directory.openFile(new)
        try StoreError.at(new, try file.sync())
        let kept = freeName()
        let exists = unsafe access(path, F_OK) == 0
        if exists, unsafe link(path, kept) != 0 { throw StoreError(.last, at: kept) }
        // A log belongs to its database: SQLite would apply it to the new one.
        var hasLog = false
        for suffix in ["-wal", "-shm", "-journal"] where unsafe access(path + suffix, F_OK) == 0 {
            if unsafe rename(path + suffix, kept + suffix) != 0 { throw StoreError(.last, at: path + suffix) }
            hasLog = true
        }
        try StateDirectory.sync(directory.path)
        if unsafe rename(new, path) != 0 { throw StoreError(.last, at: path) }
        try StateDirectory.sync(directory.path)
        return exists || hasLog ? kept : nil
    }

    /// `jobs.db.replaced-2026-01-31-180000`, or with a number behind it.
    private func freeName() -> String {
        let digits = "\(Timestamp.now)".prefix(19).filter { $0 != ":" }.replacing(" ", with: "-")
        let name = directory.database + ".replaced-" + digits
        let names = [name] + (2...99).map { "\(name)-\($0)" }
        return names.first { unsafe access($0, F_OK) != 0 } ?? name
    }
}

extension JobDatabase {
    fileprivate func lastEventTime() throws -> Timestamp? {
        try first("SELECT at FROM events ORDER BY id DESC LIMIT 1") { $0.timestamp(0) } ?? nil
    }

    fileprivate func pageSize() throws -> Int64? { try first("PRAGMA page_size") { $0.integer(0) } }

    fileprivate func jobCount() throws -> Int64 {
        try first("SELECT count(*) FROM jobs") { $0.integer(0) } ?? 0
    }

    fileprivate func setAsideAfterRestore() throws -> SetAside {
        let found = try setAside(.restoredBackup)
        let detail: JSONObject = [
            "message": "a backup was restored", "held": .integer(Int64(found.held.count)),
            "uncertain": .integer(Int64(found.uncertain.count)),
        ]
        try append(.fault, detail, job: nil, at: now)
        return found
    }

    /// Counts on from where the database was that this one replaces.
    fileprivate func adopt(_ counts: Restoration.Counts) throws {
        try transaction {
            try setClaims(max(counts.claims, try claims()))
            for (table, last) in counts.ids {
                let known = try rowsChanged(
                    by: "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", table, last)
                if known == 0 {
                    try run("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", table, last)
                }
            }
        }
    }

    fileprivate func replaceContent(of other: SQLiteConnection, whenLocked: () throws -> Void) throws {
        guard let file else { throw StoreError.needsDump }
        try perform { try other.replace(by: file, whenLocked: whenLocked) }
    }
}
