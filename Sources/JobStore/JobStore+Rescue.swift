/// What happens if the store's files are removed or moved while jobd runs: it stops, since no one would see
/// what it writes.
extension JobStore {
    /// Saves what the files hold that no one can find any more. Returns what happened, in words for people.
    func rescue(_ found: StoreFiles.Loss) -> StoreError {
        let name = database.directory.database
        switch found {
        case .log(let part):
            return rescueLog("\(database.directory.path)/\(part) was removed while jobd was running")
        case .database(let place?) where files.isDatabaseMissing:
            // What could not be moved stays in the log, which moved with the database.
            _ = try? database.checkpoint(holding: lock)
            return .lost(
                reason: "\(name) was moved to \(place) while jobd was running; all jobs are there",
                hint: "move it back before you start jobd again")
        case .database: return save("\(name) was removed or replaced while jobd was running")
        }
    }

    private func rescueLog(_ event: String) -> StoreError {
        do { try database.moveLog() } catch { return save(event) }
        do {
            try database.reopen(holding: lock)
            files = StoreFiles(database.directory)
            return .lost(
                reason: "\(event); everything in it is now in \(database.directory.database)",
                hint: "start jobd again")
        } catch {
            // A directory that is being removed loses one file after another.
            return save(event)
        }
    }

    private func save(_ event: String) -> StoreError {
        let copy = database.directory.savedCopy
        do {
            try database.directory.create()
            if database.isOpen { try database.backup(to: copy) } else { try database.copy(files, to: copy) }
            return .lost(
                reason: "\(event); its contents are saved in \(copy)", hint: database.directory.savedCopyHint)
        } catch {
            return .lost(
                reason: "\(event), and its contents cannot be saved in \(copy): \(error)",
                hint: "jobs sent since the last backup may be unknown now: see RunComfy's own list")
        }
    }
}
