package import JobModel
internal import SQLite

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

    /// Adds one row, inside a transaction of the caller's. A key that stands already answers with its job.
    package func insert(_ job: NewJob) throws -> Enqueued {
        try perform {
            do {
                try connection.run(
                    """
                    INSERT INTO jobs (model, input, priority, label, key, not_before, validation, state)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    """,
                    job.model, job.input, job.priority, job.label, job.key, job.notBefore,
                    job.validation.rawValue,
                    job.isHeld ? "held" : "queued")
                return Enqueued(id: connection.lastInsertedID, existing: false)
            } catch let error as SQLiteError where error.isTriggerRefusal {
                guard let key = job.key, let holder = try keyHolder(key) else { throw error }
                return Enqueued(id: holder, existing: true)
            }
        }
    }

    /// The job that has `key` now: the one that is not failed or cancelled.
    package func keyHolder(_ key: String) throws -> Int64? {
        try perform {
            try connection.first(
                "SELECT id FROM jobs WHERE key = ?1 AND key IS NOT NULL AND state NOT IN ('failed', 'cancelled')",
                key
            ) { $0.integer(0) }
        }
    }
}
