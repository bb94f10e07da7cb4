/// What a person can do to existing jobs.
package enum Verb: Equatable, Sendable {
    case cancel
    /// A cancel that also stops the download of what was paid for.
    case giveUp
    case hold
    case release
    case retry(resubmit: Bool)
    case resolve(JobEvent.Resolution)
    case set(JobChanges)

    /// Whether it ends jobs.
    package var cancels: Bool { self == .cancel || self == .giveUp }

    /// The result of asking.
    package enum Answer: Equatable, Sendable {
        case apply(JobEvent)
        case change(JobChanges)
        /// These changes can be made; the text says which cannot, and why.
        case partly(JobChanges, String)
        /// Nothing to do, and nothing wrong.
        case note(String)
        /// It cannot be done; the text says why, and what to do.
        case refused(String)
    }

    /// The table of verbs and states.
    package func answer(for job: Job) -> Answer {
        switch self {
        case .cancel: cancelling(job)
        case .giveUp: job.state == .downloading ? .apply(.givenUp) : cancelling(job)
        case .hold:
            job.state == .queued
                ? .apply(.held) : .refused("is \(word(job)); only a queued job can be held")
        case .release:
            job.state == .held
                ? .apply(.released) : .refused("is \(word(job)); only a held job can be released")
        case .retry(let resubmit): retrying(job, resubmit)
        case .resolve(let resolution):
            job.state == .uncertain
                ? .apply(.resolved(resolution))
                : .refused("is \(word(job)); only an uncertain job can be resolved")
        case .set(let changes): setting(job, changes)
        }
    }

    private func word(_ job: Job) -> String { job.state.rawValue }

    private func cancelling(_ job: Job) -> Answer {
        switch job.state {
        case .held, .queued: .apply(.cancelRequested)
        case .submitting, .inQueue, .inProgress:
            job.cancelRequestedAt == nil
                ? .apply(.cancelRequested) : .note("is already being cancelled")
        case .downloading:
            .refused(
                "has finished and was paid for, so its files are being downloaded; to give them up: "
                    + "jobctl cancel \(job.id) --give-up")
        case .uncertain:
            .refused(
                "is uncertain; say what happened to it: "
                    + "jobctl resolve \(job.id) --resubmit|--abandon|--adopt REQUEST_ID")
        case .completed, .failed, .cancelled: .note("has already ended: \(word(job))")
        }
    }

    private func setting(_ job: Job, _ changes: JobChanges) -> Answer {
        if !changes.touchesSending || job.state == .held || job.state == .queued { return .change(changes) }
        let names = [changes.priority.map { _ in "priority" }, changes.notBefore.map { _ in "not-before" }]
        let late = names.compactMap { $0 }.joined(separator: " and ")
        let words = "is \(word(job)); \(late) can be set only while a job is held or queued"
        return changes.label == nil
            ? .refused(words) : .partly(JobChanges(label: changes.label), words + "; its label was set")
    }

    private func retrying(_ job: Job, _ resubmit: Bool) -> Answer {
        switch job.state {
        case .failed, .cancelled:
            job.state(after: .retried(resubmit: resubmit)) == nil
                ? .refused(
                    "is \(word(job)), and its input is not here (pruned, or never known); "
                        + "to make it again: jobctl enqueue \(job.model) …"
                )
                : .apply(.retried(resubmit: resubmit))
        case .completed:
            .refused(
                "is completed; to make it again: jobctl "
                    + (job.inputRemovedAt == nil ? "rerun \(job.id)" : "enqueue \(job.model) …"))
        case .uncertain:
            .refused("is uncertain; say what happened to it: jobctl resolve \(job.id) --resubmit")
        case .held: .refused("is held; to send it: jobctl release \(job.id)")
        default: .refused("is \(word(job)); only a failed or cancelled job can be retried")
        }
    }
}

/// What `set` changes. Nil leaves a value as it is; an inner nil clears it.
package struct JobChanges: Equatable, Sendable {
    package var label: String??
    package var priority: Int64?
    package var notBefore: Timestamp??

    package init(label: String?? = nil, priority: Int64? = nil, notBefore: Timestamp?? = nil) {
        self.label = label
        self.priority = priority
        self.notBefore = notBefore
    }

    /// Whether it affects when the job is sent, and so must come before.
    package var touchesSending: Bool { priority != nil || notBefore != nil }
}
