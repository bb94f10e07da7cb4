internal import CommandLineTool
internal import JobStore

/// The database: whole, of the right schema, and the SQLite that works on it.
struct DatabaseChecks {
    let directory: StateDirectory
    let database: JobDatabase?
    private let opening: Diagnosis

    init(directory: StateDirectory) {
        self.directory = directory
        do {
            let found = try JobDatabase(directory, .read)
            opening = Self.examine(found)
            database = found
        } catch {
            database = nil
            if case StoreError.missing = error {
                opening = .warning("database", "not there yet", "jobctl enqueue makes it, and so does jobd")
            } else {
                opening = .fault("database", "\(error)", (error as? StoreError)?.hint)
            }
        }
    }

    func all() -> [Diagnosis] { [opening, sqlite()] }

    private static func examine(_ database: JobDatabase) -> Diagnosis {
        do {
            let faults = try database.quickCheck()
            guard faults.isEmpty else {
                return .fault(
                    "database", "damaged: \(faults.joined(separator: "; "))",
                    "stop jobd, restore a backup, or try: sqlite3 jobs.db .recover")
            }
            return .ok("database", "whole; schema \(try database.schemaVersion())")
        } catch {
            return .fault("database", "\(error)", (error as? StoreError)?.hint)
        }
    }

    /// Before these versions, a checkpoint that overlaps a commit of another connection can damage the
    /// database.
    static func hasCheckpointFault(_ version: String) -> Bool {
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard parts.count >= 3 else { return false }
        let number = (parts[0], parts[1], parts[2])
        let isMended =
            number >= (3, 51, 3) || (number >= (3, 50, 7) && number < (3, 51, 0))
            || (number >= (3, 44, 6) && number < (3, 45, 0))
        return !isMended
    }

    private func sqlite() -> Diagnosis {
        let version = JobDatabase.libraryVersion
        guard Self.hasCheckpointFault(version) else { return .ok("sqlite", version) }
        return .warning(
            "sqlite",
            "\(version): before 3.51.3, 3.50.7 and 3.44.6, a checkpoint at the wrong moment can damage a database. jobd "
                + "and jobctl make none at such a moment; other programs that write do",
            "read with sqlite3 as you like; before you write: PRAGMA wal_autocheckpoint = 0; and keep backups: jobctl backup"
        )
    }
}
