internal import SQLite
package import System

/// A state of the store, to hold a later one against.
package struct StoreVersion: Equatable, Sendable {
    fileprivate let number: Int64
}

/// The engine below the store, as far as people are told of it.
package struct StoreEngine: Sendable {
    package static let current = StoreEngine(name: "SQLite", version: Connection.libraryVersion)

    package let name: String
    package let version: String

    /// What is wrong with this version, and what to do: in older ones, a checkpoint that overlaps a commit of
    /// another connection can damage the database.
    package var complaint: (text: String, hint: String)? {
        let parts = version.split(separator: ".").compactMap { Int($0) }
        let number = parts.count >= 3 ? (parts[0], parts[1], parts[2]) : (Int.max, 0, 0)
        let isMended =
            number >= (3, 51, 3) || (number >= (3, 50, 7) && number < (3, 51, 0))
            || (number >= (3, 44, 6) && number < (3, 45, 0))
        return isMended
            ? nil
            : (
                "before 3.51.3, 3.50.7 and 3.44.6, a checkpoint at the wrong moment can damage a database. jobd and "
                    + "jobctl make none at such a moment; other programs that write do",
                "read with sqlite3 as you like; before you write: PRAGMA wal_autocheckpoint = 0; and keep backups: jobctl backup"
            )
    }
}

/// What each engine does in its own way: change notice and upkeep.
extension JobDatabase {
    /// The schema's number.
    package func schemaVersion() throws -> Int {
        try perform { try DatabaseOpening.version(of: connection) }
    }

    // MARK: - Changes

    /// Moves when somebody else has committed, and not with commits of one's own. Ask before you look at
    /// anything else, so that a commit between the two is not passed over.
    package func version() throws -> StoreVersion {
        try perform {
            StoreVersion(number: try connection.first("PRAGMA data_version") { $0.integer(0) } ?? 0)
        }
    }

    package func hasChanged(since version: StoreVersion?) throws -> Bool { try self.version() != version }

    /// Which store has the address now: another one may be put in its place. Nil where there is none.
    package var identityAtAddress: FileStatus.Identity? { try? FileStatus(directory.database).identity }

    // MARK: - Upkeep

    /// What the engine finds wrong with the store; nothing where it is whole.
    package func faults() throws -> [String] {
        try perform { try connection.all("PRAGMA quick_check(5)") { $0.text(0) }.filter { $0 != "ok" } }
    }

    /// Copies the whole database, consistent and synced, into a new file.
    package func backup(to path: String) throws {
        try perform {
            try DatabaseOpening(directory: directory, busyTimeout: .seconds(15)).copy(connection, to: path)
        }
    }

    /// Makes what others have committed last. A program that ended between the write of its commit and the
    /// sync leaves one that everybody sees, and that a power cut would undo: who answers for it without a
    /// commit of its own syncs it first.
    package func syncCommits() throws {
        let path = directory.commitFile
        if let file = try? FileDescriptor(opening: path) { try StoreError.at(path, try file.sync()) }
    }

    /// Does what keeps the store fast to open: checkpoints a log that has grown large; without a lock of the
    /// caller's, only where no jobd is there to do it.
    ///
    /// Whoever opens the store alone reads the whole log first, so that a long one costs every `jobctl`. It
    /// waits for nobody: a reader that stands in the way is passed by, until the next time.
    package func tidy(ifLargerThan limit: Int64 = 1 << 20, holding held: StateLock? = nil) throws {
        guard let log = try? FileStatus(directory.commitFile), log.size > limit,
            let lock = try held ?? StateLock(directory, as: "jobctl")
        else { return }
        try perform { try connection.execute("PRAGMA busy_timeout = 0") }
        defer { try? connection.execute("PRAGMA busy_timeout = 15000") }
        try checkpoint(holding: lock)
    }

    /// Moves the write-ahead log into the database. Only who holds the lock may: see ARCHITECTURE.md,
    /// "Checkpoints".
    func checkpoint(holding lock: StateLock) throws {
        try lock.check()
        try perform { _ = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.integer(0) } }
    }

    /// Moves a log that nobody else sees any more into the database. It throws where a reader stands in the
    /// way: a part of the log would be there alone.
    func moveLog() throws {
        try perform {
            let isBusy = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.integer(0) } != 0
            if isBusy { throw StoreError.busy }
        }
    }
}
