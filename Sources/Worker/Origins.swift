internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import Provider

/// Requests that were bought at another origin, and requests that the service says it does not know.
@WorkerActor
final class Origins {
    /// The requests that a service says it does not know, by origin.
    private var unknowns: [String: UnknownRequests] = [:]
    /// A witness is being asked for: a request that has succeeded.
    private var isSeekingWitness = false
    private var witnessTurn = 0
    /// The jobs whose requests were bought at another origin, with that origin.
    private(set) var elsewhere: [Int64: String] = [:]
    /// Origins that the log has named.
    private var told: Set<String> = []
    private let session: WorkerSession

    /// A service may have forgotten requests that ended before.
    private static let memory = Duration.seconds(-7 * 86_400)
    private nonisolated static let mostWitnesses = 32

    init(_ session: WorkerSession) { self.session = session }

    func forget(_ job: RemoteJob) {
        elsewhere[job.id] = nil
        guard let request = job.request?.id else { return }
        for origin in unknowns.keys { unknowns[origin]?.forget(request) }
    }

    // MARK: - Another origin

    /// jobd asks no other service about a request than the one that has it. The job waits for the right
    /// `api_url`.
    func setAside(_ id: Int64, _ origin: String) {
        elsewhere[id] = origin
        guard told.insert(origin).inserted else { return }
        let context = session.context
        context.log.error(
            "job \(id) was bought at \(origin), and api_url is \(context.origin): "
                + "jobd asks about jobs from there only after api_url is set back")
    }

    /// The configuration is new.
    ///
    /// - Returns: the jobs that were set aside. Their next looks find out whether they still are.
    func takeBack() -> [Int64] {
        let jobs = Array(elsewhere.keys)
        (elsewhere, told) = ([:], [])
        session.store.post { [origin = session.context.origin] in try $0.setAPIOrigin(origin) }
        return jobs
    }

    /// How jobd ends if jobs of another origin are left.
    func ending(_ ending: Dispatcher.Ending) -> Dispatcher.Ending {
        guard ending == .drained, let first = elsewhere.min(by: { $0.key < $1.key }) else { return ending }
        let jobs = elsewhere.count == 1 ? "job \(first.key)" : "\(elsewhere.count) jobs"
        return .elsewhere(
            "\(jobs) cannot be followed: bought at \(first.value), and api_url is \(session.context.origin)")
    }

    // MARK: - Lost requests

    /// Notes what a look at `job` says about the service at `origin`.
    func note(_ report: RemoteJob.LookReport, of job: RemoteJob, at origin: String) {
        guard let request = job.request?.id else { return }
        switch report {
        case .answered: unknowns[origin]?.answered(request, at: session.now)
        case .noWord, .troubled, .account: unknowns[origin]?.noAnswer(request)
        default: break
        }
    }

    /// Whether the job's request, which the service does not know, is lost; otherwise the service is in
    /// trouble.
    ///
    /// - Parameter isAlone: whether no other job is followed at this origin.
    func isLost(
        _ job: RemoteJob, _ wait: Duration, _ context: WorkerContext, isAlone: () -> Bool
    ) async -> Bool {
        guard let request = job.request?.id else { return false }
        let origin = context.origin
        var isOnly = false
        if !job.isAskedOnceMore, unknowns[origin]?.needsWitness(for: request) == true {
            isOnly = await seekWitness(context) && isAlone()
        }
        return unknowns[origin, default: UnknownRequests()].unknown(
            request, at: session.now, wait: wait, isOnly: isOnly, isUnwanted: job.cancelling.isWished,
            patience: context.configuration.retryPatience)
    }

    /// Asks for a request that has succeeded, a different one each time. Returns whether there is none.
    private func seekWitness(_ context: WorkerContext) async -> Bool {
        guard !isSeekingWitness else { return false }
        isSeekingWitness = true
        defer { isSeekingWitness = false }
        let (origin, since) = (context.origin, Timestamp.now + Self.memory)
        let known = try? await session.store.read {
            try $0.succeeded(at: origin, since: since, limit: Self.mostWitnesses)
        }
        guard let known else { return false }
        if known.isEmpty { return true }
        witnessTurn += 1
        let witness = known[witnessTurn % known.count]
        if case .known? = try? await context.client.status(of: witness) {
            unknowns[origin]?.knowsEnded(witness, at: session.now)
        }
        return false
    }
}
