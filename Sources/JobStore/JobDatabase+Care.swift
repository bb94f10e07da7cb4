internal import JSON
package import JobModel
internal import SQLite

/// What the care of files asks: which ones the record names, and that some be fetched once more.
extension JobDatabase {
    /// When the newest event was written.
    package func newestMoment() throws -> Timestamp? {
        try perform {
            try connection.first("SELECT at FROM events ORDER BY id DESC LIMIT 1") { $0.timestamp(0) } ?? nil
        }
    }

    /// How many files of the jobs from `range` should be on disk, and how many bytes they have.
    package func filesOnRecord(of range: ClosedRange<Int64> = 1...Int64.max) throws -> (
        count: Int64, bytes: Int64
    ) {
        try perform {
            try connection.first(
                """
                SELECT count(*), coalesce(sum(bytes), 0) FROM outputs
                WHERE job_id BETWEEN ?1 AND ?2 AND state = 'done' AND removed_at IS NULL
                """, range.lowerBound, range.upperBound
            ) { ($0.integer(0), $0.integer(1)) } ?? (0, 0)
        }
    }

    /// One output as it stands now.
    package func output(_ position: Int64, of job: Int64) throws -> Output? {
        try perform {
            try connection.first(
                "SELECT * FROM outputs WHERE job_id = ?1 AND position = ?2", job, position
            ) { try Output($0) }
        }
    }

    /// Whether an output has this path, as paths are recorded.
    package func isOnRecord(path: String) throws -> Bool {
        try perform {
            try connection.first(
                "SELECT 1 FROM outputs WHERE path = ?1 AND path IS NOT NULL AND removed_at IS NULL LIMIT 1",
                path
            ) { _ in true } ?? false
        }
    }

    /// Has files fetched again that are gone or damaged; inside a transaction of the caller's. Nothing is
    /// bought.
    package func refetch(_ id: Int64, _ positions: [Int64], by program: String) throws -> Steered {
        try perform {
            guard let job = try find(id) else { return .unknown }
            guard job.state(after: .refetched) != nil else {
                return .refused("is \(job.state.rawValue); nothing of it can be fetched again")
            }
            if let refusal = try obstacle(to: .refetched, of: job) { return .refused(refusal) }
            for position in positions {
                try connection.run(
                    """
                    UPDATE outputs SET state = 'pending', downloaded_at = NULL, attempts = 0, fetched = 0
                    WHERE job_id = ?1 AND position = ?2 AND state = 'done' AND removed_at IS NULL
                    """, id, position)
            }
            return .done(
                try record(
                    .refetched, for: id, in: job.state,
                    detail: ["by": .string(program), "outputs": .array(positions.map { .integer($0) })]))
        }
    }
}
