package import JSON

/// What happens to a job, as one value: its row, outputs, charge and history. The store only writes it.
/// Nothing here has effects or reads a clock.
package struct Change: Equatable, Sendable {
    /// The job as it was read, in the state that it leaves.
    package let before: Job
    package private(set) var job: Job
    package private(set) var outputs = Outputs.unchanged
    package private(set) var charge = Charge.unchanged
    package private(set) var history: [Entry] = []
    package let moment: Timestamp

    package enum Outputs: Equatable, Sendable {
        case unchanged
        /// These are named now. A file on disk stays, unless none is named.
        case named([Output])
        /// What is not on disk is fetched from the beginning.
        case restarted
        case givenUp
        /// All must be on disk, or the change does not apply.
        case allDone
    }

    package enum Charge: Equatable, Sendable {
        case unchanged
        /// A POST that may buy something is about to be sent.
        case opened(submission: Int64, estimatedUSD: Double?)
        /// It certainly bought nothing.
        case dropped(submission: Int64)
        case settled(submission: Int64, reportedUSD: Double)
    }

    /// An entry of the history.
    package struct Entry: Equatable, Sendable {
        package let kind: EventKind
        package var detail: JSONObject
    }

    private init(_ job: Job, at moment: Timestamp) { (before, self.job, self.moment) = (job, job, moment) }

    /// What `event` does to the job; nil if it does not apply in the job's state.
    /// - Parameters:
    ///   - named: with `.succeeded`, the outputs in the order of the answer.
    ///   - extra: further details for the history.
    package init?(
        of job: Job, by event: JobEvent, named: [(kind: Output.Kind, url: String)] = [],
        detail extra: JSONObject = [:], at moment: Timestamp
    ) {
        guard let next = job.state(after: event) else { return nil }
        self.init(job, at: moment)
        self.job.state = next
        switch event {
        case .held, .setAside, .released, .cancelRequested, .cancelledWithSource, .retried, .resolved,
            .givenUp,
            .refetched:
            steer(event)
        case .submitting, .accepted, .notBought, .refused, .unanswered, .daemonRestarted: send(event)
        case .observed, .succeeded, .cancelledRemotely, .failed, .fetched: follow(event, named)
        }
        if next.hasEnded && !before.state.hasEnded { end() }
        history[0].detail.members += extra.members
        history[0].detail.members.removeAll { $0.value == .null }
    }

    /// What a person has set.
    package init(of job: Job, setting changes: JobChanges, at moment: Timestamp) {
        self.init(job, at: moment)
        var detail: JSONObject = [:]
        if let label = changes.label { (self.job.label, detail["label"]) = (label, .optional(label)) }
        if let rank = changes.priority { (self.job.priority, detail["priority"]) = (rank, .integer(rank)) }
        if let notBefore = changes.notBefore {
            // A new time from a person does not shorten a wait that the service asked for.
            let askedWait = job.nextTryAt == job.notBefore ? nil : job.nextTryAt
            self.job.nextTryAt = [notBefore, askedWait].compactMap { $0 }.max()
            (self.job.notBefore, detail["not_before"]) = (notBefore, .optional(notBefore?.description))
        }
        say(.changed, detail)
    }

    /// What a job cost, if the service says so after its result. Nil if the job has no result yet.
    package init?(of job: Job, costUSD: Double, at moment: Timestamp) {
        guard job.state == .downloading else { return nil }
        self.init(job, at: moment)
        settle(costUSD)
    }

    private mutating func say(_ kind: EventKind, _ detail: JSONObject = [:]) {
        history.append(Entry(kind: kind, detail: detail))
    }

    /// An end has a separate entry, after that of its cause.
    private mutating func end() {
        (job.endedAt, job.nextTryAt) = (moment, nil)
        var detail: JSONObject = ["state": .string(job.state.rawValue)]
        if let kind = job.failureKind {
            detail["error_kind"] = .string(kind.rawValue)
            detail["error_message"] = .optional(job.message)
        }
        say(.ended, detail)
    }
}

/// What people ask for.
extension Change {
    private mutating func steer(_ event: JobEvent) {
        switch event {
        case .held: say(.held)
        case .setAside(let reason):
            job.message = reason
            say(.held, ["message": .string(reason)])
        case .released:
            job.message = nil
            say(.released)
        case .cancelRequested:
            job.cancelRequestedAt = job.cancelRequestedAt ?? moment
            say(.cancelRequested)
        case .cancelledWithSource(let reason):
            (job.cancelRequestedAt, job.message) = (moment, reason)
            say(.cancelRequested, ["message": .string(reason)])
        case .retried: retry(isRetry: true)
        case .refetched: retry(isRetry: false)
        case .givenUp:
            (job.failureKind, job.message) = (.download, "given up by a person before all files were here")
            outputs = .givenUp
            say(.cancelRequested, ["give_up": .bool(true)])
        case .resolved(.resubmit):
            forgetRequest()
            say(.resolved, ["as": "resubmit"])
        case .resolved(.abandon): say(.resolved, ["as": "abandon"])
        case .resolved(.adopt(let id)):
            // The origin is unknown; the first good answer tells.
            begin(id, at: nil)
            say(.resolved, ["as": "adopt", "request_id": .string(id)])
            // jobd did not send it. What it was made from is not known, and must never be sent.
            if before.state == .held {
                (job.submittedAt, job.inputRemovedAt) = (moment, moment)
                // Others have paid for it, out of the same account.
                if job.submissions == 0 { charge = .opened(submission: 0, estimatedUSD: nil) }
                history[0].detail["input"] = "unknown"
            }
        default: break
        }
    }

    /// Without a request, or on the old one with a new period.
    private mutating func retry(isRetry: Bool) {
        let buysAgain = job.state == .queued
        (job.failureKind, job.message, job.endedAt, job.cancelRequestedAt) = (nil, nil, nil, nil)
        if buysAgain { forgetRequest() } else { job.followedSince = moment }
        outputs = buysAgain ? .named([]) : job.state == .downloading ? .restarted : .unchanged
        let detail: JSONObject = [
            "resubmit": isRetry ? .bool(buysAgain) : .null, "state": .string(job.state.rawValue),
            "request_id": isRetry ? .optional(before.requestID) : .null,
        ]
        say(.retried, detail)
    }

    private mutating func forgetRequest() {
        (job.requestID, job.origin, job.followedSince) = (nil, nil, nil)
        (job.remoteStatus, job.queuePosition, job.message, job.costUSD) = (nil, nil, nil, nil)
        (job.submittedAt, job.startedAt, job.finishedAt, job.cancelRequestedAt) = (nil, nil, nil, nil)
        job.nextTryAt = job.notBefore
    }

    private mutating func begin(_ id: String, at origin: String?) {
        (job.requestID, job.origin, job.followedSince) = (id, origin, moment)
        (job.message, job.nextTryAt) = (nil, nil)
    }
}

/// What submitting it leads to.
extension Change {
    private mutating func send(_ event: JobEvent) {
        switch event {
        case .submitting(let price):
            (job.priceUSD, job.submittedAt, job.message) = (price, moment, nil)
            if job.validation == .pending { job.validation = .passed }
            charge = .opened(submission: job.submissions + 1, estimatedUSD: price)
            say(.submitting, ["price_usd": .optional(price)])
        case .accepted(let id, let origin):
            job.submissions += 1
            begin(id, at: origin)
            say(.accepted, ["request_id": .string(id), "origin": .optional(origin)])
        case .notBought(let reason, let time):
            (job.message, job.submittedAt, job.nextTryAt) = (reason, nil, time)
            charge = .dropped(submission: job.submissions + 1)
            say(.fault, ["message": .string(reason), "try_again_at": .optional(time?.description)])
        case .refused(let reason):
            (job.failureKind, job.message) = (.input, reason)
            // There is a charge only after the intent to send.
            if before.state == .submitting { charge = .dropped(submission: job.submissions + 1) }
            say(.refused, ["message": .string(reason)])
        case .unanswered(let reason): doubt(reason)
        case .daemonRestarted: doubt("jobd ended while the request was on the wire")
        default: break
        }
    }

    private mutating func doubt(_ reason: String) {
        job.submissions += 1
        (job.message, job.nextTryAt) = (reason, nil)
        say(.uncertain, ["message": .string(reason)])
    }
}

/// What following it leads to.
extension Change {
    private mutating func follow(_ event: JobEvent, _ named: [(kind: Output.Kind, url: String)]) {
        switch event {
        case .observed(let progress):
            (job.remoteStatus, job.queuePosition) = (progress.word, progress.queuePosition)
            if progress.isRunning { job.startedAt = job.startedAt ?? moment }
            let position = JSON.optional(progress.queuePosition)
            say(.status, ["status": .string(progress.word), "queue_position": position])
        case .succeeded(let finished, let cost):
            job.finishedAt = finished ?? job.finishedAt ?? moment
            settle(cost)
            finish("succeeded")
            // A URL that is named twice is one output.
            var urls: Set<String> = []
            let once = named.filter { urls.insert($0.url).inserted }.enumerated()
            outputs = .named(
                once.map { Output(jobID: before.id, position: Int64($0 + 1), kind: $1.kind, url: $1.url) })
        case .cancelledRemotely(let cost, let isDue):
            // A cancel is free unless the service says otherwise; while that is due, the estimate counts.
            settle(cost, unsaid: isDue ? nil : 0)
            finish("cancelled")
        case .failed(let failure, let cost):
            (job.failureKind, job.message, job.queuePosition) = (failure.kind, failure.message, nil)
            if failure.kind == .remote { job.remoteStatus = "failed" }
            if failure.kind == .lost { job.remoteStatus = Job.unknownRequest }
            settle(cost)
        case .fetched: (job.message, outputs) = (nil, .allDone)
        default: break
        }
    }

    private mutating func finish(_ word: String) {
        (job.remoteStatus, job.queuePosition, job.message) = (word, nil, nil)
        say(.status, ["status": .string(word)])
    }

    /// - Parameter unsaid: what it cost if the service does not say.
    private mutating func settle(_ cost: Double?, unsaid: Double? = nil) {
        job.costUSD = cost ?? job.costUSD
        guard let cost = job.costUSD ?? unsaid else { return }
        charge = .settled(submission: job.submissions, reportedUSD: cost)
    }
}
