package import JobModel
internal import SQLite

/// Lists by another order than that of the ids, and how long they are.
extension JobDatabase {
    /// The ids that `filter` means, by `order`. A limit keeps those with the greatest values, whichever way
    /// they are shown; what has no value is less than what has one.
    ///
    /// SQLite sorts: with a limit it remembers no more than that many, else it uses its temporary files. Of
    /// the three ways to find the jobs, only the one that is named is walked.
    // Long: one statement.
    package func ids(_ filter: JobFilter, by order: JobOrder) throws -> [Int64] {
        let falling = try perform {
            try connection.all(
                """
                WITH chosen AS (
                    SELECT * FROM jobs INDEXED BY jobs_state
                    WHERE ?1 = 'state' AND state IN (SELECT value FROM json_each(?2)) AND state <> 'completed'
                    UNION ALL
                    SELECT * FROM jobs INDEXED BY jobs_label WHERE ?1 = 'label' AND label = ?3 AND label IS NOT NULL
                    UNION ALL
                    SELECT * FROM jobs WHERE ?1 = 'all'
                )
                SELECT id, CASE ?6
                    WHEN 'id' THEN id
                    WHEN 'created' THEN created_at
                    WHEN 'submitted' THEN submitted_at
                    WHEN 'started' THEN started_at
                    WHEN 'finished' THEN finished_at
                    WHEN 'ended' THEN ended_at
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
                    WHEN 'model' THEN model
                    WHEN 'label' THEN label
                    WHEN 'state' THEN
                        instr('held queued submitting uncertain in_queue in_progress downloading completed failed cancelled',
                            state)
                    END AS value
                FROM chosen
                WHERE (?2 IS NULL OR instr(?2, '"' || state || '"')) AND (?3 IS NULL OR label = ?3)
                    AND (?4 IS NULL OR model GLOB ?4) AND (?5 IS NULL OR created_at >= ?5)
                ORDER BY value DESC, id DESC LIMIT ?8
                """,
                filter.way, filter.stateWords, filter.label, filter.modelPattern, filter.since,
                order.key.rawValue, now,
                Int64(filter.limit ?? -1)
            ) { $0.integer(0) }
        }
        return order.isDescending ? falling : falling.reversed()
    }

    /// How many jobs `filter` means, by state.
    package func counts(_ filter: JobFilter) throws -> [JobState: Int64] {
        if filter == JobFilter() { return try counts() }
        return try perform {
            try connection.all(
                """
                WITH chosen AS (
                    SELECT state, model, created_at, label FROM jobs INDEXED BY jobs_state
                    WHERE ?1 = 'state' AND state IN (SELECT value FROM json_each(?2)) AND state <> 'completed'
                    UNION ALL
                    SELECT state, model, created_at, label FROM jobs INDEXED BY jobs_label
                    WHERE ?1 = 'label' AND label = ?3 AND label IS NOT NULL
                    UNION ALL
                    SELECT state, model, created_at, label FROM jobs WHERE ?1 = 'all'
                )
                SELECT state, count(*) FROM chosen
                WHERE (?2 IS NULL OR instr(?2, '"' || state || '"')) AND (?3 IS NULL OR label = ?3)
                    AND (?4 IS NULL OR model GLOB ?4) AND (?5 IS NULL OR created_at >= ?5)
                GROUP BY state
                """,
                filter.way, filter.stateWords, filter.label, filter.modelPattern, filter.since
            ) { ($0.text(0), $0.integer(1)) }.reduce(into: [:]) { counts, row in
                if let state = JobState(rawValue: row.0) { counts[state] = row.1 }
            }
        }
    }

    /// All jobs by state, from the indexes alone: those completed are what has ended and is in no other
    /// index.
    private func counts() throws -> [JobState: Int64] {
        try perform {
            var counts = try connection.all(
                "SELECT state, count(*) FROM jobs INDEXED BY jobs_state WHERE state <> 'completed' GROUP BY state"
            ) { ($0.text(0), $0.integer(1)) }.reduce(into: [JobState: Int64]()) { counts, row in
                if let state = JobState(rawValue: row.0) { counts[state] = row.1 }
            }
            let ended =
                try connection.first(
                    "SELECT count(*) FROM jobs INDEXED BY jobs_ended WHERE ended_at IS NOT NULL"
                ) { $0.integer(0) } ?? 0
            counts[.completed] = ended - (counts[.failed] ?? 0) - (counts[.cancelled] ?? 0)
            return counts
        }
    }

    /// How many jobs there are, as far as `most`: counting all of a million would keep a person waiting.
    package func count(upTo most: Int64) throws -> Int64 {
        try perform {
            try connection.first(
                "SELECT count(*) FROM (SELECT 1 FROM jobs ORDER BY id DESC LIMIT ?1)", most
            ) { $0.integer(0) } ?? 0
        }
    }
}

extension JobFilter {
    /// Which index finds the jobs with the least looking.
    fileprivate var way: String {
        if !states.isEmpty, !states.contains(.completed) { return "state" }
        return label == nil ? "all" : "label"
    }
}
