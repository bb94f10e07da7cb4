internal import JSON
package import JobModel
internal import SQL

/// A job as it is enqueued.
package struct NewJob: Sendable {
    package var model: String
    /// A JSON object as text.
    package var input: String
    package var priority: Int64 = 0
    package var label: String?
    package var key: String?
    package var notBefore: Timestamp?
    package var isHeld = false
    package var validation = Job.Validation.pending

    /// How many bytes an input may have. The schema refuses larger ones, whoever writes them.
    package static let inputLimit = 16 << 20

    package init(model: String, input: String) {
        self.model = model
        self.input = input
    }
}

/// Which job an enqueue led to.
package struct Enqueued: Sendable, Equatable {
    package let id: Int64
    /// The key already had this job, and nothing was added.
    package let existing: Bool
}

extension JobDatabase {
    /// Stores one job. When this returns, a power cut cannot lose it.
    package func enqueue(_ job: NewJob) throws -> (job: Job, existing: Bool) {
        try transaction {
            let enqueued = try insert(job)
            guard let stored = try find(enqueued.id) else {
                throw StoreError.damaged(reason: "job \(enqueued.id) is gone")
            }
            return (stored, enqueued.existing)
        }
    }

    /// Adds one row, inside the caller's transaction. If the key already has a job, returns that one.
    package func insert(_ job: NewJob) throws -> Enqueued {
        // In PostgreSQL, a refusal would end the transaction.
        if file == nil, let key = job.key, let holder = try keyHolder(key) {
            return Enqueued(id: holder, existing: true)
        }
        return try perform {
            do {
                let id = try connection.insert(
                    """
                    INSERT INTO jobs (model, input, priority, label, key, not_before, validation, state)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    """,
                    [
                        job.model, job.input, job.priority, job.label, job.key, job.notBefore,
                        job.validation.rawValue, job.isHeld ? "held" : "queued",
                    ])
                return Enqueued(id: id, existing: false)
            } catch let error as SQLError where error.isTriggerRefusal {
                guard let key = job.key, let holder = try keyHolder(key) else { throw error }
                return Enqueued(id: holder, existing: true)
            }
        }
    }

    /// Adds a job that follows a request that jobd did not send. If a job has the request, returns that one.
    ///
    /// The input that the request was made from is not known. An empty one that counts as pruned takes its
    /// place, so that it is never sent.
    package func adopt(
        request: String, model: String, label: String?, by program: String
    ) throws -> (job: Job, existing: Bool) {
        try transaction {
            if let holder = try find(request: request).flatMap(find) { return (holder, true) }
            var new = NewJob(model: model, input: "{}")
            (new.label, new.isHeld) = (label, true)
            let id = try insert(new).id
            let event = JobEvent.resolved(.adopt(requestID: request))
            return (try record(event, for: id, in: .held, detail: ["by": .string(program)]), false)
        }
    }

    /// The newest job whose key begins so, and that has neither failed nor been cancelled.
    package func newest(keyPrefix: String) throws -> Job? {
        try first(
            """
            SELECT * FROM jobs INDEXED BY jobs_key
            WHERE key > ?1 AND key < ?2 AND key IS NOT NULL
                AND state NOT IN ('failed', 'cancelled')
            ORDER BY id DESC LIMIT 1
            """, keyPrefix, keyPrefix + "\u{10FFFF}"
        ) { try Job($0) }
    }

    /// The job that has `key` now: the one that has neither failed nor been cancelled.
    package func keyHolder(_ key: String) throws -> Int64? {
        try first(
            "SELECT id FROM jobs WHERE key = ?1 AND key IS NOT NULL AND state NOT IN ('failed', 'cancelled')",
            key
        ) { $0.integer(0) }
    }
}
