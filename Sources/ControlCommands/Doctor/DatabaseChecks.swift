internal import CommandLineTool
internal import JobStore

/// Whether the database is sound and of the right schema, and whether its engine is.
struct DatabaseChecks {
    let database: JobDatabase?
    private let opening: Diagnosis

    init(directory: StateDirectory) {
        var opened: JobDatabase?
        do {
            let database = try JobDatabase(directory, .read)
            opened = database
            let faults = try database.faults()
            opening =
                faults.isEmpty
                ? .ok("database", "sound; schema \(try database.schemaVersion())")
                : .fault(
                    "database", "damaged: \(faults.joined(separator: "; "))",
                    "stop jobd, restore a backup, or try: sqlite3 jobs.db .recover")
        } catch StoreError.missing {
            opening = .warning(
                "database", "does not exist yet", "jobctl enqueue creates it, and so does jobd")
        } catch { opening = .fault("database", "\(error)", (error as? StoreError)?.hint) }
        database = opened
    }

    func all() -> [Diagnosis] { [opening, engine()] }

    private func engine() -> Diagnosis {
        let engine = StoreEngine.current
        let (name, version) = (engine.name.lowercased(), engine.version)
        guard let complaint = engine.complaint else { return .ok(name, version) }
        return .warning(name, "\(version): \(complaint.text)", complaint.hint)
    }
}
