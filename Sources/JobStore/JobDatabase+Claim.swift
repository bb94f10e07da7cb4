package import JobModel
internal import SQL

/// A job that may be sent, as far as its own row says. Its input is read when its turn comes.
package struct ReadyJob: Equatable, Sendable {
    package let id: Int64
    package let model: String
    package let priority: Int64
}

/// Which jobs are passed over, although they may be sent.
package struct ReadyExclusion: Equatable, Sendable {
    /// Those that are made from other jobs or from files. Then only the first thousand that are ready are
    /// looked at.
    package var references = false
    /// Those with these labels.
    package var labels: [LabelPattern] = []

    package init(references: Bool = false, labels: [LabelPattern] = []) {
        (self.references, self.labels) = (references, labels)
    }
}

extension JobDatabase {
    /// Makes jobs ready whose time has come. Returns when the next one's time comes.
    ///
    /// - Parameter longest: the longest wait before another try. A later time comes from a clock that was
    ///   set back since; a time that a person has set is kept.
    package func promoteDue(retriesWithin longest: Duration) throws -> Timestamp? {
        try run(
            """
            UPDATE jobs SET next_try_at = NULL
            WHERE state = 'queued' AND next_try_at IS NOT NULL AND next_try_at <= ?1
            """, now)
        try run(
            """
            UPDATE jobs INDEXED BY jobs_retry SET next_try_at = iif(not_before > ?1, not_before, NULL)
            WHERE state = 'queued' AND next_try_at IS NOT NULL
                AND next_try_at IS DISTINCT FROM not_before AND next_try_at > ?2
            """, now, now + longest)
        return try first(
            "SELECT min(next_try_at) FROM jobs WHERE state = 'queued' AND next_try_at IS NOT NULL"
        ) { $0.timestamp(0) } ?? nil
    }

    /// The models of the jobs that are ready to be sent.
    package func readyModels() throws -> [String] {
        try all(
            """
            WITH RECURSIVE ready (model) AS (
                -- In the order of jobs_ready: for min(model), PostgreSQL may read all jobs of a model.
                SELECT (SELECT model FROM jobs
                        WHERE state = 'queued' AND next_try_at IS NULL AND waits_for = 0
                            AND model > ''
                        ORDER BY model, priority DESC, id LIMIT 1)
                UNION ALL
                SELECT (SELECT model FROM jobs
                        WHERE state = 'queued' AND next_try_at IS NULL AND waits_for = 0
                            AND model > ready.model
                        ORDER BY model, priority DESC, id LIMIT 1)
                FROM ready WHERE ready.model IS NOT NULL
            )
            SELECT model FROM ready WHERE model IS NOT NULL
            """
        ) { $0.text(0) }
    }

    /// The next jobs of one model in the order of sending, or the last ones in reverse. The cost does not
    /// grow with the queue or the inputs, but for the jobs of the labels that are left out.
    package func ready(
        model: String, limit: Int, fromTheEnd: Bool = false, without left: ReadyExclusion = .init()
    ) throws -> [ReadyJob] {
        let order = fromTheEnd ? "priority, id DESC" : "priority DESC, id"
        var values: [any Bindable] = [model, limit]
        var others = ""
        for labels in left.labels {
            others +=
                "\n    AND coalesce(label, '') NOT BETWEEN ?\(values.count + 1) AND ?\(values.count + 2)"
            values += [labels.bounds.first, labels.bounds.last] as [any Bindable]
        }
        let sql = """
            SELECT id, priority FROM jobs INDEXED BY jobs_ready
            WHERE state = 'queued' AND next_try_at IS NULL AND waits_for = 0 AND model = ?1\(others)
            ORDER BY \(order) LIMIT \(left.references ? "1000" : "?2")
            """
        let whole =
            left.references
            ? """
            SELECT id, priority FROM (\(sql)) AS ready
            WHERE NOT EXISTS (SELECT 1 FROM links WHERE job_id = ready.id)
                AND NOT EXISTS (SELECT 1 FROM input_files WHERE job_id = ready.id) LIMIT ?2
            """ : sql
        return try perform {
            try connection.all(whole, values) {
                ReadyJob(id: $0.integer(0), model: model, priority: $0.integer(1))
            }
        }
    }

    /// This job, if it may be sent.
    package func ready(id: Int64) throws -> ReadyJob? {
        try first(
            """
            SELECT model, priority FROM jobs
            WHERE id = ?1 AND state = 'queued' AND next_try_at IS NULL AND waits_for = 0
            """, id
        ) { ReadyJob(id: id, model: $0.text(0), priority: $0.integer(1)) }
    }

    /// Whether a job's input can be sent as it is: other programs may store bytes that are not UTF-8.
    package func hasReadableInput(_ id: Int64) throws -> Bool {
        if try serverChecksText() { return true }
        return try first("SELECT input FROM jobs WHERE id = ?1", id) { $0.isUTF8(0) } ?? false
    }

    /// Whether a server takes only valid UTF-8; a database file takes anything.
    private func serverChecksText() throws -> Bool {
        if isShared, textIsChecked == nil {
            textIsChecked = try first("SHOW server_encoding") { $0.text(0) } != "SQL_ASCII"
        }
        return textIsChecked ?? false
    }

    /// Every job that is neither waiting to be sent nor over: what jobd resumes at its start.
    package func unfinished() throws -> [Job] {
        try all(
            """
            SELECT * FROM jobs INDEXED BY jobs_state
            WHERE state IN ('submitting', 'uncertain', 'in_queue', 'in_progress', 'downloading')
                AND state <> 'completed'
            ORDER BY id
            """
        ) { try Job($0) }
    }
}
