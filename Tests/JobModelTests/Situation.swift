@testable import JobModel

/// A job in one of the situations that the rules tell apart: its state, and what else they look at.
struct Situation: CustomStringConvertible {
    let description: String
    let job: Job

    /// Every state; a failed one for each kind of failure; the states on the wire with and without a cancel
    /// wish.
    static let all: [Situation] = JobState.allCases.flatMap { state -> [Situation] in
        switch state {
        case .failed: FailureKind.allCases.map { Situation(state, failure: $0) }
        case .submitting, .inQueue, .inProgress:
            [Situation(state), Situation(state, cancelRequested: true)]
        default: [Situation(state)]
        }
    }

    private init(_ state: JobState, failure: FailureKind? = nil, cancelRequested: Bool = false) {
        var job = Job(id: 7, state: state, model: "m", input: "{}", createdAt: Timestamp(milliseconds: 0))
        job.failureKind = failure
        job.message = failure.map { "failed: \($0)" }
        if cancelRequested { job.cancelRequestedAt = Timestamp(milliseconds: 3) }
        let hasRequest = state.isFollowed || state == .completed || (failure != nil && failure != .input)
        if hasRequest {
            (job.requestID, job.followedSince, job.submissions) = ("r", Timestamp(milliseconds: 2), 1)
            (job.remoteStatus, job.queuePosition) = ("in_queue", 4)
        }
        if state == .uncertain { job.submissions = 1 }
        if state != .held && state != .queued { job.submittedAt = Timestamp(milliseconds: 1) }
        if state.hasEnded { job.endedAt = Timestamp(milliseconds: 9) }
        self.job = job
        description =
            state.rawValue + (failure.map { "/\($0.rawValue)" } ?? "") + (cancelRequested ? "+wish" : "")
    }
}

extension Job {
    struct NotAccepted: Error {}

    /// What the event makes of the job, which must accept it.
    func after(_ event: JobEvent, at now: Timestamp) throws -> Job {
        var job = self
        guard job.apply(event, at: now) else { throw NotAccepted() }
        return job
    }
}

extension JobEvent {
    /// Every event, once for each payload that the rules tell apart, by the name it has in the tables.
    static let samples: [(name: String, event: JobEvent)] =
        [
            ("held", .held), ("released", .released), ("cancelRequested", .cancelRequested),
            ("retried", .retried(resubmit: false)), ("retried+resubmit", .retried(resubmit: true)),
            ("resolved+resubmit", .resolved(.resubmit)), ("resolved+abandon", .resolved(.abandon)),
            ("resolved+adopt", .resolved(.adopt(requestID: "adopted"))),
            ("givenUp", .givenUp), ("refetched", .refetched), ("submitting", .submitting(priceUSD: 0.5)),
            ("accepted", .accepted(requestID: "fresh")),
            ("notBought", .notBought(reason: "503", tryAgainAt: Timestamp(milliseconds: 5000))),
            ("refused", .refused(message: "no prompt")), ("unanswered", .unanswered(reason: "cut")),
            ("daemonRestarted", .daemonRestarted),
            ("observed", .observed(.init(isRunning: false, word: "in_queue", queuePosition: 3))),
            ("observed+running", .observed(.init(isRunning: true, word: "in_progress"))),
            ("succeeded", .succeeded(finishedAt: nil, costUSD: 0.25)),
            ("cancelledRemotely", .cancelledRemotely(costUSD: 0.25)), ("fetched", .fetched),
        ] + FailureKind.allCases.map { ("failed+\($0.rawValue)", .failed(JobFailure($0, "why"))) }
}
