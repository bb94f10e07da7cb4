internal import JSON
package import JobModel
internal import SQL

/// What happens to a job's outputs; each inside the caller's transaction.
extension JobDatabase {
    /// How many bytes of a file have arrived, and of how many if the server has said.
    package func progress(_ fetched: Int64, of total: Int64?, in job: Int64, _ position: Int64) throws {
        try run(
            """
            UPDATE outputs SET fetched = ?3, bytes = coalesce(?4, bytes)
            WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
            """,
            job, position, fetched, total)
    }

    /// Records where the file will be, before it is there: after a crash, a whole file there is this output.
    /// Throws if a person has given it up in the meantime: the file would belong to no output.
    package func announce(
        path: String, bytes: Int64, sha256: String, of job: Int64, _ position: Int64
    ) throws {
        guard try isPending(position, of: job) else {
            throw StaleJob(id: job, expected: .downloading, found: try find(job)?.state)
        }
        try run(
            about: job,
            """
            UPDATE outputs SET path = ?3, bytes = ?4, sha256 = ?5
            WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
            """,
            job, position, path, bytes, sha256, changing: 1)
        readAhead.outputs[job]?.isChanged = true
    }

    private func isPending(_ position: Int64, of job: Int64) throws -> Bool {
        if let known = readAhead.outputs[job]?.rows {
            return known.contains { $0.position == position && $0.state == .pending }
        }
        return try exists(
            "SELECT 1 FROM outputs WHERE job_id = ?1 AND position = ?2 AND state = 'pending'", job, position)
    }

    /// The file is on disk, whole, synced and hashed.
    /// - Parameter doubt: why it may not be whole.
    package func finish(_ output: Output, doubt: String? = nil, at moment: Timestamp? = nil) throws {
        let now = moment ?? now
        // A person may have given it up first.
        guard try isPending(output.position, of: output.jobID) else { return }
        try run(
            about: output.jobID,
            """
            UPDATE outputs SET
                state = 'done', downloaded_at = ?3, path = ?4, bytes = ?5, sha256 = ?6, media_type = ?7,
                width = ?8, height = ?9, duration_s = ?10, kind = ?11, fetched = ?5, object = ?12,
                local = ?13
            WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
            """,
            output.jobID, output.position, now, output.path, output.bytes, output.sha256, output.mediaType,
            output.width, output.height, output.durationSeconds, output.kind.rawValue, output.object,
            output.local?.rawValue, changing: 1)
        readAhead.setDone(output)
        var detail: JSONObject = [
            "position": .integer(output.position), "path": .optional(output.path),
            "bytes": .optional(output.bytes),
        ]
        if let object = output.object { detail["object"] = .string(object) }
        if let doubt { detail["doubt"] = .string(doubt) }
        try append(.output, detail, job: output.jobID, at: now)
    }

    /// Whether the file at `path` belongs to another output: one that is done, or the first of two pending
    /// outputs that were recorded under this path with the same content.
    package func isAnothers(path: String, than output: Output) throws -> Bool {
        try exists(
            """
            SELECT 1 FROM outputs
            WHERE path = ?1 AND path IS NOT NULL AND removed_at IS NULL AND local IS NULL
                AND (job_id <> ?2 OR position <> ?3)
                AND ((state = 'done'\(ownFiles))
                    OR (state = 'pending' AND sha256 IS NOT DISTINCT FROM ?4
                        AND (job_id, position) < (?2, ?3)))
            LIMIT 1
            """, path, output.jobID, output.position, output.sha256)
    }

    /// Bytes of an output arrived and were kept: its count of bad answers starts again.
    package func clearFailures(of output: Output) throws {
        try run(
            "UPDATE outputs SET attempts = 0 WHERE job_id = ?1 AND position = ?2 AND state = 'pending'",
            output.jobID, output.position)
    }

    /// Counts a failed try: the answer for this output itself was bad.
    /// - Parameters:
    ///   - isLast: whether the output is now given up.
    ///   - fresh: the URLs that the service names now, in its order. One of another output is never used.
    package func countFailure(of output: Output, isLast: Bool, fresh: [String], reason: String) throws {
        let others = Set(
            try outputs(of: output.jobID).filter { $0.position != output.position }.map(\.url))
        let own =
            fresh.indices.contains(Int(output.position) - 1) ? [fresh[Int(output.position) - 1]] : []
        let url = (own + fresh).first { !others.contains($0) } ?? output.url
        let attempts = output.attempts + 1
        try run(
            """
            UPDATE outputs SET attempts = ?3, url = ?4, state = ?5
            WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
            """,
            output.jobID, output.position, attempts, url, isLast ? "failed" : "pending")
        try append(
            .fault,
            [
                "position": .integer(output.position), "message": .string(reason),
                "attempt": .integer(attempts),
            ],
            job: output.jobID, at: now)
    }

    /// The service names another address for the output of a job that has ended.
    package func renew(url: String, of job: Int64, _ position: Int64) throws {
        try run(
            """
            UPDATE outputs SET url = ?3
            WHERE job_id = ?1 AND position = ?2 AND state = 'done' AND NOT EXISTS (
                SELECT 1 FROM outputs AS other WHERE other.job_id = ?1 AND other.url = ?3)
            """, job,
            position, url)
    }

    /// The message of the newest fault of a job, or of one of its outputs.
    package func lastFault(of job: Int64, _ position: Int64? = nil) throws -> String? {
        try first(
            """
            SELECT json_extract(detail, '$.message') FROM events
            WHERE job_id = ?1 AND kind = 'fault' 
                AND (?2 IS NULL OR CAST(json_extract(detail, '$.position') AS TEXT) = CAST(?2 AS TEXT))
            ORDER BY id DESC LIMIT 1
            """, job, position
        ) { $0.optionalText(0) } ?? nil
    }

    /// Whether `on_uncertain` has already queued the job a second time.
    package func wasResubmitted(_ job: Int64) throws -> Bool {
        try exists(
            """
            SELECT 1 FROM events
            WHERE job_id = ?1 AND kind = 'resolved' AND json_extract(detail, '$.by') = 'on_uncertain' LIMIT 1
            """, job)
    }
}
