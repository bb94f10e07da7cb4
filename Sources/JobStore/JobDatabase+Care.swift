internal import JSON
package import JobModel
internal import SQL

/// What the care of files needs: which files are on record, and fetching some of them again.
extension JobDatabase {
    /// When the newest event was written.
    package func newestMoment() throws -> Timestamp? {
        try first("SELECT at FROM events ORDER BY id DESC LIMIT 1") { $0.timestamp(0) } ?? nil
    }

    /// How many files of the jobs from `range` should be on this machine's disk or in object storage, and how
    /// many bytes they have.
    package func filesOnRecord(
        of range: ClosedRange<Int64> = 1...Int64.max
    ) throws -> (count: Int64, bytes: Int64) {
        try first(
            """
            SELECT count(*), CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM outputs
            WHERE job_id BETWEEN ?1 AND ?2 AND state = 'done' AND removed_at IS NULL\(ownFiles)
            """, range.lowerBound, range.upperBound
        ) { ($0.integer(0), $0.integer(1)) } ?? (0, 0)
    }

    /// One output as it is now.
    package func output(_ position: Int64, of job: Int64) throws -> Output? {
        try first("SELECT * FROM outputs WHERE job_id = ?1 AND position = ?2", job, position) {
            try Output($0)
        }
    }

    /// Whether an output has this path.
    package func isOnRecord(path: String) throws -> Bool {
        try exists(
            """
            SELECT 1 FROM outputs
            WHERE path = ?1 AND path IS NOT NULL AND removed_at IS NULL AND local IS DISTINCT FROM 'gone'
            LIMIT 1
            """, path)
    }

    /// Whether a job has a file of this path, or had one that was pruned.
    package func wasOnRecord(path: String) throws -> Bool {
        try exists(
            """
            SELECT 1 FROM outputs WHERE path = ?1 AND path IS NOT NULL
            UNION ALL SELECT 1 FROM left_files WHERE path = ?1 LIMIT 1
            """, path)
    }

    // MARK: - Files that stayed when their job's row went

    /// The record of a left file; `paths` are the forms that its path may have.
    package func leftFile(at paths: [String]) throws -> (bytes: Int64, sha256: String)? {
        for path in paths {
            let found = try first("SELECT bytes, sha256 FROM left_files WHERE path = ?1", path) {
                (bytes: $0.integer(0), sha256: $0.text(1))
            }
            if let found { return found }
        }
        return nil
    }

    /// Whether files of a job were left in this directory.
    package func hasLeftFiles(of job: Int64, in directory: String) throws -> Bool {
        let prefix = directory.isEmpty ? "" : directory + "/"
        return try exists(
            """
            SELECT 1 FROM left_files INDEXED BY left_files_job
            WHERE job_id = ?2 AND substr(path, 1, length(?1)) = ?1
                AND instr(substr(path, length(?1) + 1), '/') = 0
            LIMIT 1
            """, prefix, job)
    }

    package func leftFiles() throws -> [(path: String, job: Int64)] {
        try all("SELECT path, job_id FROM left_files") { ($0.text(0), $0.integer(1)) }
    }

    package func forgetLeft(_ path: String) throws { try run("DELETE FROM left_files WHERE path = ?1", path) }

    /// Has missing or damaged files fetched again; inside the caller's transaction. Nothing is bought.
    package func refetch(_ id: Int64, _ positions: [Int64], by program: String) throws -> Steered {
        guard let job = try find(id) else { return .unknown }
        guard job.state(after: .refetched) != nil else {
            return .refused("is \(job.state.rawValue); nothing of it can be fetched again")
        }
        if let refusal = try obstacle(to: .refetched, of: job) { return .refused(refusal) }
        for position in positions {
            try run(
                """
                UPDATE outputs SET
                    state = 'pending', downloaded_at = NULL, attempts = 0, fetched = 0, local = NULL,
                    object = NULL
                WHERE job_id = ?1 AND position = ?2 AND state = 'done' AND removed_at IS NULL
                """, id, position)
        }
        return .done(
            try record(
                .refetched, for: id, in: job.state,
                detail: ["by": .string(program), "outputs": .array(positions.map { .integer($0) })]))
    }
}
