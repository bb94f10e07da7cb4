import Configuration
import Glibc
import HTTP
import JobModel
import JobStore
import Policy
import Provider
import SQL
import Scratch
import System
import Testing

@testable import Worker

/// What claims and records, on a real store that cannot always be written.
@Suite @WorkerActor struct SubmissionsTests {
    private let scratch = ScratchDirectory()
    private let store: JobStore
    private let errors = Locked(0)

    init() throws { store = try scratch.jobStore() }

    private func session(_ client: HTTPClient) throws -> WorkerSession {
        var configuration = Configuration()
        (configuration.retryMin, configuration.retryMax) = (.seconds(100), .seconds(100))
        let log = Log { [errors] level, text in
            if level == .error, text.hasPrefix("the store") { errors.withLock { $0 += 1 } }
        }
        return WorkerSession(store, try scratch.context(SilentService(), configuration, client, log: log))
    }

    @Test func `a claim that cannot be written is not tried again at once`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let session = try session(client)
        let submissions = Submissions(session, AccountWatch(session))
        _ = try await store.write { try $0.enqueue(NewJob(model: "m", input: "{}")) }
        let foreign = try SQLiteConnection(
            path: scratch["state/jobs.db"], .readWrite, busyTimeout: .seconds(5))
        try foreign.execute(
            "CREATE TRIGGER full BEFORE UPDATE OF state ON jobs BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        let turn = session.now
        for _ in 1...3 { #expect(await submissions.claim(at: turn).isEmpty) }
        #expect(errors.withLock { $0 } == 1)
        let next = try #require(submissions.nextTurn(after: turn))
        #expect(next >= turn + 75_000)
        try foreign.execute("DROP TRIGGER full")
        #expect(await submissions.claim(at: next).count == 1)
        await client.shutdown()
    }

    @Test func `nothing is claimed once files of the store are lost`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let session = try session(client)
        let submissions = Submissions(session, AccountWatch(session))
        _ = try await store.write { try $0.enqueue(NewJob(model: "m", input: "{}")) }
        unlink(scratch["state/jobs.db-wal"])
        #expect(await submissions.claim(at: 0).isEmpty)
        await client.shutdown()
    }

    @Test func `a store that cannot be written is left alone for a while`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let session = try session(client)
        let account = AccountWatch(session)
        let submissions = Submissions(session, account)
        let job = try await store.claimedJob()
        let foreign = try SQLiteConnection(
            path: scratch["state/jobs.db"], .readWrite, busyTimeout: .seconds(5))
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

    @Test func `a job that is being prepared is not nothing`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let session = try session(client)
        let account = AccountWatch(session)
        let submissions = Submissions(session, account)
        _ = try await store.write { try $0.completedJob() }
        let suspect = try await store.claimedJob()
        account.note(.account(.token, "HTTP 401"), of: RemoteJob(sending: suspect, failures: 0))
        let waiting = try await store.write {
            try $0.enqueue(NewJob(model: "m", input: #"{"image":"job:1"}"#)).job.id
        }
        let turn = session.now + 200_000
        #expect(await submissions.claim(at: turn).isEmpty)
        #expect(submissions.preparations.busy(at: turn) == [waiting] && !account.gate.isConvinced)
        await client.shutdown()
    }
}
