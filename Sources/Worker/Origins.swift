internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import Provider

/// Requests of another origin than the present one, and requests that the service says it does not know.
@WorkerActor
final class Origins {
    /// What is known of the requests that a service says it does not know, by its origin.
    private var unknowns: [String: UnknownRequests] = [:]
    /// A request that has succeeded before is being asked for, and how often that was done.
    private var isSeekingWitness = false
    private var witnessTurn = 0
    /// The jobs that are not asked for, since their requests were bought at another origin.
    private(set) var elsewhere: [Int64: String] = [:]
    /// Origins of which the log has told.
    private var told: Set<String> = []
    private let session: WorkerSession

    /// A service may have forgotten what ended before.
    private static let memory = Duration.seconds(-7 * 86_400)
    private nonisolated static let mostWitnesses = 32

    init(_ session: WorkerSession) { self.session = session }

    func forget(_ job: RemoteJob) {
        elsewhere[job.id] = nil
        guard let request = job.request?.id else { return }
        for origin in unknowns.keys { unknowns[origin]?.forget(request) }
    }

    // MARK: - Another origin

    /// Nothing is asked of another service than the one that has the request. It goes on with the right
    /// `api_url`.
    func setAside(_ id: Int64, _ origin: String) {
        elsewhere[id] = origin
        guard told.insert(origin).inserted else { return }
        let context = session.context
        context.log.error(
            "job \(id) was bought at \(origin), and api_url is \(context.origin): jobs from there are not asked for "
                + "until api_url is theirs again")
    }

    /// Another configuration counts from now on: answers the jobs that were set aside. Each finds out at its
    /// next look whose it is.
    func takeBack() -> [Int64] {
        let jobs = Array(elsewhere.keys)
        (elsewhere, told) = ([:], [])
        session.store.post { [origin = session.context.origin] in try $0.setAPIOrigin(origin) }
        return jobs
    }

    /// Says so where a run has come to its end, and jobs of another origin are left.
    func ending(_ ending: Dispatcher.Ending) -> Dispatcher.Ending {
        guard ending == .drained, let first = elsewhere.min(by: { $0.key < $1.key }) else { return ending }
        let jobs = elsewhere.count == 1 ? "job \(first.key)" : "\(elsewhere.count) jobs"
        return .elsewhere(
            "\(jobs) cannot be followed: bought at \(first.value), and api_url is \(session.context.origin)")
    }

    // MARK: - Lost requests

    /// Keeps in mind what a look at `job` says about the service at `origin`.
    func note(_ report: RemoteJob.Report, of job: RemoteJob, at origin: String) {
        guard let request = job.request?.id else { return }
        switch report {
        case .answered: unknowns[origin]?.answered(request, at: session.now)
        case .noWord, .troubled, .account: unknowns[origin]?.noAnswer(request)
        default: break
        }
    }

    /// The service that `context` leads to does not know the job's request: either that is lost, or the
    /// service in trouble.
    ///
    /// - Parameter isAlone: whether no other job could be asked for.
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

    /// Asks for a request that has succeeded before, a different one each time. Answers whether there is
    /// none.
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
