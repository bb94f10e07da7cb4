import Configuration
import Downloader
import HTTP
import JobModel
import JobStore
import Outputs
import Provider
import Scratch
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
        log: Log = Log { _, _ in }
    ) throws -> WorkerContext {
        let settings = DownloadSettings(
            apiURL: "https://api.example", hosts: [], maximumBytes: 1 << 20, minimumFree: 0,
            connectTimeout: .seconds(1), silenceTimeout: .seconds(1), access: .ownerOnly)
        return WorkerContext(
            configuration: configuration, client: service,
            downloader: Downloader(client: client, settings: settings),
            outputName: try OutputName(parsing: configuration.outputName),
            outputs: OutputPlaces(own: self["out"], current: self["out"]), hasToken: true, log: log)
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
