internal import JobModel

/// How long a job spent where: until it was sent, in the queue over there, at work, and on the way here.
struct JobPhases {
    enum Name: String, CaseIterable {
        case waited, queued, ran, fetched
        /// Sent and over, without a word of when the work began.
        case remote = "at RunComfy"
    }

    struct Phase {
        let name: Name
        let start: Timestamp
        let end: Timestamp
        /// It is still going on.
        let isOpen: Bool

        /// RunComfy's clock is not ours: what it finished before it began took no time.
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
