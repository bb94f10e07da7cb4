internal import JSON
internal import JobModel
internal import SQL

/// The words of a job, for the search index.
struct JobTexts: Equatable {
    let id: Int64
    var prompt: String?
    var label: String?
    var error: String?

    var isEmpty: Bool { prompt == nil && label == nil && error == nil }

    /// As the index stores them.
    var prepared: JobTexts {
        JobTexts(
            id: id, prompt: prompt.map(SearchText.prepared), label: label.map(SearchText.prepared),
            error: error.map(SearchText.prepared))
    }
}

/// What the search index asks of the store.
extension JobDatabase {
    func lastJobID() throws -> Int64 {
        try first("SELECT max(id) FROM jobs") { $0.integer(0) } ?? 0
    }

    /// The words of the next jobs after `id`.
    func texts(after id: Int64, limit: Int) throws -> [JobTexts] {
        try all(
            """
            SELECT id,
                CASE json_type(input, '$.prompt') WHEN 'text' THEN json_extract(input, '$.prompt') END,
                CASE json_type(input, '$.text') WHEN 'text' THEN json_extract(input, '$.text') END,
                label, error_message
            FROM jobs WHERE id > ?1 ORDER BY id LIMIT ?2
            """, id, limit
        ) { Self.texts($0) }
    }

    /// The words of those jobs that still exist.
    func texts(of ids: [Int64]) throws -> [JobTexts] {
        try all(
            """
            SELECT jobs.id,
                CASE json_type(input, '$.prompt') WHEN 'text' THEN json_extract(input, '$.prompt') END,
                CASE json_type(input, '$.text') WHEN 'text' THEN json_extract(input, '$.text') END,
                label, error_message
            FROM json_each(?1) CROSS JOIN jobs WHERE jobs.id = CAST(json_each.value AS BIGINT)
            """, Self.list(ids)
        ) { Self.texts($0) }
    }

    private static func texts(_ row: borrowing Row) -> JobTexts {
        let asked = [row.optionalText(1), row.optionalText(2)].compactMap { $0 }
        return JobTexts(
            id: row.integer(0), prompt: asked.isEmpty ? nil : asked.joined(separator: "\n"),
            label: row.optionalText(3), error: row.optionalText(4))
    }

    private static func list(_ ids: [Int64]) -> String { JSON.array(ids.map { .integer($0) }).text }

    /// The jobs up to `last` that have events after `event`.
    func changedJobs(after event: Int64, through newest: Int64, upTo last: Int64) throws -> [Int64] {
        try all(
            "SELECT DISTINCT job_id FROM events WHERE id > ?1 AND id <= ?2 AND job_id <= ?3",
            event, newest, last
        ) { $0.integer(0) }
    }

    /// The jobs of `window` that still have their input.
    func jobsWithInput(in window: ClosedRange<Int64>) throws -> [Int64] {
        try all(
            "SELECT id FROM jobs WHERE id BETWEEN ?1 AND ?2 AND input_removed_at IS NULL",
            window.lowerBound, window.upperBound
        ) { $0.integer(0) }
    }

    /// When an event was written and a job was created, and the last id that each table has used.
    func times(ofEvent event: Int64, job: Int64) throws -> (
        event: String?, job: String?, lastEvent: Int64, lastJob: Int64
    ) {
        try first(
            """
            SELECT (SELECT at FROM events WHERE id = ?1), (SELECT created_at FROM jobs WHERE id = ?2),
                (SELECT seq FROM sqlite_sequence WHERE name = 'events'),
                (SELECT seq FROM sqlite_sequence WHERE name = 'jobs')
            """, event, job
        ) { ($0.optionalText(0), $0.optionalText(1), $0.integer(2), $0.integer(3)) } ?? (nil, nil, 0, 0)
    }

    /// Those of `ids` that exist and match `filter`, newest first. Its limit is ignored.
    func filter(_ ids: [Int64], _ filter: JobFilter) throws -> [Int64] {
        try all(
            """
            SELECT jobs.id FROM json_each(?1) CROSS JOIN jobs
            WHERE jobs.id = CAST(json_each.value AS BIGINT) AND (?2 IS NULL OR glob(?2, model))
                AND (?3 IS NULL OR instr(?3, '"' || state || '"') > 0)
                AND (?4 IS NULL OR label = ?4) AND (?5 IS NULL OR created_at >= ?5)
            ORDER BY jobs.id DESC
            """, Self.list(ids), filter.modelPattern, filter.stateWords, filter.label, filter.since
        ) { $0.integer(0) }
    }

    /// A superset of the jobs that match `filter`, if an index has one; else nil.
    func shortlist(_ filter: JobFilter) throws -> Set<Int64>? {
        if let label = filter.label {
            return Set(
                try all(
                    "SELECT id FROM jobs INDEXED BY jobs_label WHERE label = ?1 AND label IS NOT NULL",
                    label
                ) { $0.integer(0) })
        }
        guard !filter.states.isEmpty, !filter.states.contains(.completed) else { return nil }
        return Set(
            try all(
                """
                SELECT id FROM jobs INDEXED BY jobs_state
                WHERE state IN (SELECT value FROM json_each(?1)) AND state <> 'completed'
                """, filter.stateWords
            ) { $0.integer(0) })
    }
}
