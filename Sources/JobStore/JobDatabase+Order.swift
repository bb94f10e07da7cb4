internal import JSON
package import JobModel
internal import SQL

/// The order in which jobs are listed.
package struct JobOrder: Equatable, Sendable {
    package enum Key: String, CaseIterable, Sendable {
        case id, created, submitted, started, finished, ended
        /// How long the job waited to be sent, was queued at RunComfy, ran there, and was downloaded.
        case waited, queued, ran, fetched
        case price, cost, priority, submissions, model, label
        /// In the order of the states in a job's life.
        case state
    }

    package var key: Key
    package var isDescending: Bool

    package init(_ key: Key, isDescending: Bool = false) {
        self.key = key
        self.isDescending = isDescending
    }
}

/// Lists in any order, and their lengths.
extension JobDatabase {
    /// The ids of the jobs that match `filter`, by `order`. A limit keeps those with the greatest values,
    /// whichever way they are listed. No value is less than any value.
    ///
    /// SQLite sorts: with a limit it remembers only that many rows, else it uses temporary files. Only one of
    /// the four ways to find the jobs is used, the one that `filter.way` names.
    // Long: one statement.
    package func ids(_ filter: JobFilter, by order: JobOrder) throws -> [Int64] {
        let falling = try all(
            """
            WITH chosen AS (
                SELECT * FROM jobs INDEXED BY jobs_state
                WHERE ?1 = 'state' AND state IN (SELECT value FROM json_each(?2)) AND state <> 'completed'
                UNION ALL
                SELECT * FROM jobs INDEXED BY jobs_label
                    WHERE ?1 = 'label' AND label = ?3 AND label IS NOT NULL
                UNION ALL
                SELECT * FROM jobs INDEXED BY jobs_model
                    WHERE ?1 = 'model' AND model IN (SELECT value FROM json_each(?10))
                UNION ALL
                SELECT * FROM jobs WHERE ?1 = 'all'
            )
            SELECT id, CASE ?6
                WHEN 'created' THEN created_at
                WHEN 'submitted' THEN submitted_at
                WHEN 'started' THEN started_at
                WHEN 'finished' THEN finished_at
                WHEN 'ended' THEN ended_at
                WHEN 'model' THEN model
                WHEN 'label' THEN label
                END AS word,
            CASE ?6
                WHEN 'id' THEN id
                WHEN 'waited' THEN julianday(coalesce(submitted_at, ended_at, ?7)) - julianday(created_at)
                WHEN 'queued' THEN
                    julianday(coalesce(started_at, CASE WHEN state IN ('submitting', 'in_queue') THEN ?7 END))
                        - julianday(submitted_at)
                WHEN 'ran' THEN
                    julianday(coalesce(finished_at, ended_at, CASE WHEN state = 'in_progress' THEN ?7 END))
                        - julianday(started_at)
                WHEN 'fetched' THEN
                    julianday(coalesce(ended_at, CASE WHEN state = 'downloading' THEN ?7 END))
                        - julianday(finished_at)
                WHEN 'price' THEN price_usd
                WHEN 'cost' THEN cost_usd
                WHEN 'priority' THEN priority
                WHEN 'submissions' THEN submissions
                WHEN 'state' THEN
                    instr('held queued submitting uncertain in_queue in_progress '
                        || 'downloading completed failed cancelled', state)
                END AS number
            FROM chosen
            WHERE (?2 IS NULL OR instr(?2, '"' || state || '"') > 0) AND (?3 IS NULL OR label = ?3)
                AND (?4 IS NULL OR glob(?4, model)) AND (?5 IS NULL OR created_at >= ?5) AND id >= ?9
            ORDER BY word DESC NULLS LAST, number DESC NULLS LAST, id DESC LIMIT ?8
            """,
            filter.way, filter.stateWords, filter.label, filter.modelPattern, filter.since,
            order.key.rawValue, now, filter.limit ?? Int.max, try firstID(filter), try modelList(filter)
        ) { $0.integer(0) }
        return order.isDescending ? falling : falling.reversed()
    }

    /// How many jobs match `filter`, by state.
    package func counts(_ filter: JobFilter) throws -> [JobState: Int64] {
        if filter == JobFilter() { return try counts() }
        return try countsByState(
            """
            WITH chosen AS (
                SELECT id, state, model, created_at, label FROM jobs INDEXED BY jobs_state
                WHERE ?1 = 'state' AND state IN (SELECT value FROM json_each(?2)) AND state <> 'completed'
                UNION ALL
                SELECT id, state, model, created_at, label FROM jobs INDEXED BY jobs_label
                WHERE ?1 = 'label' AND label = ?3 AND label IS NOT NULL
                UNION ALL
                SELECT id, state, model, created_at, label FROM jobs INDEXED BY jobs_model
                WHERE ?1 = 'model' AND model IN (SELECT value FROM json_each(?7))
                UNION ALL
                SELECT id, state, model, created_at, label FROM jobs WHERE ?1 = 'all'
            )
            SELECT state, count(*) FROM chosen
            WHERE (?2 IS NULL OR instr(?2, '"' || state || '"') > 0) AND (?3 IS NULL OR label = ?3)
                AND (?4 IS NULL OR glob(?4, model)) AND (?5 IS NULL OR created_at >= ?5) AND id >= ?6
            GROUP BY state
            """,
            filter.way, filter.stateWords, filter.label, filter.modelPattern, filter.since,
            try firstID(filter), try modelList(filter))
    }

    /// The models that a filter names, as a JSON array; nil for all.
    private func modelList(_ filter: JobFilter) throws -> String? {
        try models(filter).map { JSON.array($0.map(JSON.string)).text }
    }

    /// All jobs by state, from the indexes alone: completed jobs have ended and are in no other index.
    private func counts() throws -> [JobState: Int64] {
        var counts = try countsByState(
            "SELECT state, count(*) FROM jobs INDEXED BY jobs_state WHERE state <> 'completed' GROUP BY state"
        )
        let ended = try first("SELECT count(*) FROM jobs INDEXED BY jobs_ended WHERE ended_at IS NOT NULL") {
            $0.integer(0)
        }
        counts[.completed] = (ended ?? 0) - (counts[.failed] ?? 0) - (counts[.cancelled] ?? 0)
        return counts
    }

    /// How many jobs there are, counted up to `limit`: counting a million would keep a person waiting.
    package func count(upTo limit: Int64) throws -> Int64 {
        try first("SELECT count(*) FROM (SELECT 1 FROM jobs ORDER BY id DESC LIMIT ?1) AS newest", limit) {
            $0.integer(0)
        } ?? 0
    }
}

extension JobFilter {
    /// Which index finds the jobs with the least reading.
    fileprivate var way: String {
        if !states.isEmpty, !states.contains(.completed) { return "state" }
        if label != nil { return "label" }
        return model == nil || model == "*" ? "all" : "model"
    }
}
