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
                ? .ok(
                    "database",
                    (directory.sharedStore ?? "sound") + "; schema \(try database.schemaVersion())")
                : .fault(
                    "database", "damaged: \(faults.joined(separator: "; "))",
                    "stop jobd, then: jobctl restore BACKUP; or try: sqlite3 jobs.db .recover")
        } catch StoreError.missing {
            opening = .warning(
                "database", "does not exist yet", "jobctl enqueue creates it, and so does jobd")
        } catch { opening = .fault("database", "\(error)", (error as? StoreError)?.hint) }
        database = opened
    }

    func all() -> [Diagnosis] {
        if let server = ServerChecks(database) { return [opening] + server.all() }
        return [opening, engine(), log()].compactMap(\.self)
    }

    private func engine() -> Diagnosis? {
        guard let engine = database?.engine else { return nil }
        return .ok(engine.name.lowercased(), engine.version + (engine.caution.map { "; \($0)" } ?? ""))
    }

    /// Nil while the log is short.
    private func log() -> Diagnosis? {
        database?.directory.logComplaint.map {
            .warning(
                "log", $0,
                "jobd empties it within seconds once nobody reads; without jobd, the next jobctl does")
        }
    }
}
