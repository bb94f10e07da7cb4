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
        func time(_ milliseconds: Int64, where isKnown: Bool) -> Timestamp? {
            isKnown ? Timestamp(milliseconds: milliseconds) : nil
        }
        var job = Job(id: 7, state: state, model: "m", input: "{}", createdAt: Timestamp(milliseconds: 0))
        job.failureKind = failure
        job.message = failure.map { "failed: \($0)" } ?? (state == .uncertain ? "cut" : nil)
        let wasSent = state != .held && state != .queued
        (job.validation, job.submittedAt) = (wasSent ? .passed : .pending, time(1, where: wasSent))
        job.cancelRequestedAt = time(3, where: cancelRequested || state == .cancelled)
        if state == .uncertain { job.submissions = 1 }
        if state.isFollowed || state == .completed || state == .cancelled
            || (failure != nil && failure != .input)
        {
            (job.requestID, job.origin, job.submissions) = ("r", "o", 1)
            (job.followedSince, job.startedAt) = (time(2, where: true), time(4, where: state != .inQueue))
            let waits = state == .inQueue || state == .inProgress
            (job.remoteStatus, job.queuePosition) = ("in_queue", waits ? 4 : nil)
        }
        if state == .downloading || state == .completed || failure == .download {
            (job.finishedAt, job.costUSD) = (time(5, where: true), 0.5)
        }
        job.notBefore = time(6, where: true)
        job.endedAt = time(9, where: state.hasEnded)
        self.job = job
        description =
            state.rawValue + (failure.map { "/\($0.rawValue)" } ?? "") + (cancelRequested ? "+wish" : "")
    }
}

extension JobEvent {
    /// Every event, once for each payload that the rules tell apart, by the name it has in the tables.
    static let samples: [(name: String, event: JobEvent)] =
        [
            ("held", .held), ("setAside", .setAside(reason: "why")), ("released", .released),
            ("cancelRequested", .cancelRequested),
            ("retried", .retried(resubmit: false)), ("retried+resubmit", .retried(resubmit: true)),
            ("resolved+resubmit", .resolved(.resubmit)), ("resolved+abandon", .resolved(.abandon)),
            ("resolved+adopt", .resolved(.adopt(requestID: "adopted"))),
            ("givenUp", .givenUp), ("refetched", .refetched), ("submitting", .submitting(priceUSD: 0.5)),
            ("accepted", .accepted(requestID: "fresh", origin: "here")),
            ("notBought", .notBought(reason: "503", tryAgainAt: Timestamp(milliseconds: 5000))),
            ("refused", .refused(message: "no prompt")), ("unanswered", .unanswered(reason: "cut")),
            ("daemonRestarted", .daemonRestarted),
            ("observed", .observed(.init(isRunning: false, word: "in_queue", queuePosition: 3))),
            ("observed+running", .observed(.init(isRunning: true, word: "in_progress"))),
            ("succeeded", .succeeded(finishedAt: Timestamp(milliseconds: 50), costUSD: 0.25)),
            ("succeeded+untold", .succeeded(finishedAt: nil, costUSD: nil)),
            ("cancelledRemotely", .cancelledRemotely()),
            ("cancelledRemotely+due", .cancelledRemotely(costIsDue: true)),
            ("cancelledRemotely+cost", .cancelledRemotely(costUSD: 0.25)), ("fetched", .fetched),
            ("failed+cost", .failed(JobFailure(.output, "why"), costUSD: 0.25)),
        ] + FailureKind.allCases.map { ("failed+\($0.rawValue)", .failed(JobFailure($0, "why"))) }
}
