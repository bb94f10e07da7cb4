package import JobModel
internal import SQL

/// Jobs of one model that are sent before a job.
package struct JobsAhead: Equatable, Sendable {
    package let model: String
    package let count: Int64
    package let highestPriority: Int64
}

/// What is between a job and its end, as far as the database knows.
extension JobDatabase {
    /// The jobs that are sent before `job`: those that are ready, and those whose time has just come.
    package func ahead(of job: Job) throws -> [JobsAhead] {
        try all(
            """
            SELECT model, count(*), max(priority) FROM jobs INDEXED BY jobs_ready
            WHERE state = 'queued' AND next_try_at IS NULL AND waits_for = 0
                AND (priority > ?1 OR (priority = ?1 AND id < ?2))
            GROUP BY model
            UNION ALL
            SELECT model, 1, priority FROM jobs INDEXED BY jobs_waiting
            WHERE state = 'queued' AND next_try_at IS NOT NULL AND next_try_at <= ?3 AND waits_for = 0
                AND (priority > ?1 OR (priority = ?1 AND id < ?2))
            """, job.priority, job.id, now
        ) { JobsAhead(model: $0.text(0), count: $0.integer(1), highestPriority: $0.integer(2)) }
    }

    /// How many jobs jobd has under way at `origin`, by state and model.
    package func underway(at origin: String? = nil) throws -> [(state: JobState, model: String, count: Int64)]
    {
        try all(
            """
            SELECT state, model, count(*) FROM jobs INDEXED BY jobs_state
            WHERE state IN ('submitting', 'in_queue', 'in_progress', 'downloading') AND state <> 'completed'
                AND (?1 IS NULL OR origin IS NULL OR origin = ?1 OR state = 'downloading')
            GROUP BY state, model
            """, origin
        ) { row in JobState(rawValue: row.text(0)).map { ($0, row.text(1), row.integer(2)) } }
        .compactMap { $0 }
    }

    /// How long the last completed jobs of `model` took: from submission to the end, and at work.
    package func lastRuns(of model: String, limit: Int) throws -> (whole: [Duration], atWork: [Duration]) {
        let moments = try all(
            """
            SELECT submitted_at, started_at, finished_at FROM (
                SELECT model, state, submitted_at, started_at, finished_at FROM jobs INDEXED BY jobs_ended
                WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT 2000) AS newest
            WHERE model = ?1 AND state = 'completed' AND finished_at >= submitted_at LIMIT ?2
            """, model, limit
        ) { ($0.timestamp(0), $0.timestamp(1), $0.timestamp(2)) }
        let whole = moments.compactMap { sent, _, done in sent.flatMap { sent in done.map { $0 - sent } } }
        let atWork = moments.compactMap { _, began, done in
            began.flatMap { began in done.flatMap { $0 > began ? $0 - began : nil } }
        }
        return (whole, atWork)
    }

    /// The newest fault of one of a job's outputs, or of the job as a whole.
    package func lastFault(of job: Int64, output position: Int64) throws -> StoredEvent? {
        try first(
            """
            SELECT * FROM events WHERE job_id = ?1 AND kind = 'fault'
                AND coalesce(CAST(json_extract(detail, '$.position') AS TEXT), CAST(?2 AS TEXT))
                    = CAST(?2 AS TEXT)
            ORDER BY id DESC LIMIT 1
            """, job, position
        ) { try StoredEvent($0) }
    }

    /// The newest event of `kind` in the history of `job`.
    package func lastEvent(_ kind: EventKind, of job: Int64) throws -> StoredEvent? {
        try first(
            "SELECT * FROM events WHERE job_id = ?1 AND kind = ?2 ORDER BY id DESC LIMIT 1", job,
            kind.rawValue
        ) { try StoredEvent($0) }
    }

    package func lastEvent(of job: Int64) throws -> StoredEvent? {
        try first("SELECT * FROM events WHERE job_id = ?1 ORDER BY id DESC LIMIT 1", job) {
            try StoredEvent($0)
        }
    }
}
