package import JobModel
internal import SQLite

/// What object storage leaves to be done after a change; each inside the caller's transaction.
extension JobDatabase {
    /// Outputs whose files are to be removed here, because their objects have taken their place.
    package func leavingOutputs(limit: Int) throws -> [Output] {
        try all("SELECT * FROM outputs WHERE local = 'leaving' ORDER BY job_id, position LIMIT ?1", limit) {
            try Output($0)
        }
    }

    /// The file is gone from this machine.
    package func noteGone(_ output: Output) throws {
        try run(
            """
            UPDATE outputs SET local = 'gone' WHERE job_id = ?1 AND position = ?2 AND local = 'leaving'
            """, output.jobID, output.position)
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
