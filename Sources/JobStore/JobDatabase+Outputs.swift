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
    /// Throws where a person has given it up meanwhile: the file would be nobody's.
    package func announce(path: String, bytes: Int64, sha256: String, of job: Int64, _ position: Int64) throws
    {
        try perform {
            let changed = try connection.run(
                """
                UPDATE outputs SET path = ?3, bytes = ?4, sha256 = ?5
                WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
                """,
                job, position, path, bytes, sha256)
            if changed != 1 { throw StaleJob(id: job, expected: .downloading, found: try find(job)?.state) }
        }
    }

    /// The file is on disk, whole, synced and hashed.
    ///
    /// - Parameter doubt: why one could doubt that it is whole.
    package func finish(_ output: Output, doubt: String? = nil, at moment: Timestamp? = nil) throws {
        try perform {
            let now = moment ?? now
            let changed = try connection.run(
                """
                UPDATE outputs SET
                    state = 'done', downloaded_at = ?3, path = ?4, bytes = ?5, sha256 = ?6, media_type = ?7, width = ?8,
                    height = ?9, duration_s = ?10, kind = ?11, fetched = ?5
                WHERE job_id = ?1 AND position = ?2 AND state = 'pending'
                """,
                output.jobID, output.position, now, output.path, output.bytes, output.sha256,
                output.mediaType,
                output.width, output.height, output.durationSeconds, output.kind.rawValue)
            // A person was quicker, and has given it up.
            guard changed > 0 else { return }
            var detail: JSONObject = [
                "position": .integer(output.position), "path": .optional(output.path),
                "bytes": .optional(output.bytes),
            ]
            if let doubt { detail["doubt"] = .string(doubt) }
            try append(.output, detail, job: output.jobID, at: now)
        }
    }

    /// Whether another output has the file at `path`, so that this one may not be taken for it: one that is
    /// done; and of two that both wait and were recorded under the name with the same content, the first.
    package func isAnothers(path: String, than output: Output) throws -> Bool {
        try perform {
            try connection.first(
                """
                SELECT 1 FROM outputs
                WHERE path = ?1 AND path IS NOT NULL AND removed_at IS NULL AND (job_id <> ?2 OR position <> ?3)
                    AND (state = 'done'
                        OR (state = 'pending' AND sha256 IS ?4 AND (job_id, position) < (?2, ?3)))
                LIMIT 1
                """, path, output.jobID, output.position, output.sha256
            ) { _ in true } ?? false
        }
    }

    /// Bytes of an output came that were kept: its count of bad answers starts anew.
    package func clearFailures(of output: Output) throws {
        _ = try perform {
            try connection.run(
                "UPDATE outputs SET attempts = 0 WHERE job_id = ?1 AND position = ?2 AND state = 'pending'",
                output.jobID, output.position)
        }
    }

    /// Counts a try whose own answer was bad.
    ///
    /// - Parameters:
    ///   - isLast: whether the output is given up with it.
    ///   - fresh: the addresses that the service names now, in its order. None is taken that is another
    ///     output's.
    package func countFailure(of output: Output, isLast: Bool, fresh: [String], reason: String) throws {
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
                output.jobID, output.position, attempts, url, isLast ? "failed" : "pending")
            try append(
                .fault,
                [
                    "position": .integer(output.position), "message": .string(reason),
                    "attempt": .integer(attempts),
                ],
                job: output.jobID, at: now)
        }
    }

    /// What the newest fault of a job says, or of one of its outputs.
    package func lastFault(of job: Int64, _ position: Int64? = nil) throws -> String? {
        try perform {
            try connection.first(
                """
                SELECT json_extract(detail, '$.message') FROM events
                WHERE job_id = ?1 AND kind = 'fault' AND (?2 IS NULL OR json_extract(detail, '$.position') = ?2)
                ORDER BY id DESC LIMIT 1
                """, job, position
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
