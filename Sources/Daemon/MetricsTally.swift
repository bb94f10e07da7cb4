internal import HTTP
internal import JSON
internal import JobModel
internal import JobStore

/// What has happened since jobd started, counted from the events.
struct MetricsTally: Sendable {
    private(set) var lastEvent: Int64
    private(set) var enqueued: Int64 = 0
    private(set) var submissions: [String: Int64] = ["accepted": 0, "refused": 0, "uncertain": 0]
    /// By state, and by kind of failure.
    private(set) var ended: [String: Int64] = [:]
    private(set) var faults: Int64 = 0
    private(set) var files: Int64 = 0
    private(set) var bytes: Int64 = 0
    /// Of these, what is in object storage, too.
    private(set) var stored: (files: Int64, bytes: Int64) = (0, 0)
    private(set) var wait = Histogram()
    private(set) var run = Histogram()
    private(set) var fetch = Histogram()

    init(after event: Int64) {
        lastEvent = event
        for state in ["completed", "cancelled"] { ended[Self.labels(state, nil)] = 0 }
        for kind in FailureKind.allCases { ended[Self.labels("failed", kind.rawValue)] = 0 }
    }

    /// Counts the events since the last call.
    mutating func catchUp(_ database: JobDatabase) throws {
        while case let events = try database.events(after: lastEvent, limit: 500), let last = events.last {
            for event in events { try count(event, database) }
            lastEvent = last.id
        }
    }

    private mutating func count(_ event: StoredEvent, _ database: JobDatabase) throws {
        switch event.kind {
        case .enqueued: enqueued += 1
        case .accepted, .refused, .uncertain: submissions[event.kind.rawValue, default: 0] += 1
        case .fault: faults += 1
        case .output:
            let detail = try? JSON(parsing: event.detail)
            let size = detail?["bytes"]?.integer ?? 0
            (files, bytes) = (files + 1, bytes + size)
            if detail?["object"]?.string != nil { stored = (stored.files + 1, stored.bytes + size) }
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

/// How long something took, counted as Prometheus does.
struct Histogram: Sendable {
    private static let bounds: [Double] = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]

    private var counts = [Int64](repeating: 0, count: bounds.count + 1)
    private var sum = 0.0

    mutating func observe(_ span: Duration) {
        let seconds = Double(span.components.seconds) + Double(span.components.attoseconds) * 1e-18
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }

    /// The lines of a histogram `name`: each bucket counts everything that took at most that long.
    func lines(_ name: String) -> [String] {
        var total: Int64 = 0
        var lines: [String] = []
        for (index, count) in counts.enumerated() {
            total += count
            let bound = Self.bounds.indices.contains(index) ? "\(Self.bounds[index])" : "+Inf"
            lines.append("\(name)_bucket{le=\"\(bound)\"} \(total)")
        }
        return lines + ["\(name)_sum \(sum)", "\(name)_count \(total)"]
    }
}
