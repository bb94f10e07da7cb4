/// What is done where the store's files were removed or moved under jobd. It stops then: nobody would see
/// what it writes.
extension JobStore {
    /// Saves what the files hold that nobody finds any more. Answers what has happened, in words for a
    /// person.
    func rescue(_ found: StoreFiles.Loss) -> StoreError {
        let name = database.directory.database
        switch found {
        case .log(let part): return rescueLog("\(database.directory.path)/\(part) was removed under jobd")
        case .database(let place?) where files.isDatabaseMissing:
            // Whatever could not be moved stays in the log, which has gone with it.
            try? database.checkpoint(holding: lock)
            return .lost(
                reason: "\(name) was moved to \(place) under jobd; all jobs are there",
                hint: "move it back before you start jobd again")
        case .database: return save("\(name) was removed or replaced under jobd")
        }
    }

    private func rescueLog(_ event: String) -> StoreError {
        do { try database.moveLog() } catch { return save(event) }
        do {
            try database.reopen(holding: lock)
            files = StoreFiles(database.directory)
            return .lost(
                reason: "\(event); all it held is in \(database.directory.database) now",
                hint: "start jobd again")
        } catch {
            // A directory that is being removed loses one file after the other.
            return save(event)
        }
    }

    private func save(_ event: String) -> StoreError {
        let copy = database.directory.savedCopy
        do {
            try database.directory.create()
            if database.isOpen { try database.backup(to: copy) } else { try database.copy(files, to: copy) }
            return .lost(
                reason: "\(event); what it held is saved in \(copy)", hint: database.directory.savedCopyHint)
        } catch {
            return .lost(
                reason: "\(event), and what it held cannot be saved in \(copy): \(error)",
                hint: "what was sent since the last backup may be unknown now: see RunComfy's own list")
        }
    }
}
