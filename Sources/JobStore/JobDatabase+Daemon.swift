internal import JSON
package import JobModel
internal import SQL

/// What only jobd needs.
extension JobDatabase {
    /// Marks the jobs uncertain that were being sent when the last jobd ended: no one can know.
    package func doubtSubmitting() throws -> [Job] {
        let ids = try all(
            """
            SELECT id FROM jobs INDEXED BY jobs_state
            WHERE state = 'submitting' AND state <> 'completed'\(ownJobs)
            """
        ) { $0.integer(0) }
        return try ids.map { try record(.daemonRestarted, for: $0, in: .submitting).withoutInput }
    }

    /// The jobs that RunComfy has or whose outputs are still to be fetched, without their inputs.
    package func followed() throws -> [Job] {
        try all(
            """
            SELECT \(Job.columnsWithoutInput) FROM jobs INDEXED BY jobs_state
            WHERE state IN ('in_queue', 'in_progress', 'downloading') AND state <> 'completed'\(ownJobs)
            """
        ) { try Job($0) }
    }

    /// The jobs that a person has steered since event `id`, without their inputs, and the newest event's id.
    package func steered(after id: Int64) throws -> (jobs: [Job], last: Int64) {
        let last = try lastEventID()
        guard last > id else { return ([], id) }
        let ids = try all(
            """
            SELECT DISTINCT job_id FROM events
            WHERE id > ?1 AND kind IN ('resolved', 'retried', 'cancel_requested') AND job_id IS NOT NULL
            """, id
        ) { $0.integer(0) }
        let jobs = try ids.compactMap { try find($0)?.withoutInput }
        return (try jobs.filter { try !$0.state.isFollowed || findOwn($0.id) != nil }, last)
    }

    /// Queues an uncertain job again, unless `on_uncertain` has done so before or it was to be cancelled.
    package func resubmitOnce(_ job: Job) throws -> Bool {
        guard job.cancelRequestedAt == nil, try !wasResubmitted(job.id) else { return false }
        _ = try record(.resolved(.resubmit), for: job.id, in: .uncertain, detail: ["by": "on_uncertain"])
        return true
    }

    /// Whether a job waits to be tried again, and not for a time that a person has set.
    package func hasRetry() throws -> Bool {
        try exists(
            """
            SELECT 1 FROM jobs
            WHERE state = 'queued' AND next_try_at IS NOT NULL AND waits_for = 0
                AND (not_before IS NULL OR not_before <= ?1)
            LIMIT 1
            """, now)
    }

    /// When recent POSTs left, by model. Those that bought nothing have no charge, only an event. The charge
    /// of an adopted request stands for no POST. Times in the future, from a wrong clock, count as now.
    ///
    /// Rows are read from the newest one back to the first that is too old, and no more than 100,000: a clock
    /// that was ahead may have left any number of them in the future.
    package func recentSubmissions(since: Timestamp) throws -> [(model: String, at: Timestamp)] {
        try all(
            """
            WITH latest (charge, event) AS (
                SELECT (SELECT max(id) FROM charges) - 100000, (SELECT max(id) FROM events) - 100000),
            known (charge, event) AS (
                SELECT
                    coalesce((SELECT id FROM charges
                        WHERE id > charge AND at || '' < ?1 ORDER BY id DESC LIMIT 1), charge),
                    coalesce((SELECT id FROM events
                        WHERE id > event AND at < ?1 ORDER BY id DESC LIMIT 1), event)
                FROM latest)
            SELECT model, min(at, ?2) AS moment FROM known CROSS JOIN charges
            WHERE charges.id > known.charge AND submission > 0
            UNION ALL
            SELECT model, min(at, ?2) FROM known CROSS JOIN events JOIN jobs ON jobs.id = job_id
            -- With an empty text, or SQLite would make an index of all events for this.
            WHERE events.id > known.event AND kind || '' = 'submitting' AND NOT EXISTS (
                SELECT 1 FROM charges WHERE charges.at = events.at AND charges.job_id = events.job_id)
            ORDER BY moment
            """, since, now
        ) { ($0.text(0), $0.timestamp(1) ?? since) }
    }

    /// How long the last jobs took at RunComfy, newest last. Only the last 2,000 that ended are looked at.
    package func recentRuns(limit: Int) throws -> [(model: String, took: Duration)] {
        try all(
            """
            SELECT model, submitted_at, finished_at FROM (
                SELECT model, state, submitted_at, finished_at FROM jobs INDEXED BY jobs_ended
                WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT 2000) AS newest
            WHERE state = 'completed' LIMIT ?1
            """, limit
        ) { row in
            guard let start = row.timestamp(1), let end = row.timestamp(2), end > start else { return nil }
            return (row.text(0), end - start)
        }.compactMap { $0 }.reversed()
    }

    /// Sets or ends a pause to match what holds submissions back. An event is recorded only if that changes.
    package func keepPause(_ reason: Pause.Reason, _ detail: String?) throws {
        if let detail { _ = try setPause(reason, detail) } else { _ = try endPause(reason) }
    }
}
