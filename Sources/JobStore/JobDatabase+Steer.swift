internal import JSON
package import JobModel
internal import SQL

/// The result of a verb on one job.
package enum Steered: Equatable, Sendable {
    /// - Parameter cancelled: the jobs that waited for it and were cancelled with it.
    case done(Job, cancelled: [Int64] = [])
    /// Part of it was done; the text says what was not, and why.
    case partly(Job, String)
    case note(String)
    case refused(String)
    case unknown
}

extension JobDatabase {
    /// Applies `verb` to job `id`, inside the caller's transaction.
    package func steer(_ id: Int64, _ verb: Verb) throws -> Steered {
        guard let job = try find(id) else { return .unknown }
        switch verb.answer(for: job) {
        case .note(let words): return .note(words)
        case .refused(let words): return .refused(words)
        case .change(let changes): return .done(try write(Change(of: job, setting: changes, at: now)))
        case .partly(let changes, let words):
            return .partly(try write(Change(of: job, setting: changes, at: now)), words)
        case .apply(let event):
            if let refusal = try obstacle(to: event, of: job) { return .refused(refusal) }
            let changed = try record(event, for: id, in: job.state, detail: ["by": "jobctl"])
            return .done(changed, cancelled: verb.cancels ? try cancelWaiting(for: id) : [])
        }
    }

    /// What only the database knows: whether another job now has the key or the request.
    package func obstacle(to event: JobEvent, of job: Job) throws -> String? {
        if job.state.hasEnded, let key = job.key, let holder = try keyHolder(key), holder != job.id {
            return "has the key \"\(key)\", which job \(holder) has now"
        }
        if job.state.hasEnded, job.state(after: event) == .queued, let link = try unmakeable(of: job.id) {
            return "cannot be made: \(link.path) needs output \(link.part.word) of job \(link.sourceID), "
                + "which is not there"
        }
        if case .resolved(.adopt(let requestID)) = event, let holder = try find(request: requestID) {
            return "cannot adopt \(requestID): job \(holder) has it"
        }
        return nil
    }
}
