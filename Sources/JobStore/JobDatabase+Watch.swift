internal import JSON
package import JobModel
internal import SQL

/// Which jobs a live view shows.
package struct WatchScope: Equatable, Sendable {
    /// Only these; empty for all that match the filter.
    package var ids: [Int64] = []
    /// Only its states, model and label count.
    package var filter = JobFilter()
    /// Each must occur in a job's prompt, label or model.
    package var words: [String] = []

    package init() {}

    package var isEverything: Bool { ids.isEmpty && filter.isEmpty && words.isEmpty }

    /// Whether its jobs are named by id or label, in whatever state they are.
    package var isChoice: Bool { !ids.isEmpty || filter.label != nil }

    /// The words as a JSON array; nil for none. Only ASCII letters are made lower case, as SQLite does.
    var wordList: String? {
        if words.isEmpty { return nil }
        return JSON.array(
            words.map { word in
                let small = word.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
                return .string(String(decoding: small, as: UTF8.self))
            }
        ).text
    }
}

/// The queries of a live view, which repeats them: each reads a bounded number of rows.
extension JobDatabase {
    /// How many jobs of one state a view lists, and a filter reads.
    package static let watchReach = 20_000

    /// How many unfinished jobs are in each state.
    package func unfinishedCounts() throws -> [JobState: Int64] {
        try countsByState(
            """
            SELECT state, count(*) FROM jobs INDEXED BY jobs_state
            WHERE state IN ('held', 'queued', 'submitting', 'uncertain', 'in_queue', 'in_progress',
                'downloading')
                AND state <> 'completed' GROUP BY state
            """)
    }

    /// How the newest `limit` jobs ended that have done so since `since`.
    package func endedCounts(since: Timestamp, limit: Int) throws -> [JobState: Int64] {
        try countsByState(
            """
            SELECT state, 1 FROM jobs INDEXED BY jobs_ended WHERE ended_at >= ?1 AND ended_at IS NOT NULL
            ORDER BY ended_at DESC, id DESC LIMIT ?2
            """, since, limit)
    }

    /// Jobs that have failed since `since`, the last ones first: those among the last 10,000 that have ended.
    package func failed(since: Timestamp, limit: Int) throws -> [Int64] {
        try all(
            """
            SELECT id FROM (
                SELECT id, state, ended_at FROM jobs INDEXED BY jobs_ended
                WHERE ended_at >= ?1 AND ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT 10000
            ) AS newest
            WHERE state = 'failed' ORDER BY ended_at DESC, id DESC LIMIT ?2
            """, since, limit
        ) { $0.integer(0) }
    }

    /// The first `watchReach` jobs in one unfinished state, oldest first.
    package func watched(_ state: JobState, _ scope: WatchScope) throws -> [Int64] {
        if scope.isEverything {
            return try all(
                """
                SELECT id FROM jobs INDEXED BY jobs_state WHERE state = ?1 AND state <> 'completed'
                ORDER BY id LIMIT ?2
                """, state.rawValue, Self.watchReach
            ) { $0.integer(0) }
        }
        return try all(
            """
            SELECT id FROM (
                SELECT id, model, label, input FROM jobs INDEXED BY jobs_state
                WHERE state = ?1 AND state <> 'completed' ORDER BY id LIMIT ?2
            ) AS oldest
            WHERE (?3 IS NULL OR glob(?3, model)) AND (?4 IS NULL OR NOT EXISTS (
                SELECT 1 FROM json_each(?4) AS word
                WHERE instr(lower(model || ' ' || coalesce(label, '') || ' '
                    || coalesce(json_extract(input, '$.prompt'),
                        json_extract(input, '$.text'), '')), word.value) = 0))
            """, state.rawValue, Self.watchReach, scope.filter.modelPattern, scope.wordList
        ) { $0.integer(0) }
    }

    /// The jobs that ended last, newest first.
    package func watchedEnds(_ scope: WatchScope, limit: Int) throws -> [(id: Int64, state: JobState)] {
        try all(
            """
            SELECT id, state FROM (
                SELECT id, state, ended_at, model, label, input FROM jobs INDEXED BY jobs_ended
                WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT ?1
            ) AS newest
            WHERE (?2 IS NULL OR glob(?2, model)) AND (?3 IS NULL OR instr(?3, '"' || state || '"') > 0)
                AND (?4 IS NULL OR NOT EXISTS (
                    SELECT 1 FROM json_each(?4) AS word
                    WHERE instr(lower(model || ' ' || coalesce(label, '') || ' '
                        || coalesce(json_extract(input, '$.prompt'),
                            json_extract(input, '$.text'), '')), word.value) = 0))
            LIMIT ?5
            """,
            scope.isEverything ? limit : Self.watchReach, scope.filter.modelPattern, scope.filter.stateWords,
            scope.wordList, limit
        ) { ($0.integer(0), JobState(rawValue: $0.text(1)) ?? .completed) }
    }

    /// Only the jobs that the scope names by id or label, newest first, in whatever state.
    package func watchedChoice(_ scope: WatchScope) throws -> [(id: Int64, state: JobState)] {
        try all(
            """
            SELECT id, state FROM (
                SELECT * FROM (
                    SELECT id, state, model, label, input FROM jobs INDEXED BY jobs_label
                    WHERE label = ?1 AND label IS NOT NULL ORDER BY id DESC LIMIT ?2) AS labelled
                UNION ALL
                SELECT id, state, model, label, input FROM jobs
                WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(?3))
            ) AS chosen
            WHERE (?4 IS NULL OR glob(?4, model)) AND (?5 IS NULL OR instr(?5, '"' || state || '"') > 0)
                AND (?6 IS NULL OR NOT EXISTS (
                    SELECT 1 FROM json_each(?6) AS word
                    WHERE instr(lower(model || ' ' || coalesce(label, '') || ' '
                        || coalesce(json_extract(input, '$.prompt'),
                            json_extract(input, '$.text'), '')), word.value) = 0))
            ORDER BY id DESC
            """,
            scope.filter.label, Self.watchReach, JSON.array(scope.ids.map { .integer($0) }).text,
            scope.filter.modelPattern, scope.filter.stateWords, scope.wordList
        ) { ($0.integer(0), JobState(rawValue: $0.text(1)) ?? .completed) }
    }

    /// How many bytes have arrived of files that are not complete yet.
    package func bytesUnderWay() throws -> Int64 {
        try first(
            """
            SELECT CAST(coalesce(sum(fetched), 0) AS BIGINT)
            FROM (
                SELECT id FROM jobs INDEXED BY jobs_state WHERE state = 'downloading' AND state <> 'completed'
                ORDER BY id LIMIT ?1
            ) AS job JOIN outputs ON outputs.job_id = job.id AND outputs.state = 'pending'
            """, Self.watchReach
        ) { $0.integer(0) } ?? 0
    }

    /// What was sent, completed and fetched after event `id`, and since `since` if given.
    package func throughput(after id: Int64, since: Timestamp? = nil) throws -> Throughput {
        try first(
            """
            SELECT count(*) FILTER (WHERE kind = 'accepted'),
                count(*) FILTER (WHERE kind = 'ended' AND json_extract(detail, '$.state') = 'completed'),
                CAST(coalesce(sum(CAST(json_extract(detail, '$.bytes') AS BIGINT))
                    FILTER (WHERE kind = 'output'), 0) AS BIGINT),
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

/// How much was sent and received.
package struct Throughput: Equatable, Sendable {
    package var sent: Int64 = 0
    package var completed: Int64 = 0
    /// Of complete files.
    package var bytes: Int64 = 0
    /// The newest event that is included.
    package var lastEvent: Int64 = 0

    package init(sent: Int64 = 0, completed: Int64 = 0, bytes: Int64 = 0, lastEvent: Int64 = 0) {
        self.sent = sent
        self.completed = completed
        self.bytes = bytes
        self.lastEvent = lastEvent
    }
}
