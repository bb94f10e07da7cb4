internal import JobModel
internal import JobStore

/// What a job that is made from others waits for: the first of its references that has no output yet. Those
/// that need a person come first, then those whose source is not finished.
enum SourceWait {
    /// - Parameter others: how many other references wait, too.
    case source(Job, others: Int)
    /// The source has failed or was cancelled.
    case failed(Job)
    /// The source, or the output that is asked for, is not there.
    case gone(Link)
    case pick(Link)

    /// Nil if the job waits for no source, or has ended.
    init?(of job: Job, in store: JobDatabase) throws {
        guard job.waitsFor > 0, !job.state.hasEnded else { return nil }
        let missing = try store.missing(of: job.id).map { ($0, try store.find($0.sourceID)) }
        let inVain = missing.first { _, source in
            source.map { $0.state.hasEnded && $0.state != .completed } ?? true
        }
        let unfinished = missing.first { _, source in source?.state.hasEnded == false }
        guard let (link, source) = inVain ?? unfinished ?? missing.first else { return nil }
        switch (source?.state, link.part) {
        case (.completed?, .pick): self = .pick(link)
        case (nil, _), (.completed?, _): self = .gone(link)
        default:
            guard let source else { return nil }
            self = source.state.hasEnded ? .failed(source) : .source(source, others: missing.count - 1)
        }
    }

    var needsPerson: Bool { if case .source = self { false } else { true } }

    /// What may be said in a row of a list, the longest first.
    var texts: [String] {
        switch self {
        case .source(let source, _): ["waits for \(source.id)"]
        case .failed(let source):
            ["waits for \(source.id), which \(source.outcome)", "\(source.id) \(source.outcome)"]
        case .gone(let link):
            [
                "waits for output \(link.part.word) of \(link.sourceID), which is not there",
                "\(link.sourceID) is not there",
            ]
        case .pick(let link): ["waits for a pick of \(link.sourceID)", "pick of \(link.sourceID)"]
        }
    }
}

extension Job {
    /// How it went, of a job that did not complete.
    fileprivate var outcome: String { state == .cancelled ? "was cancelled" : "failed" }
}
