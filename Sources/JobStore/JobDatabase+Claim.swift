package import JobModel
internal import SQLite

extension JobDatabase {
    /// Makes ready what waited for its time. Answers the next such time.
    package func promoteDue() throws -> Timestamp? {
        try perform {
            try connection.run(
                """
                UPDATE jobs SET next_try_at = NULL
                WHERE state = 'queued' AND next_try_at IS NOT NULL AND next_try_at <= ?1
                """, now)
            return try connection.first(
                "SELECT min(next_try_at) FROM jobs WHERE state = 'queued' AND next_try_at IS NOT NULL"
            ) { $0.timestamp(0) } ?? nil
        }
    }

    /// The models that have a job ready to be sent.
    package func readyModels() throws -> [String] {
        try perform {
            try connection.all(
                """
                WITH RECURSIVE ready (model) AS (
                    SELECT min(model) FROM jobs WHERE state = 'queued' AND next_try_at IS NULL
                    UNION ALL
                    SELECT (SELECT min(model) FROM jobs
                            WHERE state = 'queued' AND next_try_at IS NULL AND model > ready.model)
                    FROM ready WHERE ready.model IS NOT NULL
                )
                SELECT model FROM ready WHERE model IS NOT NULL
                """
            ) { $0.text(0) }
        }
    }

    /// The next jobs of one model in the order of sending. The cost does not grow with the queue.
    package func ready(model: String, limit: Int) throws -> [Job] {
        try perform {
            try connection.all(
                """
                SELECT * FROM jobs INDEXED BY jobs_ready
                WHERE state = 'queued' AND next_try_at IS NULL AND model = ?1
                ORDER BY priority DESC, id LIMIT ?2
                """, model, limit
            ) { try Job($0) }
        }
    }

    /// Whether a job's input can be sent as it stands: other programs may store bytes that are no UTF-8.
    package func hasReadableInput(_ id: Int64) throws -> Bool {
        try perform {
            try connection.first("SELECT input FROM jobs WHERE id = ?1", id) { $0.isUTF8(0) } ?? false
        }
    }

    /// Every job that is neither waiting to be sent nor over: what a start of jobd goes on with.
    package func unfinished() throws -> [Job] {
        try perform {
            try connection.all(
                """
                SELECT * FROM jobs INDEXED BY jobs_state
                WHERE state IN ('submitting', 'uncertain', 'in_queue', 'in_progress', 'downloading')
                    AND state <> 'completed'
                ORDER BY id
                """
            ) { try Job($0) }
        }
    }
}
