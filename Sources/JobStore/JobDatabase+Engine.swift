internal import SQL
package import System

/// A state of the store, to compare a later one with.
package struct StoreVersion: Equatable, Sendable {
    fileprivate let number: Int64
}

/// The engine below the store, as people see it.
package struct StoreEngine: Sendable {
    package let name: String
    package let version: String

    fileprivate static let sqlite = "SQLite"

    /// What other programs must know of this version: in older ones, a checkpoint that overlaps another
    /// connection's commit can damage the database. jobd and jobctl avoid that.
    package var caution: String? {
        guard name == Self.sqlite else { return nil }
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
    package var engine: StoreEngine {
        switch connection {
        case .sqlite: StoreEngine(name: StoreEngine.sqlite, version: SQLiteConnection.libraryVersion)
        case .postgresql(let server): StoreEngine(name: "PostgreSQL", version: server.serverVersion)
        }
    }

    /// What tells a shared store from all others; nil for a database file.
    func storeID() throws -> String? {
        guard isShared else { return nil }
        return try first("SELECT value FROM daemon_settings WHERE name = 'store'") { $0.text(0) }
    }

    /// The schema's number.
    package func schemaVersion() throws -> Int {
        try perform {
            switch connection {
            case .sqlite(let file): try DatabaseOpening.version(of: file)
            case .postgresql(let server): try SharedStore.version(of: server) ?? 0
            }
        }
    }

    // MARK: - Changes

    /// Changes when another connection commits, but not with this one's own commits. Ask before reading
    /// anything else, so that a commit in between is not missed.
    package func version() throws -> StoreVersion {
        guard let server else {
            return StoreVersion(number: try first("PRAGMA data_version") { $0.integer(0) } ?? 0)
        }
        // Each transaction that writes has a number; those below the highest are over, but for those named.
        let ended = try first(
            """
            SELECT pg_snapshot_xmax(now)::text::bigint - (SELECT count(*) FROM pg_snapshot_xip(now))
            FROM pg_current_snapshot() AS now
            """
        ) { $0.integer(0) }
        return StoreVersion(number: (ended ?? 0) - server.transactionCount)
    }

    package func hasChanged(since version: StoreVersion?) throws -> Bool { try self.version() != version }

    /// Which file is at the store's path now: it may have been replaced. Nil if there is none.
    package var identityAtPath: FileStatus.Identity? { directory.databaseIdentity }

    // MARK: - Upkeep

    /// What the engine finds wrong with the store; empty if it is sound.
    package func faults() throws -> [String] {
        // A server looks after its own pages.
        if file == nil { return [] }
        return try all("PRAGMA quick_check(5)") { $0.text(0) }.filter { $0 != "ok" }
    }

    /// Writes a page: shows whether the store can be written again. (SQLite does not write an equal value.)
    func touch() throws {
        let write = {
            _ = try self.run(
                """
                INSERT INTO daemon_settings (name, value) VALUES ('touched', '0')
                ON CONFLICT (name) DO UPDATE SET value = iif(daemon_settings.value = '0', '1', '0')
                """)
        }
        if let file { try file.withoutWaiting(write) } else { try transaction(write) }
    }

    /// Syncs what others have committed. A program that ended between writing and syncing its commit leaves
    /// one that everyone sees and a power cut would undo. Call this before confirming it without a commit.
    package func syncCommits() throws {
        guard file != nil else { return }
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
        guard let file, let log = try? FileStatus(directory.commitFile), log.size > limit,
            let lock = try held ?? StateLock(directory, as: "jobctl")
        else { return true }
        return try file.withoutWaiting { try checkpoint(holding: lock) }
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
