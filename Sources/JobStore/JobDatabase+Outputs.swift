internal import JSON
package import JobModel
internal import SQLite

/// What becomes of a job's outputs; each inside a transaction of the caller's.
extension JobDatabase {
    /// How many bytes of a file have come, and of how many where the server has told.
    package func progress(_ fetched: Int64, of total: Int64?, in job: Int64, _ position: Int64) throws {
        _ = try perform {
            try connection.run(
                """
                UPDATE outputs SET fetched = ?3, bytes = coalesce(?4, bytes)
                WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
                """,
                job, position, fetched, total)
        }
    }

    /// Where the file will be, written before it is there: after a crash a whole file there is this output.
    package func announce(path: String, bytes: Int64, sha256: String, of job: Int64, _ position: Int64) throws
    {
        _ = try perform {
            try connection.run(
                """
                UPDATE outputs SET path = ?3, bytes = ?4, sha256 = ?5
                WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
                """,
                job, position, path, bytes, sha256)
        }
    }

    /// The file is on disk, whole, synced and hashed.
    package func finish(_ output: Output, at moment: Timestamp? = nil) throws {
        try perform {
            let now = moment ?? now
            try connection.run(
                """
                UPDATE outputs SET
                    state = 'done', downloaded_at = ?3, path = ?4, bytes = ?5, sha256 = ?6, media_type = ?7, width = ?8,
                    height = ?9, duration_s = ?10, kind = ?11, fetched = ?5
                WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
                """,
                output.jobID, output.position, now, output.path, output.bytes, output.sha256,
                output.mediaType,
                output.width, output.height, output.durationSeconds, output.kind.rawValue)
            try append(
                .output,
                [
                    "position": .integer(output.position), "path": .optional(output.path),
                    "bytes": .optional(output.bytes),
                ],
                job: output.jobID, at: now)
        }
    }

    /// Counts a try whose own answer was bad. After `limit` of them the output is given up, which is the answer.
    ///
    /// - Parameter fresh: the addresses that the service names now, in its order. None is taken that is another output's.
    package func countFailure(of output: Output, limit: Int64, fresh: [String], reason: String) throws -> Bool
    {
        try perform {
            let others = Set(
                try outputs(of: output.jobID).filter { $0.position != output.position }.map(\.url))
            let own =
                fresh.indices.contains(Int(output.position) - 1) ? [fresh[Int(output.position) - 1]] : []
            let url = (own + fresh).first { !others.contains($0) } ?? output.url
            let attempts = output.attempts + 1
            try connection.run(
                """
                UPDATE outputs SET attempts = ?3, url = ?4, state = ?5
                WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
                """,
                output.jobID, output.position, attempts, url, attempts >= limit ? "failed" : "pending")
            try append(
                .fault,
                [
                    "position": .integer(output.position), "message": .string(reason),
                    "attempt": .integer(attempts),
                ],
                job: output.jobID, at: now)
            return attempts >= limit
        }
    }

    /// Whether an output of the job is not on disk.
    func hasUnfinishedOutput(_ job: Int64) throws -> Bool {
        try connection.first("SELECT 1 FROM outputs WHERE job_id = ?1 AND state <> 'done' LIMIT 1", job) {
            _ in true
        }
            ?? false
    }

    /// What the newest fault of a job says.
    package func lastFault(of job: Int64) throws -> String? {
        try perform {
            try connection.first(
                """
                SELECT json_extract(detail, '$.message') FROM events
                WHERE job_id = ?1 AND kind = 'fault' ORDER BY id DESC LIMIT 1
                """, job
            ) { $0.optionalText(0) } ?? nil
        }
    }

    /// Whether `on_uncertain` has already sent the job a second time.
    package func wasResubmitted(_ job: Int64) throws -> Bool {
        try perform {
            try connection.first(
                """
                SELECT 1 FROM events
                WHERE job_id = ?1 AND kind = 'resolved' AND json_extract(detail, '$.by') = 'on_uncertain' LIMIT 1
                """, job
            ) { _ in true } ?? false
        }
    }
}
