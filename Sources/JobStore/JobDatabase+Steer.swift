internal import JSON
package import JobModel
internal import SQLite

/// What became of a verb on one job.
package enum Steered: Equatable, Sendable {
    case done(Job)
    case note(String)
    case refused(String)
    case unknown
}

extension JobDatabase {
    /// Asks `verb` of job `id`: wholly done or not at all; inside a transaction of the caller's.
    package func steer(_ id: Int64, _ verb: Verb) throws -> Steered {
        try perform {
            guard let job = try find(id) else { return .unknown }
            switch verb.answer(for: job) {
            case .note(let words): return .note(words)
            case .refused(let words): return .refused(words)
            case .change(let changes): return .done(try change(job, changes))
            case .apply(let event):
                if let refusal = try obstacle(to: event, of: job) { return .refused(refusal) }
                return .done(try record(event, for: id, in: job.state, detail: ["by": "jobctl"]))
            }
        }
    }

    /// What only the database knows: that another job has the key or the request by now.
    package func obstacle(to event: JobEvent, of job: Job) throws -> String? {
        switch event {
        case .retried, .refetched:
            guard let key = job.key, let holder = try keyHolder(key), holder != job.id else { return nil }
            return "has the key \"\(key)\", which job \(holder) has by now"
        case .resolved(.adopt(let requestID)):
            guard let holder = try find(request: requestID) else { return nil }
            return "cannot adopt \(requestID): job \(holder) has it"
        default: return nil
        }
    }

    private func change(_ job: Job, _ changes: JobChanges) throws -> Job {
        let notBefore = changes.notBefore ?? job.notBefore
        // A wait that the service asked for is not cut short by a new time of the person's.
        let askedWait = job.nextTryAt == job.notBefore ? nil : job.nextTryAt
        let nextTryAt =
            changes.notBefore == nil ? job.nextTryAt : [notBefore, askedWait].compactMap { $0 }.max()
        try connection.run(
            "UPDATE jobs SET label = ?2, priority = ?3, not_before = ?4, next_try_at = ?5 WHERE id = ?1",
            job.id, changes.label ?? job.label, changes.priority ?? job.priority, notBefore, nextTryAt)
        var detail: JSONObject = [:]
        if let label = changes.label { detail["label"] = .optional(label) }
        if let priority = changes.priority { detail["priority"] = .integer(priority) }
        if let notBefore = changes.notBefore { detail["not_before"] = .optional(notBefore?.description) }
        try append(.changed, detail, job: job.id, at: now)
        guard let changed = try find(job.id) else {
            throw StaleJob(id: job.id, expected: job.state, found: nil)
        }
        return changed
    }
}
