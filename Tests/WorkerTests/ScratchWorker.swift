import Configuration
import Downloader
import HTTP
import Inputs
import JobModel
import JobStore
import ObjectStorage
import Outputs
import Provider
import Scratch
import System
import Testing

@testable import Worker

extension ScratchDirectory {
    /// A store as jobd has it.
    func jobStore() throws -> JobStore {
        let directory = StateDirectory(path: self["state"], origin: .option)
        try directory.create()
        let lock = try #require(try StateLock(directory, as: "jobd"))
        return try JobStore(lock: lock) { try JobDatabase(directory, .create, lock: lock) }
    }

    /// What a worker works with: this service, and a downloader that asks nobody.
    func context(
        _ service: any RemoteService, _ configuration: Configuration, _ client: HTTPClient,
        storage: ObjectStorage? = nil, log: Log = Log { _, _ in }
    ) throws -> WorkerContext {
        let settings = DownloadSettings(
            apiURL: "https://api.example", hosts: [], maximumBytes: 1 << 20, minimumFree: 0,
            connectTimeout: .seconds(1), silenceTimeout: .seconds(1), access: .ownerOnly)
        return WorkerContext(
            configuration: configuration, client: service,
            downloader: Downloader(client: client, settings: settings),
            outputName: try OutputName(parsing: configuration.outputName),
            outputs: OutputPlaces(own: self["out"], current: self["out"]),
            inputs: InputFolder(StateDirectory(path: self["state"], origin: .option)),
            storage: storage, hasToken: true,
            log: log)
    }
}

/// A service that takes no job and knows no result.
struct SilentService: RemoteService {
    func submit(model: String, input: SentInput, ifStill mayLeave: (@Sendable () -> Bool)?) async
        -> SubmitAnswer
    { .unreachable("none") }
    func status(of requestID: String) async throws(CancellationError) -> StatusAnswer {
        .known(.completed, queuePosition: nil)
    }
    func result(of requestID: String, model: String?) async throws(CancellationError) -> ResultAnswer {
        .unfinished(.inProgress, queuePosition: nil)
    }
    func cancel(_ requestID: String) async throws(CancellationError) -> CancelAnswer { .notCancellable }
}

extension JobDatabase {
    /// A job that has completed with one output, in the caller's transaction.
    @discardableResult
    func completedJob() throws -> Job {
        let id = try insert(NewJob(model: "source", input: "{}")).id
        _ = try record(.submitting(priceUSD: nil), for: id, in: .queued)
        _ = try record(.accepted(requestID: "request-\(id)"), for: id, in: .submitting)
        _ = try record(
            .succeeded(finishedAt: nil, costUSD: nil), for: id, in: .inQueue,
            outputs: [(.image, "https://x.test/\(id)")])
        for var output in try outputs(of: id) {
            (output.path, output.bytes) = ("\(id).png", 10)
            (output.sha256, output.mediaType) = (String(repeating: "a", count: 64), "image/png")
            try finish(output)
        }
        return try record(.fetched, for: id, in: .downloading)
    }
}

extension JobStore {
    /// A job that was claimed just now.
    func claimedJob() async throws -> Job {
        try await write { database in
            let id = try database.enqueue(NewJob(model: "m", input: "{}")).job.id
            return try database.record(.submitting(priceUSD: nil), for: id, in: .queued)
        }
    }
}

/// A service in a test need not compare answers: each look is answered by `status`.
extension RemoteService {
    func look(_ looks: [Look], _ receiver: AnswerReceiver) {
        receiver.receive(looks.map { ($0.job, .other(.success(HTTPResponse(status: 200)), nil)) })
    }
    func status(of requestID: String, from answer: Result<HTTPResponse, HTTPError>)
        async throws(CancellationError) -> StatusAnswer
    {
        try await status(of: requestID)
    }
}
