package import JSON
package import JobModel
internal import SQL

/// Someone else has changed the job in the meantime: the event no longer applies to it.
package struct StaleJob: Error {
    package let id: Int64
    package let expected: JobState
    package let found: JobState?
}

extension JobDatabase {
    /// Applies `event` to job `id` and writes the result; inside the caller's transaction.
    ///
    /// The row is read again first: a person may have asked for a cancel since the caller last read it.
    /// - Parameter outputs: with `.succeeded`, what the answer named, in its order.
    package func record(
        _ event: JobEvent, for id: Int64, in expected: JobState,
        outputs: [(kind: Output.Kind, url: String)] = [],
        detail extra: JSONObject = [:], at moment: Timestamp? = nil
    ) throws -> Job {
        guard let job = try find(id), job.state == expected else {
            throw StaleJob(id: id, expected: expected, found: try find(id)?.state)
        }
        return try record(event, for: job, outputs: outputs, detail: extra, at: moment)
    }

    /// The same for a job that was read in this transaction, and not changed since.
    package func record(
        _ event: JobEvent, for job: Job, outputs: [(kind: Output.Kind, url: String)] = [],
        detail extra: JSONObject = [:], at moment: Timestamp? = nil
    ) throws -> Job {
        guard let change = Change(of: job, by: event, named: outputs, detail: extra, at: moment ?? now)
        else { throw StaleJob(id: job.id, expected: job.state, found: job.state) }
        return try write(change)
    }

    /// Records what a job cost, if the service says so only after the result.
    package func note(cost: Double, of id: Int64) throws {
        guard let job = try find(id), let change = Change(of: job, costUSD: cost, at: now) else { return }
        try write(change)
    }

    @discardableResult func write(_ change: Change) throws -> Job {
        try writeOutputs(change)
        try writeRow(change)
        try writeCharge(change)
        for entry in change.history {
            try append(entry.kind, entry.detail, job: change.job.id, at: change.moment)
        }
        return change.job
    }

    /// The guarded write: it names the state that the job leaves, and only the columns that change. Naming
    /// all would take twice the time, since SQLite checks each one and updates its indexes.
    private func writeRow(_ change: Change) throws {
        let (old, new) = (change.before, change.job)
        var sql = "UPDATE jobs SET state = ?"
        sql.reserveCapacity(250)
        var values: [any Bindable] = [new.state.rawValue]
        values.reserveCapacity(12)
        func set<Value: Bindable & Equatable>(_ assignment: String, _ old: Value, _ new: Value) {
            guard old != new else { return }
            sql += assignment
            values.append(new)
        }
        set(", priority = ?", old.priority, new.priority)
        set(", label = ?", old.label, new.label)
        set(", not_before = ?", old.notBefore, new.notBefore)
        set(", validation = ?", old.validation.rawValue, new.validation.rawValue)
        set(", request_id = ?", old.requestID, new.requestID)
        set(", remote_status = ?", old.remoteStatus, new.remoteStatus)
        set(", queue_position = ?", old.queuePosition, new.queuePosition)
        set(", submissions = ?", old.submissions, new.submissions)
        set(", cancel_requested_at = ?", old.cancelRequestedAt, new.cancelRequestedAt)
        set(", error_kind = ?", old.failureKind?.rawValue, new.failureKind?.rawValue)
        set(", error_message = ?", old.message, new.message)
        set(", price_usd = ?", old.priceUSD, new.priceUSD)
        set(", cost_usd = ?", old.costUSD, new.costUSD)
        set(", submitted_at = ?", old.submittedAt, new.submittedAt)
        set(", started_at = ?", old.startedAt, new.startedAt)
        set(", finished_at = ?", old.finishedAt, new.finishedAt)
        set(", ended_at = ?", old.endedAt, new.endedAt)
        set(", next_try_at = ?", old.nextTryAt, new.nextTryAt)
        set(", followed_since = ?", old.followedSince, new.followedSince)
        set(", origin = ?", old.origin, new.origin)
        set(", input_removed_at = ?", old.inputRemovedAt, new.inputRemovedAt)
        sql += " WHERE id = ? AND state = ?"
        values += [new.id, old.state.rawValue] as [any Bindable]
        // Whoever records a change has read the row in this transaction, beside which nobody writes.
        try run(about: new.id, sql, values, changing: 1)
        if new.state == .completed, old.state != .completed { completed.append(new.id) }
    }

    private func writeOutputs(_ change: Change) throws {
        let id = change.job.id
        switch change.outputs {
        case .unchanged: break
        case .named(let outputs): try writeNamed(outputs, of: id)
        case .restarted:
            readAhead.outputs[id] = nil
            try run(
                "UPDATE outputs SET state = 'pending', attempts = 0 WHERE job_id = ?1 AND state <> 'done'", id
            )
        case .givenUp:
            readAhead.outputs[id] = nil
            try run(
                "UPDATE outputs SET state = 'failed' WHERE job_id = ?1 AND state = 'pending'", id)
        case .allDone:
            let known = readAhead.outputs.removeValue(forKey: id)?.rows
            if try known.map({ $0.contains { $0.state != .done } })
                ?? exists("SELECT 1 FROM outputs WHERE job_id = ?1 AND state <> 'done' LIMIT 1", id)
            {
                throw StaleJob(id: id, expected: change.before.state, found: change.before.state)
            }
        }
    }

    private func writeNamed(_ outputs: [Output], of id: Int64) throws {
        let hasNone = readAhead.outputs.removeValue(forKey: id)?.rows.isEmpty ?? false
        if !hasNone {
            try run(
                about: id,
                outputs.isEmpty
                    ? "DELETE FROM outputs WHERE job_id = ?1"
                    : "DELETE FROM outputs WHERE job_id = ?1 AND state <> 'done'", id)
        }
        for output in outputs {
            try run(
                about: id,
                """
                INSERT INTO outputs (job_id, position, kind, url) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO NOTHING
                """, id, output.position, output.kind.rawValue, output.url)
        }
        if hasNone { readAhead.outputs[id] = ReadAhead.Outputs(rows: outputs) }
    }

    /// Keeps the ledger of money up to date.
    private func writeCharge(_ change: Change) throws {
        let job = change.job
        switch change.charge {
        case .unchanged: break
        case .opened(let submission, let price):
            try run(
                about: job.id,
                """
                INSERT INTO charges (job_id, submission, at, model, estimated_usd, label)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                """, job.id, submission, change.moment, job.model, price, job.label)
        case .dropped(let submission):
            try run("DELETE FROM charges WHERE job_id = ?1 AND submission = ?2", job.id, submission)
        case .settled(let submission, let reported):
            try run(
                "UPDATE charges SET reported_usd = ?3 WHERE job_id = ?1 AND submission = ?2",
                job.id, submission, reported)
        }
    }
}
