internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Policy

/// How long a job spent in each phase: until it was sent, in RunComfy's queue, at work, and on the way here.
struct JobPhases {
    enum Name: String, CaseIterable {
        case waited, queued, ran, fetched
        /// Sent, without any word of when the work began.
        case remote = "at RunComfy"
    }

    struct Phase {
        let name: Name
        let start: Timestamp
        let end: Timestamp
        /// It has not ended.
        let isOpen: Bool

        /// RunComfy's clock is not ours: a phase that ended before it began took no time.
        var length: Duration { max(.zero, end - start) }
    }

    private(set) var all: [Phase] = []

    init(of job: Job, now: Timestamp) {
        func add(_ name: Name, from start: Timestamp, to end: Timestamp?, while state: Bool) {
            guard let end = end ?? (state ? now : nil) else { return }
            all.append(Phase(name: name, start: start, end: end, isOpen: state))
        }
        add(
            .waited, from: job.createdAt, to: job.submittedAt ?? job.endedAt,
            while: job.state == .held || job.state == .queued)
        guard let submitted = job.submittedAt else { return }
        if let started = job.startedAt {
            add(.queued, from: submitted, to: started, while: false)
            add(.ran, from: started, to: job.finishedAt ?? job.endedAt, while: job.state == .inProgress)
        } else if job.state == .submitting || job.state == .inQueue {
            add(.queued, from: submitted, to: nil, while: true)
        } else if job.requestID != nil {
            add(.remote, from: submitted, to: job.finishedAt ?? job.endedAt, while: job.state == .inProgress)
        }
        if let finished = job.finishedAt {
            add(.fetched, from: finished, to: job.endedAt, while: job.state == .downloading)
        }
    }

    subscript(name: Name) -> Phase? { all.first { $0.name == name } }
}

extension JobDatabase {
    /// The median of how long the latest jobs of each model took at RunComfy.
    func medianRuns() throws -> [String: Duration] {
        var times: [String: RunTimes] = [:]
        for run in try recentRuns(limit: 500) { times[run.model, default: RunTimes()].add(run.took) }
        return times.compactMapValues(\.median)
    }
}

/// How long something took, as `TimeText.span` writes it.
enum SpanText {
    static func of(_ span: Duration) -> String {
        TimeText.span(milliseconds: UInt64(max(0, span.wholeMilliseconds)))
    }
}
