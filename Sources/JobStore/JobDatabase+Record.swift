package import JSON
package import JobModel
internal import SQLite

/// Somebody else has changed the job meanwhile: the event no longer applies to it.
package struct StaleJob: Error {
    package let id: Int64
    package let expected: JobState
    package let found: JobState?
}

extension JobDatabase {
    /// Makes of job `id` what `event` makes of it, and writes that down; inside a transaction of the
    /// caller's.
    ///
    /// The row is read again first: a person may have wished its cancel since the caller last saw it.
    /// - Parameter outputs: with `.succeeded`, what the answer named, in its order.
    package func record(
        _ event: JobEvent, for id: Int64, in expected: JobState,
        outputs: [(kind: Output.Kind, url: String)] = [],
        detail extra: JSONObject = [:], at moment: Timestamp? = nil
    ) throws -> Job {
        try perform {
            guard var job = try find(id), job.state == expected else {
                throw StaleJob(id: id, expected: expected, found: try find(id)?.state)
            }
            let now = moment ?? now
            let before = job
            guard job.apply(event, at: now) else {
                throw StaleJob(id: id, expected: expected, found: job.state)
            }
            // Completed means that every output is on disk: whatever the caller believes.
            if event == .fetched, try hasUnfinishedOutput(id) {
                throw StaleJob(id: id, expected: expected, found: expected)
            }
            try save(job, after: event, leaving: before.state)
            try settleCharge(event, of: job, leaving: before.state, at: now)
            if case .succeeded = event { try replaceOutputs(of: id, with: outputs) }
            if case .retried = event, job.state == .downloading { try restartOutputs(of: id) }
            if case .refetched = event { try restartOutputs(of: id) }
            if event == .givenUp { try giveUpOutputs(of: id) }
            if case .retried = event, job.state == .queued { try replaceOutputs(of: id, with: []) }
            try describe(event, before: before, after: job, extra, at: now)
            return job
        }
    }

    /// Keeps the ledger of money in step: a charge stands from the intent on, and goes when nothing was
    /// bought.
    private func settleCharge(_ event: JobEvent, of job: Job, leaving state: JobState, at now: Timestamp)
        throws
    {
        switch event {
        case .submitting(let price):
            try connection.run(
                "INSERT INTO charges (job_id, submission, at, model, estimated_usd) VALUES (?1, ?2, ?3, ?4, ?5)",
                job.id, job.submissions + 1, now, job.model, price)
        case .notBought, .refused:
            guard state == .submitting else { return }
            try connection.run(
                "DELETE FROM charges WHERE job_id = ?1 AND submission = ?2", job.id, job.submissions + 1)
        case .succeeded, .failed: try settle(job, reported: job.costUSD)
        // A cancel is free unless the service says otherwise; while it has yet to say, the estimate counts.
        case .cancelledRemotely(_, let isDue): try settle(job, reported: job.costUSD ?? (isDue ? nil : 0))
        default: break
        }
    }

    /// What a job cost, told after its result.
    package func note(cost: Double, of id: Int64) throws {
        try connection.run(
            "UPDATE jobs SET cost_usd = ?2 WHERE id = ?1 AND state = 'downloading'", id, cost)
        if let job = try find(id) { try settle(job, reported: job.costUSD) }
    }

    private func settle(_ job: Job, reported: Double?) throws {
        guard let reported else { return }
        try connection.run(
            "UPDATE charges SET reported_usd = ?3 WHERE job_id = ?1 AND submission = ?2",
            job.id, job.submissions, reported)
    }

    /// Puts the answer's outputs in the place of what stood there; a file that is on disk already stays.
    private func replaceOutputs(of id: Int64, with outputs: [(kind: Output.Kind, url: String)]) throws {
        try connection.run("DELETE FROM outputs WHERE job_id = ?1 AND state <> 'done'", id)
        if outputs.isEmpty { try connection.run("DELETE FROM outputs WHERE job_id = ?1", id) }
        var named: Set<String> = []
        for (index, output) in outputs.filter({ named.insert($0.url).inserted }).enumerated() {
            try connection.run(
                "INSERT INTO outputs (job_id, position, kind, url) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                id, index + 1, output.kind.rawValue, output.url)
        }
    }

    private func restartOutputs(of id: Int64) throws {
        try connection.run(
            "UPDATE outputs SET state = 'pending', attempts = 0 WHERE job_id = ?1 AND state <> 'done'", id)
    }

    private func giveUpOutputs(of id: Int64) throws {
        try connection.run("UPDATE outputs SET state = 'failed' WHERE job_id = ?1 AND state = 'pending'", id)
    }

    /// Appends what happened to the history, in the contract's words.
    private func describe(
        _ event: JobEvent, before: Job, after: Job, _ extra: JSONObject, at now: Timestamp
    ) throws {
        var detail: JSONObject = [:]
        let kind: EventKind
        switch event {
        case .held: kind = .held
        case .released: kind = .released
        case .cancelRequested: kind = .cancelRequested
        case .retried(let resubmit):
            kind = .retried
            detail = [
                "resubmit": .bool(resubmit || after.state == .queued), "state": .string(after.state.rawValue),
            ]
            if before.requestID != nil { detail["request_id"] = .optional(before.requestID) }
        case .givenUp: (kind, detail) = (.cancelRequested, ["give_up": .bool(true)])
        case .refetched: (kind, detail) = (.retried, ["state": .string(after.state.rawValue)])
        case .resolved(let resolution):
            kind = .resolved
            detail = ["as": .string(Self.word(resolution)), "request_id": .optional(after.requestID)]
        case .submitting(let price):
            kind = .submitting
            detail = ["price_usd": .optional(price)]
        case .accepted(let requestID, let origin):
            kind = .accepted
            detail = ["request_id": .string(requestID), "origin": .optional(origin)]
        case .notBought(let reason, let tryAgainAt):
            kind = .fault
            detail = ["message": .string(reason), "try_again_at": .optional(tryAgainAt?.description)]
        case .refused(let message):
            kind = .refused
            detail = ["message": .string(message)]
        case .unanswered(let reason):
            kind = .uncertain
            detail = ["message": .string(reason)]
        case .daemonRestarted:
            kind = .uncertain
            detail = ["message": .optional(after.message)]
        case .observed(let progress):
            kind = .status
            detail = ["status": .string(progress.word), "queue_position": .optional(progress.queuePosition)]
        case .succeeded: (kind, detail) = (.status, ["status": .string("succeeded")])
        case .cancelledRemotely: (kind, detail) = (.status, ["status": .string("cancelled")])
        case .failed, .fetched: kind = .ended
        }
        detail.members = (detail.members + extra.members).filter { $0.value != .null }
        if kind != .ended { try append(kind, detail, job: after.id, at: now) }
        guard after.state.hasEnded, !before.state.hasEnded else { return }
        var ending: JSONObject = ["state": .string(after.state.rawValue)]
        if let failureKind = after.failureKind {
            ending["error_kind"] = .string(failureKind.rawValue)
            ending["error_message"] = .optional(after.message)
        }
        try append(
            .ended, kind == .ended ? JSONObject(ending.members + detail.members) : ending, job: after.id,
            at: now)
    }

    private static func word(_ resolution: JobEvent.Resolution) -> String {
        switch resolution {
        case .resubmit: "resubmit"
        case .abandon: "abandon"
        case .adopt: "adopt"
        }
    }
}
