internal import JSON
package import JobModel
internal import SQLite

/// What only jobd asks.
extension JobDatabase {
    /// What a start of jobd makes of the jobs that were on the wire when the last one ended: nobody can know.
    package func doubtSubmitting() throws -> [Job] {
        try perform {
            let ids = try connection.all(
                "SELECT id FROM jobs INDEXED BY jobs_state WHERE state = 'submitting' AND state <> 'completed'"
            ) { $0.integer(0) }
            return try ids.map { try record(.daemonRestarted, for: $0, in: .submitting).withoutInput }
        }
    }

    /// The jobs that RunComfy has, or whose outputs are to be fetched; without their inputs.
    package func followed() throws -> [Job] {
        try perform {
            try connection.all(
                """
                SELECT \(Job.columnsWithoutInput) FROM jobs INDEXED BY jobs_state
                WHERE state IN ('in_queue', 'in_progress', 'downloading') AND state <> 'completed'
                """
            ) { try Job($0) }
        }
    }

    /// The jobs that a person has steered since the event `id`, without their inputs, and the newest event's
    /// id.
    package func steered(after id: Int64) throws -> (jobs: [Job], last: Int64) {
        try perform {
            let last = try lastEventID()
            guard last > id else { return ([], id) }
            let ids = try connection.all(
                """
                SELECT DISTINCT job_id FROM events
                WHERE id > ?1 AND kind IN ('resolved', 'retried', 'cancel_requested') AND job_id IS NOT NULL
                """, id
            ) { $0.integer(0) }
            return (try ids.compactMap { try find($0)?.withoutInput }, last)
        }
    }

    /// Sends an uncertain job once more where `on_uncertain` has not done so before. Not one that was to be
    /// cancelled.
    package func resubmitOnce(_ job: Job) throws -> Bool {
        guard job.cancelRequestedAt == nil, try !wasResubmitted(job.id) else { return false }
        _ = try record(.resolved(.resubmit), for: job.id, in: .uncertain, detail: ["by": "on_uncertain"])
        return true
    }

    /// Whether a job waits to be tried again, rather than for a time that a person has set.
    package func hasRetry() throws -> Bool {
        try perform {
            try connection.first(
                """
                SELECT 1 FROM jobs
                WHERE state = 'queued' AND next_try_at IS NOT NULL AND (not_before IS NULL OR not_before <= ?1)
                LIMIT 1
                """, now
            ) { _ in true } ?? false
        }
    }

    /// What was spent from `since` on and before `end`, or is about to be: reported where it is known, else
    /// estimated.
    package func spent(since: Timestamp?, before end: Timestamp? = nil) throws -> Double {
        try perform {
            try connection.first(
                """
                SELECT coalesce(sum(coalesce(reported_usd, estimated_usd)), 0) FROM charges
                WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2)
                """, since, end
            ) { $0.real(0) } ?? 0
        }
    }

    /// What was spent on the present day. A day ends: what a clock that was wrong has written of later ones
    /// is not of today.
    package func spentToday() throws -> Double {
        try spent(since: now.startOfDay, before: now.startOfDay + .seconds(86_400))
    }

    /// When the POSTs of the last minute left, by model. Those that bought nothing have no charge, and are in
    /// the history alone. What a clock that was wrong calls the future counts as now.
    package func recentSubmissions(since: Timestamp) throws -> [(model: String, at: Timestamp)] {
        try perform {
            try connection.all(
                """
                SELECT model, min(at, ?2) AS moment FROM charges WHERE at >= ?1
                UNION ALL
                SELECT model, min(at, ?2) FROM events JOIN jobs ON jobs.id = job_id
                WHERE events.id > coalesce((SELECT id FROM events WHERE at < ?1 ORDER BY id DESC LIMIT 1), 0)
                    AND kind = 'submitting' AND NOT EXISTS (
                        SELECT 1 FROM charges WHERE charges.at = events.at AND charges.job_id = events.job_id)
                ORDER BY moment
                """, since, now
            ) { ($0.text(0), $0.timestamp(1) ?? since) }
        }
    }

    /// How long the last jobs took over there, newest last.
    package func recentRuns(limit: Int) throws -> [(model: String, took: Duration)] {
        try perform {
            try connection.all(
                """
                SELECT model, submitted_at, finished_at FROM jobs
                WHERE ended_at IS NOT NULL AND state = 'completed' ORDER BY ended_at DESC LIMIT ?1
                """, limit
            ) { row in
                guard let start = row.timestamp(1), let end = row.timestamp(2), end > start else {
                    return nil
                }
                return (row.text(0), end - start)
            }.compactMap { $0 }.reversed()
        }
    }

    /// Keeps a pause in step with what holds submissions back, without a word where nothing has changed.
    package func keepPause(_ reason: Pause.Reason, _ detail: String?) throws {
        try perform {
            guard let detail else {
                _ = try endPause(reason)
                return
            }
            let known = try connection.run(
                "UPDATE pauses SET detail = ?2 WHERE reason = ?1", reason.rawValue, detail)
            if known == 0 { try setPause(reason, detail) }
        }
    }
}
