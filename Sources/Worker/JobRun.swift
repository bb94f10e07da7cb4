internal import Configuration
internal import Downloader
internal import JSON
internal import JobModel
internal import JobStore
internal import Provider
internal import System

/// Performs the actions of one `RemoteJob`: asks the service, writes to the store, has files fetched. It
/// hands the outcomes back, until the job waits, ends, or turns out to be another's.
@WorkerActor
final class JobRun {
    /// How a run ended.
    enum Outcome: Equatable, Sendable {
        case wait(Duration)
        /// It has finished there: its files come next.
        case fetchFiles
        /// Its request was bought at this other origin.
        case setAside(String)
        /// It has ended, waits in the queue again, or waits for a person.
        case leave
        /// A person was quicker, the store refused, or jobd stops: the database says how the job stands.
        case overtaken
    }

    private(set) var job: RemoteJob
    /// To be sent; empty for what was sent before.
    private let input: String
    let context: WorkerContext
    let recorder: Recorder
    let fetcher: any OutputFetcher
    unowned let host: any JobRunHost
    private var rules: RemoteJob.Rules
    private var outcome = Outcome.leave

    init(
        _ job: RemoteJob, input: String = "", _ context: WorkerContext, _ store: JobStore,
        _ fetcher: any OutputFetcher, _ host: any JobRunHost
    ) {
        (self.job, self.input, self.context, self.fetcher, self.host) = (job, input, context, fetcher, host)
        rules = context.rules(for: job.model)
        recorder = Recorder(
            store: store, context: context, patienceAfterStop: job.state == .submitting ? .seconds(10) : .zero
        )
    }

    func run() async -> Outcome {
        do {
            try await handle(.due)
        } catch {
            if !host.isStopping, !Task.isCancelled, !(error is Told) {
                context.log.warning("job \(job.id) is not as it was: \(error)")
            }
            outcome = .overtaken
        }
        return outcome
    }

    func handle(_ event: RemoteJob.Event) async throws {
        rules.now = host.now
        rules.wall = .now
        rules.chance = .random(in: 0..<1)
        rules.spread = host.spread(of: job.model)
        for action in job.handle(event, rules) {
            if let next = try await perform(action) { try await handle(next) }
        }
    }

    /// - Returns: what came of it, where the job has to know.
    private func perform(_ action: RemoteJob.Action) async throws -> RemoteJob.Event? {
        switch action {
        case .post, .askStatus, .askResult, .sendCancel, .askCost: return try await ask(action)
        case .judge(let reason, let wait):
            return .judged(isLost: await host.isLost(job, wait, context), reason, wait: wait)
        case .record(let event, let outputs): return try await record(event, outputs)
        case .doubt(let reason, let raw): try await doubt(reason, raw)
        case .report(let report): host.report(report, of: job, context)
        case .learnOrigin(let origin):
            if let request = job.request?.id {
                recorder.store.post { try $0.learn(origin: origin, of: request) }
            }
        case .note(let trouble, let output): recorder.note(trouble, of: job.id, output: output)
        case .log(let level, let text): context.log.write(level, text)
        case .wait(let time): outcome = .wait(time)
        case .fetchFiles: outcome = .fetchFiles
        case .setAside(let origin): outcome = .setAside(origin)
        case .leave: outcome = .leave
        default: return try await performOnFiles(action)
        }
        return nil
    }

    // MARK: - The service

    private func ask(_ action: RemoteJob.Action) async throws -> RemoteJob.Event? {
        let (client, id) = (context.client, job.request?.id ?? "")
        switch action {
        case .post:
            // A stop must not tear a paid POST from its answer: a task of its own is not cancelled.
            let (model, input) = (job.model, input)
            return .submitted(await Task { await client.submit(model: model, input: input) }.value)
        case .askStatus: return .status(try await client.status(of: id))
        case .askResult: return .result(try await client.result(of: id, model: job.model))
        case .sendCancel: return .cancel(try await client.cancel(id))
        case .askCost(let wait):
            return .cost(try await LateCost(client: client).ask(id, model: job.model, after: wait))
        default: return nil
        }
    }

    // MARK: - The store

    private func record(_ event: JobEvent, _ outputs: [OutputReference]) async throws -> RemoteJob.Event? {
        let (id, state) = (job.id, job.state)
        let isFinished = if case .succeeded = event { true } else { false }
        do {
            let (job, rows) = try await recorder.write(Self.words(for: event, id)) { database in
                let job = try database.record(
                    event, for: id, in: state,
                    outputs: outputs.map { ($0.kind, $0.url) })
                return (job, isFinished ? try database.outputs(of: id) : [])
            }
            return .recorded(job, rows)
        } catch {
            if state == .submitting { return try await settle(event, error) }
            throw error
        }
    }

    private func doubt(_ reason: String, _ raw: KeptAnswer) async throws {
        let (id, resubmits) = (job.id, context.configuration.onUncertain == .resubmit)
        do {
            try await recorder.write("job \(id)") { database in
                let doubted = try database.record(
                    .unanswered(reason: reason), for: id, in: .submitting, detail: raw.members)
                if resubmits { _ = try database.resubmitOnce(doubted) }
            }
        } catch {
            context.log.error("job \(id) is uncertain: \(reason), which is not recorded: \(raw)")
            _ = try await settle(.unanswered(reason: reason), error)
        }
    }

    /// A request that was bought must be findable even where it can never be recorded.
    private static func words(for event: JobEvent, _ id: Int64) -> String {
        if case .accepted(let requestID, _) = event { return "job \(id), which is request \(requestID)," }
        return "job \(id)"
    }

    /// What to do where the answer to a POST cannot be recorded as it is.
    private func settle(_ event: JobEvent, _ error: any Error) async throws -> RemoteJob.Event? {
        if let error = error as? Recorder.GivenUp {
            context.log.error("\(error.what) cannot be recorded, and jobd stops: \(error)")
            host.leaveUnrecorded(error.what)
            throw Told()
        }
        if case .accepted(let requestID, _) = event {
            switch error {
            // Two jobs with one request: the service has mixed something up, and nobody can know what was
            // bought.
            case StoreError.refused: return .requestTaken
            case is Recorder.Overtaken: await adoptLate(requestID)
            // What was bought and could not be written must at least be findable.
            default:
                context.log.error(
                    "job \(job.id) is request \(requestID), which could not be recorded: \(error)")
            }
        }
        let why =
            error is Recorder.Overtaken ? "another jobd has the job" : "its answer could not be recorded"
        host.report(.doubted(why), of: job, context)
        throw Told()
    }

    /// Why the run ends was said.
    private struct Told: Error {}

    /// Another jobd took this one's place while the POST was on the wire, and made the job uncertain: now it
    /// is known.
    private func adoptLate(_ requestID: String) async {
        context.log.warning("job \(job.id) is request \(requestID); another jobd had made the job uncertain")
        let (id, submissions) = (job.id, job.submissions)
        _ = try? await recorder.write("job \(id), which is request \(requestID),") {
            // Where it was sent again meanwhile, this is another purchase: its id is kept for a person.
            guard let found = try $0.find(id), found.state == .uncertain, found.submissions == submissions + 1
            else { return try $0.append(.fault, ["request_id": .string(requestID)], job: id, at: $0.now) }
            _ = try $0.record(.resolved(.adopt(requestID: requestID)), for: id, in: .uncertain)
        }
    }
}

/// Who has a job run: knows the time, and wants to know what the answers say.
@WorkerActor
protocol JobRunHost: AnyObject {
    var now: RemoteJob.Moment { get }
    var isStopping: Bool { get }
    func instant(_ moment: RemoteJob.Moment) -> ContinuousClock.Instant
    /// Between which times most jobs of the model were done.
    func spread(of model: String) -> ClosedRange<Duration>?
    func report(_ report: RemoteJob.Report, of job: RemoteJob, _ context: WorkerContext)
    /// The service does not know the job's request: whether it is lost.
    func isLost(_ job: RemoteJob, _ wait: Duration, _ context: WorkerContext) async -> Bool
    /// jobd stops, and what became of it could not be written down.
    func leaveUnrecorded(_ what: String)
}
