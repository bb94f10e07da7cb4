package import JobModel
internal import SQL

/// Where requests were bought, and where jobd asks for them.
extension JobDatabase {
    private static let settingName = "api_origin"

    /// Records for jobctl which origin jobd asks; inside the caller's transaction.
    package func setAPIOrigin(_ origin: String) throws {
        try run(
            """
            INSERT INTO daemon_settings (name, value) VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            WHERE daemon_settings.value <> excluded.value
            """, Self.settingName, origin)
    }

    /// The origin that the running jobd asks, or the last one did; nil before the first.
    package func apiOrigin() throws -> String? {
        try first("SELECT value FROM daemon_settings WHERE name = ?1", Self.settingName) { $0.text(0) }
    }

    /// A request of unknown origin was found at `origin`: it belongs there.
    package func learn(origin: String, of request: String) throws {
        try run(
            "UPDATE jobs SET origin = ?2 WHERE request_id = ?1 AND request_id IS NOT NULL AND origin IS NULL",
            request, origin)
    }

    /// The jobs in flight at origins other than `origin`: where, how many, and the first of them.
    package func inFlight(
        elsewhereThan origin: String
    ) throws -> [(origin: String, count: Int64, first: Int64)] {
        try all(
            """
            SELECT origin, count(*), min(id) FROM jobs INDEXED BY jobs_state
            WHERE state IN ('in_queue', 'in_progress') AND state <> 'completed' AND origin <> ?1
            GROUP BY origin ORDER BY origin
            """, origin
        ) { ($0.text(0), $0.integer(1), $0.integer(2)) }
    }

    /// Requests that have succeeded at `origin` since `since`, newest first, among the last jobs to end.
    package func succeeded(at origin: String, since: Timestamp, limit: Int) throws -> [String] {
        try all(
            """
            SELECT request_id FROM (
                SELECT * FROM (
                    SELECT request_id, origin, state, ended_at AS at FROM jobs INDEXED BY jobs_ended
                    WHERE ended_at >= ?2 AND ended_at IS NOT NULL
                    ORDER BY ended_at DESC, id DESC LIMIT 1000) AS newest
                UNION ALL
                SELECT request_id, origin, state, '9999' AS at FROM jobs INDEXED BY jobs_state
                WHERE state = 'downloading' AND state <> 'completed') AS found
            WHERE state IN ('completed', 'downloading') AND (origin IS NULL OR origin = ?1)
            ORDER BY at DESC LIMIT ?3
            """, origin, since, limit
        ) { $0.text(0) }
    }
}
