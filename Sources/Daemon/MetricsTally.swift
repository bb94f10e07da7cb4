internal import HTTP
internal import JSON
internal import JobModel
internal import JobStore

/// What happened since jobd started, counted from the events.
struct MetricsTally: Sendable {
    private(set) var lastEvent: Int64
    private(set) var enqueued: Int64 = 0
    private(set) var submissions: [String: Int64] = ["accepted": 0, "refused": 0, "uncertain": 0]
    /// By state and, of failures, their kind.
    private(set) var ended: [String: Int64] = [:]
    private(set) var faults: Int64 = 0
    private(set) var files: Int64 = 0
    private(set) var bytes: Int64 = 0
    private(set) var wait = Histogram()
    private(set) var run = Histogram()
    private(set) var fetch = Histogram()

    init(after event: Int64) {
        lastEvent = event
        for state in ["completed", "cancelled"] { ended[Self.labels(state, nil)] = 0 }
        for kind in FailureKind.allCases { ended[Self.labels("failed", kind.rawValue)] = 0 }
    }

    /// Counts what has happened since. Answers false where that was nothing.
    mutating func catchUp(_ database: JobDatabase) throws -> Bool {
        var isNew = false
        while case let events = try database.events(after: lastEvent, limit: 500), let last = events.last {
            for event in events { try count(event, database) }
            (lastEvent, isNew) = (last.id, true)
        }
        return isNew
    }

    private mutating func count(_ event: StoredEvent, _ database: JobDatabase) throws {
        switch event.kind {
        case .enqueued: enqueued += 1
        case .accepted, .refused, .uncertain: submissions[event.kind.rawValue, default: 0] += 1
        case .fault: faults += 1
        case .output:
            files += 1
            bytes += (try? JSON(parsing: event.detail))?["bytes"]?.integer ?? 0
        case .ended:
            let detail = try? JSON(parsing: event.detail)
            ended[
                Self.labels(detail?["state"]?.string ?? "", detail?["error_kind"]?.string), default: 0] += 1
            if detail?["state"]?.string == "completed", let id = event.jobID, let job = try database.find(id)
            {
                observe(job)
            }
        default: break
        }
    }

    private mutating func observe(_ job: Job) {
        guard let submitted = job.submittedAt else { return }
        wait.observe(max(.zero, submitted - job.createdAt))
        guard let finished = job.finishedAt, let ended = job.endedAt else { return }
        run.observe(max(.zero, finished - submitted))
        fetch.observe(max(.zero, ended - finished))
    }

    private static func labels(_ state: String, _ kind: String?) -> String {
        "state=\"\(state)\",error_kind=\"\(kind ?? "")\""
    }
}
