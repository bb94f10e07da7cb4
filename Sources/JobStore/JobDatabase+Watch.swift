internal import JSON
package import JobModel
internal import SQLite

/// What a live picture asks, again and again: each question reads a bounded number of rows, however many
/// there are.
extension JobDatabase {
    /// Of one state, how many jobs a picture lists, and a filter looks at.
    package static let watchReach = 20_000

    /// Runs `body` on one unchanging picture of the database.
    package func picture<Value>(_ body: () throws -> Value) throws -> Value {
        try perform { try connection.snapshot(body) }
    }

    /// How many unfinished jobs stand in each state.
    package func unfinishedCounts() throws -> [JobState: Int64] {
        try perform {
            Self.sum(
                try connection.all(
                    """
                    SELECT state, count(*) FROM jobs INDEXED BY jobs_state
                    WHERE state IN ('held', 'queued', 'submitting', 'uncertain', 'in_queue', 'in_progress', 'downloading')
                        AND state <> 'completed' GROUP BY state
                    """
                ) { ($0.text(0), $0.integer(1)) })
        }
    }

    /// How the jobs ended that have done so since `since`; of the newest `limit` alone.
    package func endedCounts(since: Timestamp, limit: Int) throws -> [JobState: Int64] {
        try perform {
            Self.sum(
                try connection.all(
                    """
                    SELECT state FROM jobs INDEXED BY jobs_ended WHERE ended_at >= ?1 AND ended_at IS NOT NULL
                    ORDER BY ended_at DESC LIMIT ?2
                    """, since, limit
                ) { ($0.text(0), 1) })
        }
    }

    private static func sum(_ rows: [(state: String, count: Int64)]) -> [JobState: Int64] {
        var counts: [JobState: Int64] = [:]
        for row in rows {
            if let state = JobState(rawValue: row.state) { counts[state, default: 0] += row.count }
        }
        return counts
    }

    /// The jobs in one unfinished state, oldest first, within reach.
    package func watched(_ state: JobState, _ scope: WatchScope) throws -> [Int64] {
        try perform {
            if scope.isEverything {
                return try connection.all(
                    """
                    SELECT id FROM jobs INDEXED BY jobs_state WHERE state = ?1 AND state <> 'completed'
                    ORDER BY id LIMIT ?2
                    """, state.rawValue, Self.watchReach
                ) { $0.integer(0) }
            }
            return try connection.all(
                """
                SELECT id FROM (
                    SELECT id, model, label, input FROM jobs INDEXED BY jobs_state
                    WHERE state = ?1 AND state <> 'completed' ORDER BY id LIMIT ?2
                )
                WHERE (?3 IS NULL OR model GLOB ?3) AND (?4 IS NULL OR NOT EXISTS (
                    SELECT 1 FROM json_each(?4) AS word
                    WHERE NOT instr(lower(model || ' ' || coalesce(label, '') || ' '
                        || coalesce(json_extract(input, '$.prompt'), json_extract(input, '$.text'), '')), word.value)))
                """, state.rawValue, Self.watchReach, scope.filter.modelPattern, scope.wordList
            ) { $0.integer(0) }
        }
    }

    /// The jobs that ended last, newest first.
    package func watchedEnds(_ scope: WatchScope, limit: Int) throws -> [(id: Int64, state: JobState)] {
        try perform {
            try connection.all(
                """
                SELECT id, state FROM (
                    SELECT id, state, ended_at, model, label, input FROM jobs INDEXED BY jobs_ended
                    WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT ?1
                )
                WHERE (?2 IS NULL OR model GLOB ?2) AND (?3 IS NULL OR instr(?3, '"' || state || '"'))
                    AND (?4 IS NULL OR NOT EXISTS (
                        SELECT 1 FROM json_each(?4) AS word
                        WHERE NOT instr(lower(model || ' ' || coalesce(label, '') || ' '
                            || coalesce(json_extract(input, '$.prompt'), json_extract(input, '$.text'), '')), word.value)))
                LIMIT ?5
                """,
                scope.isEverything ? limit : Self.watchReach, scope.filter.modelPattern,
                scope.filter.stateWords,
                scope.wordList, limit
            ) { ($0.integer(0), JobState(rawValue: $0.text(1)) ?? .completed) }
        }
    }

    /// Just the jobs that the scope names by id or by label, newest first, in whatever state.
    package func watchedChoice(_ scope: WatchScope) throws -> [(id: Int64, state: JobState)] {
        try perform {
            try connection.all(
                """
                SELECT id, state FROM (
                    SELECT * FROM (
                        SELECT id, state, model, label, input FROM jobs INDEXED BY jobs_label
                        WHERE label = ?1 AND label IS NOT NULL ORDER BY id DESC LIMIT ?2)
                    UNION ALL
                    SELECT id, state, model, label, input FROM jobs WHERE id IN (SELECT value FROM json_each(?3))
                )
                WHERE (?4 IS NULL OR model GLOB ?4) AND (?5 IS NULL OR instr(?5, '"' || state || '"'))
                    AND (?6 IS NULL OR NOT EXISTS (
                        SELECT 1 FROM json_each(?6) AS word
                        WHERE NOT instr(lower(model || ' ' || coalesce(label, '') || ' '
                            || coalesce(json_extract(input, '$.prompt'), json_extract(input, '$.text'), '')), word.value)))
                ORDER BY id DESC
                """,
                scope.filter.label, Self.watchReach, JSON.array(scope.ids.map { .integer($0) }).text,
                scope.filter.modelPattern, scope.filter.stateWords, scope.wordList
            ) { ($0.integer(0), JobState(rawValue: $0.text(1)) ?? .completed) }
        }
    }

    /// How many bytes have come of files that are not whole yet.
    package func bytesUnderWay() throws -> Int64 {
        try perform {
            try connection.first(
                """
                SELECT coalesce(sum(fetched), 0)
                FROM (
                    SELECT id FROM jobs INDEXED BY jobs_state WHERE state = 'downloading' AND state <> 'completed'
                    ORDER BY id LIMIT ?1
                ) AS job JOIN outputs ON outputs.job_id = job.id AND outputs.state = 'pending'
                """, Self.watchReach
            ) { $0.integer(0) } ?? 0
        }
    }

    /// What was sent, done and fetched after the event `id`, and since `since` where that is said.
    package func throughput(after id: Int64, since: Timestamp? = nil) throws -> Throughput {
        try perform {
            try connection.first(
                """
                SELECT count(*) FILTER (WHERE kind = 'accepted'),
                    count(*) FILTER (WHERE kind = 'ended' AND json_extract(detail, '$.state') = 'completed'),
                    coalesce(sum(json_extract(detail, '$.bytes')) FILTER (WHERE kind = 'output'), 0),
                    coalesce(max(id), ?1)
                FROM events WHERE id > ?1 AND (?2 IS NULL OR at >= ?2)
                """, id, since
            ) {
                Throughput(
                    sent: $0.integer(0), completed: $0.integer(1), bytes: $0.integer(2),
                    lastEvent: $0.integer(3))
            } ?? Throughput()
        }
    }
}

/// How much went over the wire.
package struct Throughput: Equatable, Sendable {
    package var sent: Int64 = 0
    package var completed: Int64 = 0
    /// Of whole files.
    package var bytes: Int64 = 0
    /// The newest event that is counted in.
    package var lastEvent: Int64 = 0

    package init(sent: Int64 = 0, completed: Int64 = 0, bytes: Int64 = 0, lastEvent: Int64 = 0) {
        self.sent = sent
        self.completed = completed
        self.bytes = bytes
        self.lastEvent = lastEvent
    }
}
