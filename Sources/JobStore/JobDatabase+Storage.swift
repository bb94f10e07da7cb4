internal import JSON
package import JobModel
internal import SQL

/// What object storage leaves to be done after a change; each inside the caller's transaction.
extension JobDatabase {
    /// Outputs whose files are to be removed here, because their objects have taken their place.
    ///
    /// After a crash, the name of one may have been given to another output whose file is not done yet. Until
    /// that is settled, the file is left alone.
    ///
    /// - Parameter folders: of a shared store, only files in these: the others are other jobds' own.
    package func leavingOutputs(in folders: [String], limit: Int) throws -> [Output] {
        let isOurs = folders.map { "starts_with(path, '\($0.quoted)/')" } + ["path NOT LIKE '/%'"]
        let own = isShared ? "\(ownFiles) AND (\(isOurs.joined(separator: " OR ")))" : ""
        return try all(
            """
            SELECT * FROM outputs AS o WHERE local = 'leaving'\(own) AND NOT EXISTS (
                SELECT 1 FROM outputs AS other WHERE other.path = o.path AND other.state = 'pending'
            ) ORDER BY job_id, position LIMIT ?1
            """, limit
        ) { try Output($0) }
    }

    /// The file is gone from this machine.
    package func noteGone(_ output: Output) throws {
        try run(
            """
            UPDATE outputs SET local = 'gone' WHERE job_id = ?1 AND position = ?2 AND local = 'leaving'
            """, output.jobID, output.position)
    }

    /// Why a queued job cannot be sent now: what the storage said when its files were brought there or looked
    /// for, or why no address of a source's output can be had.
    package func noteSetback(_ words: String, isOfStorage: Bool, of job: Int64) throws {
        guard try exists("SELECT 1 FROM jobs WHERE id = ?1 AND state = 'queued'", job) else { return }
        let trouble = isOfStorage ? Trouble.Kind.storage.rawValue : "address"
        try append(.fault, ["message": .string(words), "trouble": .string(trouble)], job: job, at: now)
    }

    /// The same words, if nothing else has happened since.
    package func lastSetback(of job: Int64) throws -> (words: String, isOfStorage: Bool)? {
        guard let event = try lastEvent(of: job), event.kind == .fault,
            let detail = try? JSON(parsing: event.detail), let words = detail["message"]?.string,
            let trouble = detail["trouble"]?.string
        else { return nil }
        return (words, trouble == Trouble.Kind.storage.rawValue)
    }

    /// Objects to remove, since their outputs were pruned.
    package func removedObjects(limit: Int) throws -> [ObjectName] {
        try all("SELECT object FROM removed_objects LIMIT ?1", limit) { $0.text(0) }.compactMap(
            ObjectName.init)
    }

    /// The object is gone from the storage.
    package func forget(_ object: ObjectName) throws {
        try run("DELETE FROM removed_objects WHERE object = ?1", object.text)
    }
}
