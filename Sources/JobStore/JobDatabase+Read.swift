internal import JSON
package import JobModel
internal import SQLite

extension JobDatabase {
    package func find(_ id: Int64) throws -> Job? {
        try perform { try connection.first("SELECT * FROM jobs WHERE id = ?1", id) { try Job($0) } }
    }

    package func find(request: String) throws -> Int64? {
        try perform {
            try connection.first(
                "SELECT id FROM jobs WHERE request_id = ?1 AND request_id IS NOT NULL", request
            ) {
                $0.integer(0)
            }
        }
    }

    package func outputs(of id: Int64) throws -> [Output] {
        try perform {
            try connection.all("SELECT * FROM outputs WHERE job_id = ?1 ORDER BY position", id) {
                try Output($0)
            }
        }
    }

    /// Visits the jobs that `filter` means, newest first, until `visit` answers false.
    package func forEach(_ filter: JobFilter, visit: (Job) throws -> Bool) throws {
        let states = "," + filter.states.map(\.rawValue).joined(separator: ",") + ","
        let everyState = filter.states.isEmpty
        let limit = Int64(filter.limit ?? -1)
        func read(_ row: borrowing Row) throws -> Bool { try visit(try Job(row)) }
        try perform {
            if filter.states.count == 1, let state = filter.states.first, state != .completed {
                try connection.forEach(
                    """
                    SELECT * FROM jobs INDEXED BY jobs_state
                    WHERE state = ?1 AND state <> 'completed' AND (?2 IS NULL OR model GLOB ?2)
                        AND (?3 IS NULL OR label = ?3) AND (?4 IS NULL OR created_at >= ?4)
                    ORDER BY id DESC LIMIT ?5
                    """,
                    state.rawValue, filter.modelPattern, filter.label, filter.since, limit, visit: read)
            } else if !everyState, !filter.states.contains(.completed) {
                try connection.forEach(
                    """
                    SELECT * FROM jobs INDEXED BY jobs_state
                    WHERE state IN (SELECT value FROM json_each(?1)) AND state <> 'completed'
                        AND (?2 IS NULL OR model GLOB ?2) AND (?3 IS NULL OR label = ?3)
                        AND (?4 IS NULL OR created_at >= ?4)
                    ORDER BY id DESC LIMIT ?5
                    """,
                    JSON.array(filter.states.map { .string($0.rawValue) }).text, filter.modelPattern,
                    filter.label,
                    filter.since, limit, visit: read)
            } else if let label = filter.label {
                try connection.forEach(
                    """
                    SELECT * FROM jobs INDEXED BY jobs_label
                    WHERE label = ?1 AND label IS NOT NULL AND (?2 OR instr(?3, ',' || state || ','))
                        AND (?4 IS NULL OR model GLOB ?4) AND (?5 IS NULL OR created_at >= ?5)
                    ORDER BY id DESC LIMIT ?6
                    """,
                    label, everyState ? 1 : 0, states, filter.modelPattern, filter.since, limit, visit: read)
            } else {
                try connection.forEach(
                    """
                    SELECT * FROM jobs
                    WHERE (?1 OR instr(?2, ',' || state || ',')) AND (?3 IS NULL OR model GLOB ?3)
                        AND (?4 IS NULL OR created_at >= ?4)
                    ORDER BY id DESC LIMIT ?5
                    """,
                    everyState ? 1 : 0, states, filter.modelPattern, filter.since, limit, visit: read)
            }
        }
    }

    /// The ids that stand in `range`, oldest first, at most `limit` of them.
    package func ids(in range: ClosedRange<Int64>, limit: Int) throws -> [Int64] {
        try perform {
            try connection.all(
                "SELECT id FROM jobs WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
                range.lowerBound, range.upperBound, limit
            ) { $0.integer(0) }
        }
    }

    /// How many jobs stand in each state. Those completed are counted since `since` only: there may be millions.
    package func counts(endedSince since: Timestamp) throws -> [JobState: Int64] {
        try perform {
            var counts: [JobState: Int64] = [:]
            try connection.forEach(
                """
                SELECT state, count(*) FROM jobs INDEXED BY jobs_state
                WHERE state IN ('held', 'queued', 'submitting', 'uncertain', 'in_queue', 'in_progress', 'downloading')
                    AND state <> 'completed' GROUP BY state
                UNION ALL
                SELECT state, count(*) FROM jobs WHERE ended_at >= ?1 AND ended_at IS NOT NULL GROUP BY state
                """, since
            ) { row in
                if let state = JobState(rawValue: row.text(0)) { counts[state] = row.integer(1) }
                return true
            }
            return counts
        }
    }
}
