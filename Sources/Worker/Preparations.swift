internal import Configuration
internal import Downloader
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Policy
internal import Provider
internal import System

/// A job with references, and the outputs that these mean.
struct Preparation: Sendable {
    let job: Int64
    let outputs: [Output]
    /// The jobs that made them.
    let sources: [Int64: Job]
}

/// Finds out, before a job with references is sent, what can be sent for each output: its address, if that
/// is still served; else a fresh one; else the file itself.
@WorkerActor
final class Preparations {
    /// What is sent for each output, by its recorded address; or why a job cannot be sent.
    struct Result: Sendable {
        var addresses: [String: String] = [:]
        var fault: String?
        var foundAt: Moment = 0

        /// What is sent for each of these outputs; nil if others were prepared.
        func addresses(of outputs: some Collection<Output>) -> [String: String]? {
            if fault != nil { return [:] }
            return outputs.allSatisfy { addresses[$0.url] != nil } ? addresses : nil
        }
    }

    /// Not started yet.
    private var new: [Preparation] = []
    /// What is known, by job.
    private var results: [Int64: Result] = [:]
    /// Jobs that are being prepared, and those for which it cannot be told now, until when.
    private var underway: Set<Int64> = []
    private var resting: [Int64: (until: Moment, failures: Int)] = [:]

    private let session: WorkerSession

    private static let most = 16
    /// An address is asked for again if the job could not be sent within a minute.
    private static let keeps: Moment = 60_000

    init(_ session: WorkerSession) { self.session = session }

    /// How many more jobs may be prepared at once.
    var room: Int { Self.most - underway.count }

    func results(at turn: Moment) -> [Int64: Result] {
        results = results.filter { turn - $0.value.foundAt < Self.keeps }
        return results
    }

    /// Jobs that a claim passes over.
    func busy(at turn: Moment) -> Set<Int64> {
        resting = resting.filter { $0.value.until > turn || underway.contains($0.key) }
        return underway.union(resting.filter { $0.value.until > turn }.keys)
    }

    var nextTurn: Moment? { resting.values.map(\.until).min() }

    /// The job was sent, or has ended.
    func forget(_ id: Int64) { (results[id], resting[id]) = (nil, nil) }

    func begin(_ preparations: [Preparation]) {
        new += preparations
        underway.formUnion(preparations.map(\.job))
    }

    func takeNew() -> [Preparation] {
        defer { new = [] }
        return new
    }

    func run(_ preparation: Preparation) async {
        var result = Result()
        var isUnknown = false
        for output in preparation.outputs where !Task.isCancelled {
            switch await find(output, preparation.sources[output.jobID]) {
            case .send(let address): result.addresses[output.url] = address
            case .lost(let reason): result.fault = reason
            case .unknown(let reason):
                session.context.log.warning("job \(preparation.job) waits: \(reason)")
                isUnknown = true
            }
            if result.fault != nil || isUnknown { break }
        }
        underway.remove(preparation.job)
        result.foundAt = session.now
        if isUnknown {
            let failures = (resting[preparation.job]?.failures ?? 0) + 1
            let wait = session.context.delay(after: failures).wholeMilliseconds
            resting[preparation.job] = (session.now + wait, failures)
        } else if !Task.isCancelled {
            results[preparation.job] = result
        }
    }

    private enum Finding {
        case send(String)
        case lost(String)
        case unknown(String)
    }

    private func find(_ output: Output, _ source: Job?) async -> Finding {
        let context = session.context
        // Without an answer that says no, the service is left to fetch it.
        if await context.downloader.isServed(output.url) ?? true { return .send(output.url) }
        let what = "output \(output.position) of job \(output.jobID)"
        var obstacle: String?
        if let source, let request = source.requestID, source.origin ?? context.origin == context.origin {
            switch try? await context.client.result(of: request, model: source.model) {
            case .succeeded(let fresh, _)?:
                let url =
                    fresh.indices.contains(Int(output.position) - 1)
                    ? fresh[Int(output.position) - 1].url : output.url
                if url != output.url, await context.downloader.isServed(url) ?? true {
                    context.log.info("\(what) has a new address")
                    session.store.post { try $0.renew(url: url, of: output.jobID, output.position) }
                    return .send(url)
                }
            case .stopped(let reason)?: obstacle = "\(reason)"
            default: break
            }
        }
        if let data = DataURI(of: output, at: context.outputs) { return .send(data.text) }
        if let obstacle { return .unknown("the address of \(what) is gone, and \(obstacle)") }
        return .lost("the address of \(what) is no longer served, and its file cannot be sent")
    }
}

/// A small file as an address that contains it.
struct DataURI {
    let text: String

    private static let most: Int64 = 6 << 20

    /// Nil if there is no such file, or if it is too large.
    init?(of output: Output, at places: OutputPlaces) {
        guard output.hasFile, let path = output.path, let type = output.mediaType,
            let file = try? places.file(path).open(), let size = try? file.status().size, size <= Self.most,
            let bytes = try? file.readToEnd(limit: Int(Self.most))
        else { return nil }
        text = "data:\(type);base64,\(Base64.text(of: bytes))"
    }
}
