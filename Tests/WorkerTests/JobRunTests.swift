import Configuration
import HTTP
import JobModel
import JobStore
import Policy
import Provider
import Scratch
import System
import Testing

@testable import Worker

/// Runs of one job on a real store, with a service and files that say what the test wants.
@Suite @WorkerActor struct JobRunTests {
    private let scratch = ScratchDirectory()
    private let store: JobStore
    private let host = Host()

    init() throws { store = try scratch.jobStore() }

    private struct Service: RemoteService {
        var answer: SubmitAnswer = .bought(requestID: "r", raw: "the raw answer")
        var outcome: ResultAnswer = .unfinished(.inProgress, queuePosition: nil)
        var beforeResult: @Sendable () async -> Void = {}

        func submit(model: String, input: SentInput, ifStill mayLeave: (@Sendable () -> Bool)?) async
            -> SubmitAnswer
        { answer }
        func status(of requestID: String) async throws(CancellationError) -> StatusAnswer {
            .known(.completed, queuePosition: nil)
        }
        func result(of requestID: String, model: String?) async throws(CancellationError) -> ResultAnswer {
            await beforeResult()
            return outcome
        }
        func cancel(_ requestID: String) async throws(CancellationError) -> CancelAnswer { .notCancellable }
    }

    private struct Files: OutputFetcher {
        /// Positions whose address has gone.
        var gone: Set<Int64> = []
        /// A position whose server fails at once, and one whose download waits for that file's next try.
        var failing: Int64?
        var dripping: Int64?
        let gaveWay = Locked(false)
        var trouble: String?

        func fetch(
            _ output: Output, of job: Job, _ pace: FetchPace, _ othersDue: OthersDue
        ) async -> OutputFetch.Outcome {
            if gone.contains(output.position) {
                return .failed(.init(kind: .badAnswer, words: "the server answered 404", addressIsGone: true))
            }
            if output.position == failing { return .failed(.init(kind: .trouble, words: "HTTP 503")) }
            if output.position == dripping {
                for _ in 0..<1000 where othersDue.withLock({ $0 == nil }) {
                    try? await Task.sleep(for: .milliseconds(10))
                }
                let isWanted = othersDue.withLock { $0 != nil }
                gaveWay.withLock { $0 = isWanted }
            }
            var done = output
            (done.path, done.bytes, done.mediaType) = ("\(output.position).png", 4, "image/png")
            done.sha256 = String(repeating: "ab", count: 32)
            return .fetched(OutputFetch.Fetched(output: done))
        }
        func writeSidecar(_ job: Job, _ outputs: [Output]) async -> String? { trouble }
        func removeTemporary(of output: Output, _ job: Job) async {}
    }

    private final class Host: JobRunHost {
        var reports: [RemoteJob.PostReport] = []
        let now: Moment = 1_000_000
        let isStopping = false

        func instant(_ moment: Moment) -> ContinuousClock.Instant { .now }
        func rules(for model: String, _ context: WorkerContext) -> RemoteJob.Rules {
            context.rules(for: model, at: now, times: nil, chance: 0.5)
        }
        func report(_ report: RemoteJob.PostReport, of job: RemoteJob) { reports.append(report) }
        func report(_ report: RemoteJob.LookReport, of job: RemoteJob, at origin: String) {}
        func isLost(_ job: RemoteJob, _ wait: Duration, _ context: WorkerContext) async -> Bool { false }
        func leaveUnrecorded(_ what: String) {}
    }

    private func run(
        _ row: Job, _ service: Service = Service(), _ files: Files = Files(),
        performing actions: [RemoteJob.Action]? = nil
    ) async throws -> JobRun.Outcome {
        let client = try HTTPClient(userAgent: "test")
        var configuration = Configuration()
        configuration.retryAttempts = 1
        configuration.retryPatience = .zero
        let context = try scratch.context(service, configuration, client)
        let job =
            row.state == .submitting
            ? RemoteJob(sending: row, failures: 0) : try #require(RemoteJob(row, at: host.now, .now))
        let run = JobRun(job, input: SentInput(row.input), context, store, files, host)
        let outcome = await run.run {
            if let actions { try await run.perform(actions) } else { try await run.handle(.due) }
        }
        await client.shutdown()
        return outcome
    }

    /// A job that was bought as `request`.
    private func bought(_ request: String = "r") async throws -> Job {
        let job = try await store.claimedJob()
        return try await store.write {
            try $0.record(.accepted(requestID: request), for: job.id, in: .submitting)
        }
    }

    @Test func `what follows from one action comes before the next one`() async throws {
        // The answers lead to a wait. The end that comes last counts.
        let outcome = try await run(try await bought(), performing: [.askStatus, .leave])
        #expect(outcome == .leave)
        guard case .wait = try await run(try await bought("s"), performing: [.leave, .askStatus]) else {
            return #expect(Bool(false), "it does not wait")
        }
    }

    /// A job that has succeeded with three files to fetch, and the service that says so.
    private func succeeded(cost: Double? = nil) async throws -> (Job, Service) {
        let job = try await bought()
        let outputs = (1...3).map { OutputReference(url: "https://cdn/\($0)", kind: .image) }
        let service = Service(outcome: .succeeded(outputs, ResultFacts(cost: cost)))
        #expect(try await run(job, service) == .fetchFiles)
        return (job, service)
    }

    private func found(_ job: Job) async throws -> Job {
        try #require(try await store.read { try $0.find(job.id) })
    }

    @Test func `a bought request is on record before it is followed`() async throws {
        let job = try await store.claimedJob()
        guard case .wait = try await run(job) else { return #expect(Bool(false)) }
        #expect(try await found(job).requestID == "r" && host.reports == [.accepted])
    }

    @Test func `the request of another job leaves this one uncertain with its answer`() async throws {
        _ = try await bought("r")
        let job = try await store.claimedJob()
        #expect(try await run(job) == .leave)
        #expect(try await found(job).state == .uncertain)
        let event = try await store.read { try $0.lastEvent(.uncertain, of: job.id) }
        #expect(event?.detail.contains("the raw answer") == true)
    }

    @Test func `an answer that comes after another took over is adopted`() async throws {
        let job = try await store.claimedJob()
        _ = try await store.write { try $0.record(.daemonRestarted, for: job.id, in: .submitting) }
        #expect(try await run(job) == .overtaken)
        let row = try await found(job)
        #expect(row.state == .inQueue && row.requestID == "r" && row.submissions == 1)
    }

    @Test func `all files are here before the job is completed`() async throws {
        let (job, service) = try await succeeded(cost: 0.1)
        let full = try await run(found(job), service, Files(trouble: "the disk is full"))
        guard case .wait = full else { return #expect(full == .leave) }
        #expect(try await found(job).state == .downloading)
        #expect(try await run(found(job), service) == .leave)
        let row = try await found(job)
        let files = try await store.read { try $0.outputs(of: job.id) }
        #expect(row.state == .completed && row.costUSD == 0.1 && files.allSatisfy { $0.state == .done })
    }

    @Test func `an output that has gone fails the job after the others are here`() async throws {
        let (job, service) = try await succeeded()
        #expect(try await run(found(job), service, Files(gone: [2])) == .leave)
        let row = try await found(job)
        let files = try await store.read { try $0.outputs(of: job.id) }
        #expect(row.state == .failed && row.failureKind == .download)
        #expect(files.map(\.state) == [.done, .failed, .done])
    }

    @Test func `a fresh address that is waited for holds up no other file`() async throws {
        let (job, usual) = try await succeeded()
        var service = usual
        let othersWere = Locked(false)
        service.beforeResult = { [store] in
            for _ in 0..<6000 where !othersWere.withLock({ $0 }) {
                let done = (try? await store.read { try $0.outputs(of: job.id) }) ?? []
                othersWere.withLock { $0 = done.count { $0.state == .done } == 2 }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        _ = try await run(found(job), service, Files(gone: [2]))
        #expect(othersWere.withLock { $0 })
    }

    /// Without it, a download that drips would keep the others of its job from their next try.
    @Test func `a download that drips learns that another file of its job is due`() async throws {
        let (job, service) = try await succeeded()
        let files = Files(failing: 1, dripping: 2)
        guard case .wait = try await run(found(job), service, files) else { return #expect(Bool(false)) }
        #expect(files.gaveWay.withLock { $0 })
    }
}
