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
    /// What is sent for each output, by its recorded address; or why a job cannot be sent, and the address to
    /// blame.
    struct Result: Sendable {
        var addresses: [String: String] = [:]
        var fault: (words: String, address: String)?
        var foundAt: Moment = 0

        /// What is sent for each of these outputs; nil if others were prepared.
        func addresses(of outputs: some Collection<Output>) -> [String: String]? {
            if let fault, outputs.contains(where: { $0.url == fault.address }) { return [:] }
            return outputs.allSatisfy { addresses[$0.url] != nil } ? addresses : nil
        }
    }

    /// Not started yet.
    private var new: [Preparation] = []
    /// What is known, by job.
    private var results: [Int64: Result] = [:]
    /// Jobs that are being prepared.
    private var underway: Set<Int64> = []
    /// Jobs for which it cannot be told now: since when, how often that was so, and when it is tried again.
    private var setbacks: [Int64: Setback] = [:]

    private let session: WorkerSession

    private struct Setback {
        let since: Moment
        var count = 0
        var until: Moment = 0
    }

    private static let most = 16
    /// All the files inside one request.
    private static let mostBytes = 48 << 20
    /// An address is asked for again if the job could not be sent within a minute.
    private static let keeps: Moment = 60_000
    /// A setback is forgotten if the job was not tried again for an hour: it has ended, or was held.
    private static let remembers: Moment = 3_600_000

    init(_ session: WorkerSession) { self.session = session }

    /// How many more jobs may be prepared at once.
    var room: Int { Self.most - underway.count }

    func results(at turn: Moment) -> [Int64: Result] {
        results = results.filter { turn - $0.value.foundAt < Self.keeps }
        setbacks = setbacks.filter { turn - $0.value.until < Self.remembers }
        return results
    }

    /// Jobs that a claim passes over.
    func busy(at turn: Moment) -> Set<Int64> {
        underway.union(setbacks.filter { $0.value.until > turn }.keys)
    }

    var isIdle: Bool { underway.isEmpty }

    func nextTurn(after turn: Moment) -> Moment? {
        setbacks.values.map(\.until).filter { $0 > turn }.min()
    }

    /// The job was sent, or has ended.
    func forget(_ id: Int64) { (results[id], setbacks[id]) = (nil, nil) }

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
        var (trouble, bytes): (String?, Int) = (nil, 0)
        for output in preparation.outputs where trouble == nil && result.fault == nil && !Task.isCancelled {
            switch await find(output, preparation.sources[output.jobID]) {
            case .send(let address): result.addresses[output.url] = address
            case .sendFile(let file):
                result.addresses[output.url] = file.text
                bytes += file.text.utf8.count
                if bytes > Self.mostBytes {
                    result.fault = ("the files to send have more than 48 MiB", output.url)
                }
            case .lost(let reason) where isFinal(preparation.job): result.fault = (reason, output.url)
            case .lost(let reason), .unknown(let reason): trouble = reason
            }
        }
        underway.remove(preparation.job)
        if Task.isCancelled { return }
        result.foundAt = session.now
        guard let trouble else {
            results[preparation.job] = result
            return
        }
        var setback = setbacks[preparation.job] ?? Setback(since: session.now)
        setback.count += 1
        setback.until = session.now + session.context.delay(after: setback.count).wholeMilliseconds
        setbacks[preparation.job] = setback
        session.context.log.warning("job \(preparation.job) waits: \(trouble)")
    }

    /// Whether a file that is nowhere to be had is given up: after as many tries, over the same time, as for
    /// downloads.
    private func isFinal(_ job: Int64) -> Bool {
        let configuration = session.context.configuration
        let (count, since) = (setbacks[job]?.count ?? 0, setbacks[job]?.since ?? session.now)
        return count + 1 >= configuration.retryAttempts
            && session.now - since >= configuration.retryPatience.wholeMilliseconds
    }

    private enum Finding {
        case send(String)
        case sendFile(DataURI)
        case lost(String)
        case unknown(String)
    }

    private func find(_ output: Output, _ source: Job?) async -> Finding {
        let context = session.context
        // Without an answer that says no, the service is left to fetch it.
        if await context.downloader.isServed(output.url) ?? true { return .send(output.url) }
        let what = "output \(output.position) of job \(output.jobID)"
        let fresh = await freshAddress(of: output, source)
        if case .send(let url) = fresh {
            context.log.info("\(what) has a new address")
            session.store.post { try $0.renew(url: url, of: output.jobID, output.position) }
            return fresh
        }
        if let file = DataURI(of: output, at: context.outputs) { return .sendFile(file) }
        if case .unknown(let reason) = fresh {
            return .unknown("the address of \(what) is gone, and \(reason)")
        }
        return .lost("the address of \(what) is no longer served, and its file cannot be sent")
    }

    /// Asks the service for another address.
    private func freshAddress(of output: Output, _ source: Job?) async -> Finding {
        let context = session.context
        guard let source, let request = source.requestID else { return .lost("") }
        if let origin = source.origin, origin != context.origin {
            return .unknown("it was bought at \(origin), not at api_url")
        }
        switch try? await context.client.result(of: request, model: source.model) {
        case .succeeded(let fresh, _)?:
            let index = Int(output.position) - 1
            guard fresh.indices.contains(index), fresh[index].url != output.url,
                await context.downloader.isServed(fresh[index].url) ?? true
            else { return .lost("") }
            return .send(fresh[index].url)
        case .stopped(.account(_, let reason))?, .stopped(.tryLater(let reason, _))?: return .unknown(reason)
        case nil: return .unknown("jobd stops")
        default: return .lost("")
        }
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
