internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import Provider

/// Requests of another origin than the present one, and requests that the service says it does not know.
extension Dispatcher {
    /// The jobs that are not asked for, since their requests were bought at another origin.
    struct Elsewhere {
        var jobs: [Int64: String] = [:]
        /// Origins of which the log has told.
        var told: Set<String> = []
    }

    /// Who is asked whether the service still knows its older requests.
    struct WitnessSearch {
        var isUnderWay = false
        var turn = 0
    }

    /// A service may have forgotten what ended before.
    private static let memory = Duration.seconds(-7 * 86_400)
    private static let mostWitnesses = 32

    /// Nothing is asked of another service than the one that has the request. It goes on with the right
    /// `api_url`.
    func setAside(_ job: Followed, _ origin: String) {
        traffic.leave(job.id, job.model)
        elsewhere.jobs[job.id] = origin
        guard elsewhere.told.insert(origin).inserted else { return }
        context.log.error(
            "job \(job.id) was bought at \(origin), and api_url is \(context.origin): jobs from there are not asked for "
                + "until api_url is theirs again")
    }

    /// Another configuration counts from now on: each job finds out at its next look whose it is.
    func takeUpElsewhere() {
        for id in elsewhere.jobs.keys where !active.contains(id) {
            if let job = followed[id] { traffic.enter(id, job.model) }
            agenda.put(id, at: now)
        }
        elsewhere = Elsewhere()
        store.post { [origin = context.origin] in try $0.setAPIOrigin(origin) }
    }

    /// Says so where a run has come to its end, and jobs of another origin are left.
    func ending(_ ending: Ending) -> Ending {
        guard ending == .drained, let first = elsewhere.jobs.min(by: { $0.key < $1.key }) else {
            return ending
        }
        let jobs = elsewhere.jobs.count == 1 ? "job \(first.key)" : "\(elsewhere.jobs.count) jobs"
        return .elsewhere(
            "\(jobs) cannot be followed: bought at \(first.value), and api_url is \(context.origin)")
    }

    /// Keeps in mind what a look at `job` says about the service at `origin`.
    func keepInMind(_ finding: Looking.Finding?, of job: Followed, at origin: String) {
        switch finding {
        case .again, .landed, .over:
            guard job.faults == 0 else { return }
            unknowns[origin]?.answered(job.requestID, at: now)
            guard job.origin == nil else { return }
            followed[job.id]?.origin = origin
            store.post { try $0.learn(origin: origin, of: job.requestID) }
        case .unknown: break
        case .noWord, .trouble, .account, nil: unknowns[origin]?.noAnswer(job.requestID)
        }
    }

    /// The service that `context` leads to does not know the job's request: either that is lost, or the
    /// service in trouble.
    func judge(
        _ job: Followed, _ reason: String, _ wait: Duration, _ context: WorkerContext
    ) async -> Looking.Finding? {
        let origin = context.origin
        var isOnly = false
        if !job.isAskedOnceMore, unknowns[origin]?.needsWitness(for: job.requestID) == true {
            isOnly = await seekWitness(for: job, context)
        }
        let isLost = unknowns[origin, default: UnknownRequests()].unknown(
            job.requestID, at: now, wait: wait, isOnly: isOnly, isUnwanted: job.cancelWished,
            patience: context.configuration.retryPatience)
        guard isLost || job.isAskedOnceMore else { return .noWord(.after(wait)) }
        let message =
            job.isAskedOnceMore
            ? "the service still does not know the request (\(reason)); only jobctl retry \(job.id) --resubmit buys anew"
            : "the service does not know the request: \(reason)"
        do {
            _ = try await Recorder(store: store, context: context).record(
                .failed(JobFailure(.lost, message)), for: job.id, in: job.state)
            context.log.warning("job \(job.id) failed (lost): \(message)")
            return .over
        } catch {
            if !isStopping { context.log.warning("job \(job.id) is not as it was: \(error)") }
            return nil
        }
    }

    /// Asks for a request that has succeeded before, a different one each time. Answers whether there is no
    /// other at all.
    private func seekWitness(for job: Followed, _ context: WorkerContext) async -> Bool {
        guard !witnessSearch.isUnderWay else { return false }
        witnessSearch.isUnderWay = true
        defer { witnessSearch.isUnderWay = false }
        let (origin, since) = (context.origin, Timestamp.now + Self.memory)
        let known = try? await store.read {
            try $0.succeeded(at: origin, since: since, limit: Self.mostWitnesses)
        }
        guard let known else { return false }
        guard !known.isEmpty else {
            return followed.values.allSatisfy { $0.id == job.id || elsewhere.jobs[$0.id] != nil }
        }
        witnessSearch.turn += 1
        let witness = known[witnessSearch.turn % known.count]
        if case .known? = try? await context.client.status(of: witness) {
            unknowns[origin]?.knowsEnded(witness, at: now)
        }
        return false
    }
}
