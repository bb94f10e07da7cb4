internal import JSON
internal import JobModel
internal import JobStore

/// One job in a list, with what its columns may ask of it beyond its own row: looked up at most once, and
/// only if asked.
final class JobRow {
    let job: Job
    let now: Timestamp
    private let outputs: () throws -> [Output]
    private var known: [Output]?

    init(_ job: Job, now: Timestamp, outputs: @escaping () throws -> [Output]) {
        (self.job, self.now, self.outputs) = (job, now, outputs)
    }

    private(set) lazy var object: JSONObject = job.json(outputs: []).object ?? [:]
    private lazy var phases = JobPhases(of: job, now: now)

    func length(of phase: String) -> Duration? {
        JobPhases.Name(rawValue: phase).flatMap { phases[$0]?.length }
    }

    /// The files that are there.
    func files() throws -> [Output] {
        if let known { return known }
        let files = try outputs().filter(\.hasFile)
        known = files
        return files
    }
}
