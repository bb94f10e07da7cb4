import Configuration
import Downloader
import HTTP
import JobModel
import JobStore
import Outputs
import Policy
import Provider
import SQLite
import Scratch
import System
import Testing

@testable import Worker

/// What claims and records, on a real store that cannot always be written.
@Suite @WorkerActor struct SubmissionsTests {
    private let scratch = ScratchDirectory()
    private let store: JobStore
    private let errors = Locked(0)

    init() throws {
        let directory = StateDirectory(path: scratch["state"], origin: .option)
        try directory.create()
        let lock = try #require(try StateLock(directory, as: "jobd"))
        store = try JobStore(lock: lock) { try JobDatabase(directory, .create, lock: lock) }
    }

    private struct Service: RemoteService {
        func submit(model: String, input: String) async -> SubmitAnswer { .unreachable("none") }
        func status(of requestID: String) async throws(CancellationError) -> StatusAnswer {
            .known(.completed, queuePosition: nil)
        }
        func result(of requestID: String, model: String?) async throws(CancellationError) -> ResultAnswer {
            .unfinished(.inProgress, queuePosition: nil)
        }
        func cancel(_ requestID: String) async throws(CancellationError) -> CancelAnswer { .notCancellable }
    }

    private func session(_ client: HTTPClient) throws -> WorkerSession {
        let settings = DownloadSettings(
            apiURL: "https://api.example", hosts: [], maximumBytes: 1 << 20, minimumFree: 0,
            connectTimeout: .seconds(1), silenceTimeout: .seconds(1), access: .ownerOnly)
        var configuration = Configuration()
        (configuration.retryMin, configuration.retryMax) = (.seconds(100), .seconds(100))
        let context = WorkerContext(
            configuration: configuration, client: Service(),
            downloader: Downloader(client: client, settings: settings),
            outputName: try OutputName(parsing: configuration.outputName),
            outputs: OutputPlaces(own: scratch["out"], current: scratch["out"]), hasToken: true,
            log: Log { [errors] level, text in
                if level == .error, text.hasPrefix("the store") { errors.withLock { $0 += 1 } }
            })
        return WorkerSession(store, context)
    }

    @Test func `a store that cannot be written is left alone for a while`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let session = try session(client)
        let account = AccountWatch(session)
        let submissions = Submissions(session, account)
        let job = try await store.write { database in
            let id = try database.enqueue(NewJob(model: "m", input: "{}")).job.id
            return try database.record(.submitting(priceUSD: nil), for: id, in: .queued)
        }
        let foreign = try Connection(path: scratch["state/jobs.db"], .readWrite, busyTimeout: .seconds(5))
        try foreign.execute(
            "CREATE TRIGGER full BEFORE INSERT ON pauses BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
        account.note(.account(.token, "HTTP 401"), of: RemoteJob(sending: job, failures: 0))

        let turn = session.now
        for _ in 1...3 { #expect(await submissions.claim(at: turn).isEmpty) }
        #expect(errors.withLock { $0 } == 1 && !account.isWritten)
        let next = try #require(submissions.nextTurn(after: turn))
        #expect(next >= turn + 75_000 && next <= session.now + 100_000)

        try foreign.execute("DROP TRIGGER full")
        _ = await submissions.claim(at: next)
        #expect(account.isWritten && errors.withLock { $0 } == 1)
        #expect(try await store.read { try $0.pauses().map(\.reason) } == [.token])
        await client.shutdown()
    }
}
