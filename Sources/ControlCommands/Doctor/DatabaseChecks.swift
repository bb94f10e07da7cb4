internal import CommandLineTool
internal import JobStore

/// The database: whole, of the right schema, and the engine that works on it.
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

    func all() -> [Diagnosis] { [opening, engine()] }

    private static func examine(_ database: JobDatabase) -> Diagnosis {
        do {
            let faults = try database.faults()
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

    private func engine() -> Diagnosis {
        let engine = StoreEngine.current
        let (name, version) = (engine.name.lowercased(), engine.version)
        guard let complaint = engine.complaint else { return .ok(name, version) }
        return .warning(name, "\(version): \(complaint.text)", complaint.hint)
    }
}
