internal import Configuration
internal import Downloader
internal import JSON
internal import JobModel
internal import JobStore
internal import Policy
internal import Provider
internal import System

/// Performs the actions of one `RemoteJob`: asks the service, writes to the store, has files fetched. It
/// hands the results back as events, until the job waits, ends, or turns out to be in other hands.
@WorkerActor
final class JobRun {
    /// How a run ended.
    enum Outcome: Equatable, Sendable {
        case wait(Duration)
        /// The request has succeeded: its files come next.
        case fetchFiles
        /// Its request was bought at this other origin.
        case setAside(String)
        /// It has ended, is queued again, or waits for a person.
        case leave
        /// Somebody else has changed the job, the store refused a change, or jobd stops: the database says
        /// what the job's state is.
        case overtaken
    }

    private(set) var job: RemoteJob
    /// What to send; empty if the job was sent before.
    private let input: SentInput
    /// Whether the job may still be sent, asked at the last moment.
    var lastLook: (@Sendable () -> Bool)?
    let context: WorkerContext
    let recorder: Recorder
    let fetcher: any OutputFetcher
    unowned let host: any JobRunHost
    private var outcome = Outcome.leave

    init(
        _ job: RemoteJob, input: SentInput = "", _ context: WorkerContext, _ store: JobStore,
        _ fetcher: any OutputFetcher, _ host: any JobRunHost
    ) {
        (self.job, self.input, self.context, self.fetcher, self.host) = (job, input, context, fetcher, host)
        recorder = Recorder(
            store: store, context: context, patienceAfterStop: job.state == .submitting ? .seconds(10) : .zero
        )
    }

    /// Begins with `.due`.
    func run() async -> Outcome { await run { try await self.handle(.due) } }

    /// - Parameter body: what the run begins with.
    func run(_ body: () async throws -> Void) async -> Outcome {
        do {
            try await body()
        } catch {
            if !host.isStopping, !Task.isCancelled, !(error is Logged) {
                context.log.warning("job \(job.id) is not as it was: \(error)")
            }
            outcome = .overtaken
        }
        return outcome
    }

    func handle(_ event: RemoteJob.Event) async throws { try await perform(actions(after: event)) }

    private func actions(after event: RemoteJob.Event) -> [RemoteJob.Action] {
        job.handle(event, host.rules(for: job.model, context))
    }

    /// What follows from the result of one action comes before the next one.
    func perform(_ actions: [RemoteJob.Action]) async throws {
        // The next one last. Calls within calls would take much memory for each job.
        var left = Array(actions.reversed())
        while let action = left.popLast() {
            if let event = try await perform(action) { left += self.actions(after: event).reversed() }
        }
    }

    /// - Returns: the result, if the job has to know it.
    private func perform(_ action: RemoteJob.Action) async throws -> RemoteJob.Event? {
        let (client, request) = (context.client, job.request?.id ?? "")
        switch action {
        case .post:
            // In its own task, which nobody cancels: a stop must not cut a paid POST off from its answer.
            let (input, model, lastLook) = (input, job.model, lastLook)
            return .submitted(
                await Task { await client.submit(model: model, input: input, ifStill: lastLook) }.value)
        case .askStatus: return .status(try await client.status(of: request))
        case .askResult: return .result(try await client.result(of: request, model: job.model))
        case .sendCancel: return .cancel(try await client.cancel(request))
        case .askCost(let wait): return .cost(try await cost(of: request, after: wait))
        case .askWhetherLost(let reason, let wait):
            return .lossDecided(isLost: await host.isLost(job, wait, context), reason, wait: wait)
        case .record(let event, let outputs): return try await record(event, outputs)
        case .recordUncertain(let reason, let raw): try await recordUncertain(reason, raw)
        case .reportPost(let report): host.report(report, of: job)
        case .reportLook(let report): host.report(report, of: job, at: context.origin)
        case .learnOrigin(let origin): recorder.store.post { try $0.learn(origin: origin, of: request) }
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

    /// Asks again for the cost of a request that is over.
    private func cost(of request: String, after wait: Duration) async throws -> Double? {
        let (client, model) = (context.client, job.model)
        return try await withThrowingTaskGroup(of: Double?.self) { group in
            group.addTask {
                try await Task.sleep(for: wait)
                return try await client.result(of: request, model: model).facts?.cost
            }
            group.addTask {
                // A service that does not answer must not keep the job from its end for longer.
                try await Task.sleep(for: .seconds(5))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    // MARK: - The store

    private func record(_ event: JobEvent, _ outputs: [OutputReference]) async throws -> RemoteJob.Event? {
        let (id, state) = (job.id, job.state)
        let isFinished = if case .succeeded = event { true } else { false }
        var what = "job \(id)"
        // The log names a request that was bought, even if it can never be recorded.
        if case .accepted(let requestID, _) = event { what += ", which is request \(requestID)," }
        do {
            let (job, rows) = try await recorder.write(what, of: id) { database in
                let job = try database.record(
                    event, for: id, in: state, outputs: outputs.map { ($0.kind, $0.url) })
                return (job, isFinished ? try database.outputs(of: id) : [])
            }
            return .recorded(job, rows)
        } catch {
            if state == .submitting { return try await notRecorded(event, error) }
            throw error
        }
    }

    private func recordUncertain(_ reason: String, _ raw: KeptAnswer) async throws {
        let (id, resubmits) = (job.id, context.configuration.onUncertain == .resubmit)
        do {
            try await recorder.write("job \(id)", of: id) { database in
                let uncertain = try database.record(
                    .unanswered(reason: reason), for: id, in: .submitting, detail: raw.members)
                if resubmits { _ = try database.resubmitOnce(uncertain) }
            }
        } catch {
            context.log.error("job \(id) is uncertain: \(reason), which is not recorded: \(raw)")
            _ = try await notRecorded(.unanswered(reason: reason), error)
        }
    }

    /// What to do if the answer to a POST cannot be recorded as it is.
    private func notRecorded(_ event: JobEvent, _ error: any Error) async throws -> RemoteJob.Event? {
        if let error = error as? Recorder.GivenUp {
            context.log.error("\(error.what) cannot be recorded, and jobd stops: \(error)")
            host.leaveUnrecorded(error.what)
            throw Logged()
        }
        if case .accepted(let requestID, _) = event {
            switch error {
            // Two jobs with one request: the service has confused them, and nobody can know what was bought.
            case StoreError.refused: return .requestIsAnothers
            case is Recorder.Overtaken: await adoptLate(requestID)
            default:
                context.log.error(
                    "job \(job.id) is request \(requestID), which could not be recorded: \(error)")
            }
        }
        let why =
            error is Recorder.Overtaken ? "another jobd has the job" : "its answer could not be recorded"
        host.report(.uncertain(why), of: job)
        throw Logged()
    }

    /// Ends the run; the log says why already.
    private struct Logged: Error {}

    /// Another jobd took over while the POST was on the wire, and made the job uncertain. Its request is
    /// known now.
    private func adoptLate(_ requestID: String) async {
        context.log.warning("job \(job.id) is request \(requestID); another jobd had made the job uncertain")
        let (id, submissions) = (job.id, job.submissions)
        _ = try? await recorder.write("job \(id), which is request \(requestID),", of: id) {
            // If the job was sent again since, this is another purchase: its id is kept for a person.
            guard let found = try $0.find(id), found.state == .uncertain, found.submissions == submissions + 1
            else { return try $0.append(.fault, ["request_id": .string(requestID)], job: id, at: $0.now) }
            _ = try $0.record(.resolved(.adopt(requestID: requestID)), for: id, in: .uncertain)
        }
    }
}

/// What a run needs from whoever started it.
@WorkerActor
protocol JobRunHost: AnyObject {
    var isStopping: Bool { get }
    func instant(_ moment: Moment) -> ContinuousClock.Instant
    /// The rules for a job of `model` now.
    func rules(for model: String, _ context: WorkerContext) -> RemoteJob.Rules
    func report(_ report: RemoteJob.PostReport, of job: RemoteJob)
    func report(_ report: RemoteJob.LookReport, of job: RemoteJob, at origin: String)
    /// Whether the job's request, which the service does not know, is lost.
    func isLost(_ job: RemoteJob, _ wait: Duration, _ context: WorkerContext) async -> Bool
    /// jobd stops, and this could not be recorded.
    func leaveUnrecorded(_ what: String)
}
