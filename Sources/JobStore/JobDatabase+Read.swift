package import JobModel
internal import SQL

extension JobDatabase {
    package func find(_ id: Int64) throws -> Job? {
        try readAhead.jobs.removeValue(forKey: id)
            ?? first("SELECT * FROM jobs WHERE id = ?1", id) { try Job($0) }
    }

    package func find(request: String) throws -> Int64? {
        try first("SELECT id FROM jobs WHERE request_id = ?1 AND request_id IS NOT NULL", request) {
            $0.integer(0)
        }
    }

    /// The labels in use, found with one step in the index for each.
    package func labels(limit: Int) throws -> [String] {
        try all(
            """
            WITH RECURSIVE known (label) AS (
                SELECT min(label) FROM jobs WHERE label IS NOT NULL
                UNION ALL
                SELECT (SELECT min(label) FROM jobs WHERE label IS NOT NULL AND label > known.label)
                FROM known WHERE known.label IS NOT NULL
            )
            SELECT label FROM known WHERE label IS NOT NULL LIMIT ?1
            """, limit
        ) { $0.text(0) }
    }

    package func outputs(of id: Int64) throws -> [Output] {
        if let known = readAhead.outputs.removeValue(forKey: id), !known.isChanged { return known.rows }
        return try all("SELECT * FROM outputs WHERE job_id = ?1 ORDER BY position", id) { try Output($0) }
    }

    /// The jobs that match `filter`, newest first. All of them are in memory: see `forEach`.
    package func jobs(_ filter: JobFilter) throws -> [Job] { try ids(filter).compactMap { try find($0) } }

    /// The ids of the jobs that match `filter`, newest first.
    package func ids(_ filter: JobFilter) throws -> [Int64] {
        try ids(filter, in: firstID(filter)...Int64.max)
    }

    /// An id before which no job matches `filter`, so that the jobs of long ago are not read. Ids and times
    /// rise together. Where a clock was set back they do not, but a thousand jobs in a row that are too old
    /// are the end.
    func firstID(_ filter: JobFilter) throws -> Int64 {
        guard let since = filter.since else { return 1 }
        var place = try first("SELECT max(id) FROM jobs") { $0.integer(0) } ?? 0
        var distance: Int64 = 1000
        while place > distance {
            place -= distance
            let newest =
                try first(
                    """
                    SELECT max(created_at) FROM (
                        SELECT created_at FROM jobs WHERE id <= ?1 ORDER BY id DESC LIMIT 1000) AS older
                    """, place
                ) { $0.timestamp(0) } ?? nil
            if newest.map({ $0 < since }) ?? true { return place + 1 }
            distance *= 2
        }
        return 1
    }

    /// The ids of the jobs of `window` that match `filter`, newest first.
    // Long: a statement for each index.
    package func ids(_ filter: JobFilter, in window: ClosedRange<Int64>) throws -> [Int64] {
        let limit = filter.limit ?? Int.max
        if filter.states.count == 1, let state = filter.states.first, state != .completed {
            return try all(
                """
                SELECT id FROM jobs INDEXED BY jobs_state
                WHERE state = ?1 AND state <> 'completed' AND (?2 IS NULL OR glob(?2, model))
                    AND (?3 IS NULL OR label = ?3) AND (?4 IS NULL OR created_at >= ?4)
                    AND id BETWEEN ?6 AND ?7
                ORDER BY id DESC LIMIT ?5
                """,
                state.rawValue, filter.modelPattern, filter.label, filter.since, limit, window.lowerBound,
                window.upperBound
            ) { $0.integer(0) }
        }
        if let label = filter.label {
            return try all(
                """
                SELECT id FROM jobs INDEXED BY jobs_label
                WHERE label = ?1 AND label IS NOT NULL AND (?2 IS NULL OR glob(?2, model))
                    AND (?3 IS NULL OR instr(?3, '"' || state || '"') > 0)
                    AND (?4 IS NULL OR created_at >= ?4)
                    AND id BETWEEN ?6 AND ?7
                ORDER BY id DESC LIMIT ?5
                """,
                label, filter.modelPattern, filter.stateWords, filter.since, limit, window.lowerBound,
                window.upperBound
            ) { $0.integer(0) }
        }
        if !filter.states.isEmpty, !filter.states.contains(.completed) {
            return try all(
                """
                SELECT id FROM jobs INDEXED BY jobs_state
                WHERE state IN (SELECT value FROM json_each(?1)) AND state <> 'completed'
                    AND (?2 IS NULL OR glob(?2, model)) AND (?3 IS NULL OR created_at >= ?3)
                    AND id BETWEEN ?5 AND ?6
                ORDER BY id DESC LIMIT ?4
                """,
                filter.stateWords, filter.modelPattern, filter.since, limit, window.lowerBound,
                window.upperBound
            ) { $0.integer(0) }
        }
        if let models = try models(filter) {
            // Of each model the newest, so that a model with a million jobs costs no more than another.
            let newest = try models.flatMap { try ids(of: $0, filter, in: window) }.sorted(by: >)
            return filter.limit.map { Array(newest.prefix($0)) } ?? newest
        }
        return try all(
            """
            SELECT id FROM jobs
            WHERE (?1 IS NULL OR instr(?1, '"' || state || '"') > 0)
                AND (?2 IS NULL OR created_at >= ?2) AND id BETWEEN ?4 AND ?5
            ORDER BY id DESC LIMIT ?3
            """, filter.stateWords, filter.since, limit, window.lowerBound, window.upperBound
        ) { $0.integer(0) }
    }

    private func ids(
        of model: String, _ filter: JobFilter, in window: ClosedRange<Int64>
    ) throws -> [Int64] {
        try all(
            """
            SELECT id FROM jobs INDEXED BY jobs_model
            WHERE model = ?1 AND (?2 IS NULL OR instr(?2, '"' || state || '"') > 0)
                AND (?3 IS NULL OR created_at >= ?3) AND id BETWEEN ?5 AND ?6
            ORDER BY id DESC LIMIT ?4
            """, model, filter.stateWords, filter.since, filter.limit ?? Int.max, window.lowerBound,
            window.upperBound
        ) { $0.integer(0) }
    }

    /// The models that a filter names, by a step in the index for each; nil if it names none.
    func models(_ filter: JobFilter) throws -> [String]? {
        guard let model = filter.model else { return nil }
        guard let prefix = model.hasSuffix("*") ? model.dropLast() : nil else { return [model] }
        return try all(
            """
            WITH RECURSIVE found (model) AS (
                SELECT min(model) FROM jobs INDEXED BY jobs_model WHERE model >= ?1
                UNION ALL
                SELECT (SELECT min(model) FROM jobs INDEXED BY jobs_model WHERE model > found.model)
                FROM found WHERE glob(?2, found.model)
            )
            SELECT model FROM found WHERE glob(?2, model)
            """, String(prefix), filter.modelPattern
        ) { $0.text(0) }
    }

    /// Visits all jobs that match `filter`, oldest first, in the memory of one.
    package func forEach(
        _ filter: JobFilter, in range: ClosedRange<Int64> = 1...Int64.max, visit: (Job) throws -> Void
    ) throws {
        let bounds = try first(
            """
            -- One by one: for both in one SELECT, SQLite reads all jobs.
            SELECT coalesce((SELECT min(id) FROM jobs WHERE id BETWEEN ?1 AND ?2), 1),
                coalesce((SELECT max(id) FROM jobs WHERE id BETWEEN ?1 AND ?2), 0)
            """,
            max(range.lowerBound, try firstID(filter)), range.upperBound
        ) { (first: $0.integer(0), last: $0.integer(1)) }
        guard let bounds else { return }
        var (start, size) = (bounds.first, Int64(1000))
        while start <= bounds.last {
            let end = min(bounds.last, start + size - 1)
            let found = try ids(filter, in: start...end)
            // A missing one has been pruned since.
            for id in found.reversed() {
                if let job = try find(id) { try visit(job) }
            }
            start = end + 1
            // Where few match, the next window may be larger.
            size = found.count < 1000 ? min(size * 2, 1 << 16) : 1000
        }
    }

    /// How many jobs are in each state. Ended ones count only since `since`: there may be millions.
    package func counts(endedSince since: Timestamp) throws -> [JobState: Int64] {
        try countsByState(
            """
            SELECT state, count(*) FROM jobs INDEXED BY jobs_state
            WHERE state IN ('held', 'queued', 'submitting', 'uncertain', 'in_queue', 'in_progress',
                'downloading')
                AND state <> 'completed' GROUP BY state
            UNION ALL
            SELECT state, count(*) FROM jobs WHERE ended_at >= ?1 AND ended_at IS NOT NULL GROUP BY state
            """, since)
    }
}

/// What a transaction has read before it needs it: from a server, each read takes a while. It is used once,
/// and before it is changed.
struct ReadAhead {
    var jobs: [Int64: Job] = [:]
    /// Also of jobs that have none.
    var outputs: [Int64: Outputs] = [:]
    var links: [Int64: [Link]] = [:]

    struct Outputs {
        var rows: [Output] = []
        /// Then only their states are as they are in the store.
        var isChanged = false
    }

    /// Larger inputs are read one at a time.
    static let largestInput = 1 << 16
    /// Jobs with more outputs read only those that they need.
    static let mostOutputs: Int64 = 20

    mutating func setDone(_ output: Output) {
        guard let place = outputs[output.jobID]?.rows.firstIndex(where: { $0.position == output.position })
        else { return }
        outputs[output.jobID]?.rows[place].state = .done
        outputs[output.jobID]?.isChanged = true
    }
}

extension JobDatabase {
    /// Reads jobs and their outputs in one step each, if they are on a server.
    func readAhead(_ ids: [Int64]) throws {
        guard isShared, ids.count > 1 else { return }
        try readJobsAhead(ids)
        let outputs = try all(
            """
            SELECT * FROM outputs
            WHERE job_id \(isAmong("?1"))
                AND (position <= ?2
                    OR position = (SELECT max(position) FROM outputs AS o WHERE o.job_id = outputs.job_id))
            ORDER BY position
            """, list(ids), ReadAhead.mostOutputs
        ) { try Output($0) }
        readAhead.outputs = Dictionary(uniqueKeysWithValues: Set(ids).map { ($0, ReadAhead.Outputs()) })
        for output in outputs { readAhead.outputs[output.jobID]?.rows.append(output) }
        for output in outputs where output.position > ReadAhead.mostOutputs {
            readAhead.outputs[output.jobID] = nil
        }
    }

    /// The same for jobs that may be sent, and what they are made from.
    package func readAheadToSend(_ jobs: some Collection<ReadyJob>) throws {
        guard isShared, jobs.count > 1 else { return }
        let ids = jobs.map(\.id)
        try readJobsAhead(ids)
        let links = try all("SELECT * FROM links WHERE job_id \(isAmong("?1")) ORDER BY path", list(ids)) {
            try Link($0)
        }
        readAhead.links = Dictionary(uniqueKeysWithValues: ids.map { ($0, []) })
        for link in links { readAhead.links[link.jobID]?.append(link) }
    }

    private func readJobsAhead(_ ids: [Int64]) throws {
        let jobs = try all(
            "SELECT * FROM jobs WHERE id \(isAmong("?1")) AND octet_length(input) <= ?2", list(ids),
            ReadAhead.largestInput
        ) { try Job($0) }
        for job in jobs { readAhead.jobs[job.id] = job }
    }

    /// Compares an id with those of a parameter that `list` has made.
    func isAmong(_ parameter: String) -> String {
        isShared
            ? "= ANY (CAST(\(parameter) AS bigint[]))" : "IN (SELECT value FROM json_each(\(parameter)))"
    }

    func list(_ ids: [Int64]) -> String {
        let words = ids.map(String.init).joined(separator: ",")
        return isShared ? "{\(words)}" : "[\(words)]"
    }
}
