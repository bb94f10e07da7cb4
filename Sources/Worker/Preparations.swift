internal import Catalogue
internal import Configuration
internal import Downloader
internal import Inputs
internal import JSON
internal import JobModel
internal import JobStore
internal import ObjectStorage
internal import Outputs
internal import Policy
internal import Provider
internal import System

/// A job with references, local files or objects, and the files that these mean.
struct Preparation: Sendable {
    let job: Int64
    let files: [ResolvedInput.File]
    /// The jobs that made them.
    let sources: [Int64: Job]

    /// Whether the object storage is asked for one of the files.
    func usesStorage(_ configuration: Configuration) -> Bool {
        files.contains { file in
            switch file {
            case .output: false
            case .local: configuration.inputRoute == .storage
            case .object: true
            }
        }
    }
}

/// What is sent for a file of an input.
enum SentFile: Sendable {
    case address(String)
    /// Its content, inside the POST.
    case inline(InlineFile)
    /// An address that is made, and so begins to age, when the job is claimed.
    case presigned(@Sendable () throws(StorageFault) -> String)
}

/// Finds out, before a job is sent, what can be sent for each file that its input names: for an output its
/// address, if that is still served, else a fresh one, else the file itself; for a local file its content, or
/// its address in the object storage; for an object its address.
@WorkerActor
final class Preparations {
    /// What is sent for each file, by `ResolvedInput.File.address`; or why a job cannot be sent, and the file
    /// to blame.
    struct Result: Sendable {
        var sent: [String: SentFile] = [:]
        /// What the local files are.
        var contents: [InputFile: FileContent] = [:]
        var fault: (words: String, address: String)?
        var foundAt: Moment = 0

        /// Whether these files were prepared, and not others.
        func covers(_ files: [ResolvedInput.File]) -> Bool {
            if let fault { return files.contains { $0.address == fault.address } }
            return files.allSatisfy { sent[$0.address] != nil }
        }
    }

    /// Not started yet.
    private var new: [Preparation] = []
    /// What is known, by job.
    private var results: [Int64: Result] = [:]
    /// The files inside the inputs of jobs that were claimed and are about to be sent.
    private var files: [Int64: [InlineFile]] = [:]
    /// Jobs that are being prepared.
    private var underway: Set<Int64> = []
    /// Those of them that ask the object storage, which may take long to answer.
    private var storing: Set<Int64> = []
    /// Jobs for which it cannot be told now: since when, how often that was so, and when it is tried again.
    private var setbacks: [Int64: Setback] = [:]

    private let session: WorkerSession
    private let storage: InputStorage

    private struct Setback {
        let since: Moment
        var count = 0
        var until: Moment = 0
        var reason = Reason(words: "")
    }

    /// How many more jobs may be prepared at once, and how many of those that ask the object storage.
    struct Room {
        var all = 0
        var storing = 0
    }

    private static let most = Room(all: 16, storing: 8)
    /// An address is asked for again if the job could not be sent within a minute.
    private static let keeps: Moment = 60_000
    /// A setback is forgotten if the job was not tried again for an hour: it has ended, or was held.
    private static let remembers: Moment = 3_600_000

    init(_ session: WorkerSession) {
        self.session = session
        storage = InputStorage(session)
    }

    var room: Room {
        Room(all: Self.most.all - underway.count, storing: Self.most.storing - storing.count)
    }

    func results(at turn: Moment) -> [Int64: Result] {
        results = results.filter { turn - $0.value.foundAt < Self.keeps }
        for (id, setback) in setbacks where turn - setback.until >= Self.remembers { forgetSetback(of: id) }
        return results
    }

    /// Jobs whose storage is asked again now: a person may have cancelled them meanwhile.
    func troubled(at turn: Moment) -> Set<Int64> {
        Set(setbacks.filter { $0.value.reason.isOfStorage && $0.value.until <= turn }.keys)
    }

    /// Jobs that a claim passes over.
    func busy(at turn: Moment) -> Set<Int64> {
        underway.union(setbacks.filter { $0.value.until > turn }.keys)
    }

    var isIdle: Bool { underway.isEmpty }

    func nextTurn(after turn: Moment) -> Moment? {
        setbacks.values.map(\.until).filter { $0 > turn }.min()
    }

    /// The configuration is new: what was found by the old one does not count, and nothing waits for longer.
    func tryAgain() {
        results = [:]
        for id in setbacks.keys { setbacks[id]?.until = session.now }
    }

    /// The job was sent, or is no longer in the queue.
    func forget(_ id: Int64) {
        results[id] = nil
        forgetSetback(of: id)
    }

    private func forgetSetback(of id: Int64) {
        guard let setback = setbacks.removeValue(forKey: id), setback.reason.isOfStorage else { return }
        session.context.troubles.forget(id)
    }

    func keep(_ files: [InlineFile]?, for id: Int64) { self.files[id] = files }
    func takeFiles(for id: Int64) -> [InlineFile] { files.removeValue(forKey: id) ?? [] }

    func begin(_ preparations: [Preparation]) {
        new += preparations
        underway.formUnion(preparations.map(\.job))
        let configuration = session.context.configuration
        storing.formUnion(preparations.filter { $0.usesStorage(configuration) }.map(\.job))
    }

    func takeNew() -> [Preparation] {
        defer { new = [] }
        return new
    }

    func run(_ preparation: Preparation) async {
        var result = Result()
        var reason: Reason?
        for file in preparation.files where reason == nil && result.fault == nil && !Task.isCancelled {
            if result.sent[file.address] != nil { continue }
            let finding: Finding
            switch file {
            case .output(let output): finding = await find(output, preparation.sources[output.jobID])
            case .local(let input):
                (finding, result.contents[input]) = await find(input)
            case .object(let name): finding = await find(name)
            }
            switch finding {
            case .send(let sent): result.sent[file.address] = sent
            case .never(let words): result.fault = (words, file.address)
            case .lost(let words) where isFinal(preparation.job): result.fault = (words, file.address)
            case .lost(let words), .unknown(let words): reason = Reason(words: words)
            case .notStored(let words, let fault):
                reason = Reason(words: words, isOfStorage: true, retryAfter: fault.retryAfter)
            }
        }
        underway.remove(preparation.job)
        storing.remove(preparation.job)
        if Task.isCancelled { return }
        result.foundAt = session.now
        if let reason {
            results[preparation.job] = nil
            setBack(preparation.job, reason)
        } else {
            results[preparation.job] = result
            session.context.troubles.forget(preparation.job)
        }
    }

    /// Why it cannot be told now what can be sent.
    private struct Reason {
        let words: String
        var isOfStorage = false
        var retryAfter: Duration?
    }

    private func setBack(_ job: Int64, _ reason: Reason) {
        let context = session.context
        var setback = setbacks[job] ?? Setback(since: session.now)
        setback.count += 1
        setback.until =
            session.now + context.delay(after: setback.count, asked: reason.retryAfter).wholeMilliseconds
        let isNews = setback.reason.words != reason.words
        setback.reason = reason
        setbacks[job] = setback
        context.log.warning("job \(job) waits: \(reason.words)")
        context.troubles.note(reason.isOfStorage ? .storage : nil, reason.words, job: job)
        if isNews {
            session.store.post {
                try $0.noteSetback(reason.words, isOfStorage: reason.isOfStorage, of: job)
            }
        }
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
        case send(SentFile)
        /// It cannot be sent, and trying again does not help.
        case never(String)
        case lost(String)
        case unknown(String)
        /// The object storage did not do its part; in words, with its own.
        case notStored(String, StorageFault)
    }

    private func find(_ output: Output, _ source: Job?) async -> Finding {
        let context = session.context
        // Without an answer that says no, the service is left to fetch it.
        if await context.downloader.isServed(output.url) ?? true { return .send(.address(output.url)) }
        let what = "output \(output.position) of job \(output.jobID)"
        let fresh = await freshAddress(of: output, source)
        if case .found(let url) = fresh {
            context.log.info("\(what) has a new address")
            session.store.post { try $0.renew(url: url, of: output.jobID, output.position) }
            return .send(.address(url))
        }
        if let kept = await kept(output) { return .send(kept) }
        if case .unknown(let reason) = fresh {
            return .unknown("the address of \(what) is gone, and \(reason)")
        }
        return .lost("the address of \(what) is no longer served, and its file cannot be sent")
    }

    private enum FreshAddress {
        case found(String)
        case none
        case unknown(String)
    }

    /// What is sent of a file that RunComfy no longer has: an address in the storage, or the file itself.
    private func kept(_ output: Output) async -> SentFile? {
        let context = session.context
        let validity = context.configuration.storage.presign
        // Without credentials, the claim could not sign it either.
        if output.isKept, let object = output.object.flatMap(ObjectName.init), let storage = context.storage,
            (try? storage.presignedAddress(of: object, for: validity)) != nil
        {
            return .presigned(object, in: storage, for: validity)
        }
        guard let file = InlineFile(of: output, at: context.outputs) else { return nil }
        // It is read first: nobody pays for a damaged one.
        switch await BlockingPool.onThread({ context.outputs.fault(of: output) }) {
        case nil: return .inline(file)
        case .missing?: return nil
        case .changed(let how)?, .unreadable(let how)?:
            context.log.warning("\(output.path ?? "") cannot be sent for job \(output.jobID): \(how)")
            return nil
        }
    }

    /// Asks the service for another address.
    private func freshAddress(of output: Output, _ source: Job?) async -> FreshAddress {
        let context = session.context
        guard let source, let request = source.requestID else { return .none }
        if let origin = source.origin, origin != context.origin {
            return .unknown("it was bought at \(origin), not at api_url")
        }
        switch try? await context.client.result(of: request, model: source.model) {
        case .succeeded(let fresh, _)?:
            let index = Int(output.position) - 1
            guard fresh.indices.contains(index), fresh[index].url != output.url,
                await context.downloader.isServed(fresh[index].url) ?? true
            else { return .none }
            return .found(fresh[index].url)
        case .stopped(.account(_, let reason))?, .stopped(.tryLater(let reason, _))?: return .unknown(reason)
        case nil: return .unknown("jobd stops")
        default: return .none
        }
    }
}

extension Preparations {
    /// What is sent for a local file, and what it is. The copy is read first: nobody pays for a damaged one.
    private func find(_ input: InputFile) async -> (Finding, FileContent?) {
        let (folder, route) = (session.context.inputs, session.context.configuration.inputRoute)
        let name = "inputs/\(input.name)"
        if route == .data, let fault = folder.file(input).size.flatMap(InlineLimits.fault(ofFile:)) {
            return (.never("\(name) \(fault)"), nil)
        }
        let (fault, content) = await BlockingPool.onThread {
            (folder.fault(in: input), folder.content(of: input))
        }
        switch (fault, content) {
        case (.missing, _): return (.never("\(name) is missing"), nil)
        case (.changed(let how), _): return (.never("\(name) is damaged: \(how)"), nil)
        case (.unreadable(let reason), _): return (.unknown("\(name) cannot be read: \(reason)"), nil)
        case (nil, nil): return (.unknown("\(name) cannot be read"), nil)
        case (nil, let content?): return (await send(input, content, by: route), content)
        }
    }

    private func send(
        _ input: InputFile, _ content: FileContent, by route: Configuration.InputRoute
    ) async -> Finding {
        switch route {
        case .data:
            let file = session.context.inputs.file(input)
            return .send(
                .inline(
                    InlineFile(mediaType: content.mediaType, size: content.facts.bytes ?? 0) {
                        () throws(SystemError) in try file.open()
                    }))
        case .storage:
            do throws(StorageFault) { return .send(try await storage.sent(input, content.mediaType)) } catch {
                return .notStored("inputs/\(input.name) cannot be uploaded: \(error)", error)
            }
        }
    }

    /// What is sent for an object. Nobody pays for a job whose object is not there.
    private func find(_ name: ObjectName) async -> Finding {
        do throws(StorageFault) {
            return try await storage.sent(name).map(Finding.send)
                ?? .never("there is no object \(name.text) in the storage")
        } catch { return .notStored("\(name.text) cannot be looked for: \(error)", error) }
    }
}

extension InlineFile {
    /// Nil if there is no such file, or if it is too large.
    fileprivate init?(of output: Output, at places: OutputPlaces) {
        guard output.hasFile, let type = output.mediaType, let file = output.path.map(places.file),
            let size = file.size, size == output.bytes, InlineLimits.fault(ofFile: size) == nil
        else { return nil }
        self.init(mediaType: type, size: size) { () throws(SystemError) in try file.open() }
    }
}
