internal import SQLite
package import System

/// A state of the store, to compare a later one with.
package struct StoreVersion: Equatable, Sendable {
    fileprivate let number: Int64
}

/// The engine below the store, as people see it.
package struct StoreEngine: Sendable {
    package static let current = StoreEngine(name: "SQLite", version: Connection.libraryVersion)

    package let name: String
    package let version: String

    /// What other programs must know of this version: in older ones, a checkpoint that overlaps another
    /// connection's commit can damage the database. jobd and jobctl avoid that.
    package var caution: String? {
        let parts = version.split(separator: ".").compactMap { Int($0) }
        let number = parts.count >= 3 ? (parts[0], parts[1], parts[2]) : (Int.max, 0, 0)
        let isFixed =
            number >= (3, 51, 3) || (number >= (3, 50, 7) && number < (3, 51, 0))
            || (number >= (3, 44, 6) && number < (3, 45, 0))
        return isFixed ? nil : "a program that writes with it must first run PRAGMA wal_autocheckpoint = 0"
    }
}

/// What depends on the engine: noticing changes, and upkeep.
extension JobDatabase {
    /// The schema's number.
    package func schemaVersion() throws -> Int {
        try perform { try DatabaseOpening.version(of: connection) }
    }

    // MARK: - Changes

    /// Changes when another connection commits, but not with this one's own commits. Ask before reading
    /// anything else, so that a commit in between is not missed.
    package func version() throws -> StoreVersion {
        StoreVersion(number: try first("PRAGMA data_version") { $0.integer(0) } ?? 0)
    }

    package func hasChanged(since version: StoreVersion?) throws -> Bool { try self.version() != version }

    /// Which file is at the store's path now: it may have been replaced. Nil if there is none.
    package var identityAtPath: FileStatus.Identity? { directory.databaseIdentity }

    // MARK: - Upkeep

    /// What the engine finds wrong with the store; empty if it is sound.
    package func faults() throws -> [String] {
        try all("PRAGMA quick_check(5)") { $0.text(0) }.filter { $0 != "ok" }
    }

    /// Writes a page: shows whether the store can be written again. (SQLite does not write an equal value.)
    func touch() throws {
        try connection.withoutWaiting {
            _ = try run(
                """
                INSERT INTO daemon_settings (name, value) VALUES ('touched', '0')
                ON CONFLICT (name) DO UPDATE SET value = iif(value = '0', '1', '0')
                """)
        }
    }

    /// Syncs what others have committed. A program that ended between writing and syncing its commit leaves
    /// one that everyone sees and a power cut would undo. Call this before confirming it without a commit.
    package func syncCommits() throws {
        let path = directory.commitFile
        if let file = try? FileDescriptor(opening: path) { try StoreError.at(path, try file.sync()) }
    }

    /// Keeps the store fast to open by checkpointing a large log; without the caller's lock, only if no jobd
    /// runs that would do it.
    ///
    /// Whoever is first to open the store reads the whole log, so a long one slows every `jobctl`. This waits
    /// for no reader: if one is in the way, the next call tries again.
    ///
    /// - Returns: false if somebody is in the way.
    @discardableResult
    package func tidy(ifLargerThan limit: Int64 = 1 << 20, holding held: StateLock? = nil) throws -> Bool {
        guard let log = try? FileStatus(directory.commitFile), log.size > limit,
            let lock = try held ?? StateLock(directory, as: "jobctl")
        else { return true }
        return try connection.withoutWaiting { try checkpoint(holding: lock) }
    }

    /// Moves the log into the database. Only the holder of the lock may: see ARCHITECTURE.md, "Checkpoints".
    ///
    /// - Returns: false if somebody is in the way.
    @discardableResult
    func checkpoint(holding lock: StateLock) throws -> Bool {
        try lock.check()
        return try truncateLog()
    }

    /// Moves a log that no one else sees any more into the database. Throws if a reader is in the way: a part
    /// of the log would not be moved.
    func moveLog() throws {
        if try !truncateLog() { throw StoreError.busy }
    }

    /// - Returns: false if somebody is in the way.
    private func truncateLog() throws -> Bool {
        try first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.integer(0) } == 0
    }
}
