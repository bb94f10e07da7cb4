internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import System

/// The jobs that were sent: when each is looked at, and the runs under way.
@WorkerActor
final class JobRuns {
    /// What RunComfy has, or what is being fetched from there.
    private var jobs: [Int64: RemoteJob] = [:]
    /// Jobs that a run works on now.
    private(set) var active: Set<Int64> = []
    /// Jobs that a person has steered while a run worked on them.
    private var steered: Set<Int64> = []
    private var agenda = Agenda()
    private var looks = LookSlots()
    /// The service asked to be left alone until then. What was paid for is only slowed down, so that it
    /// cannot vanish.
    private var quietUntil: Int64 = 0
    /// Jobs in a row whose looks were to come again later.
    private var askedToWait: Set<Int64> = []
    private var runTimes: [String: RunTimes] = [:]
    /// Jobs that are being fetched, and those that wait for one of them to be through: a waiting task is
    /// dear.
    private var fetches: [Int64: Task<JobRun.Outcome, Never>] = [:]
    private var fetching = 0
    private var toFetch: [Int64] = []

    private let session: WorkerSession
    private let account: AccountWatch
    private let submissions: Submissions
    private let origins: Origins
    private let slots: DownloadSlots
    private var fetcher: ConfiguredFetcher

    /// From how many in a row on, a request to come again later is meant for all.
    private static let fewestAskedToWait = 3

    init(
        _ session: WorkerSession, _ account: AccountWatch, _ submissions: Submissions, _ origins: Origins,
        _ slots: DownloadSlots
    ) {
        (self.session, self.account, self.submissions) = (session, account, submissions)
        (self.origins, self.slots) = (origins, slots)
        fetcher = ConfiguredFetcher(store: session.store, context: session.context, slots: slots)
    }

    private var context: WorkerContext { session.context }

    // MARK: - What is followed

    func add(_ time: Duration, of model: String) { runTimes[model, default: RunTimes()].add(time) }

    /// Takes up a job as the database has it.
    func follow(_ job: Job, after wait: Duration) {
        // The run that works on it ends with a look at the database.
        if active.contains(job.id) {
            steered.insert(job.id)
            return
        }
        guard var entry = RemoteJob(job, at: now, .now) else { return }
        entry.keepTime(of: jobs[job.id])
        jobs[job.id] = entry
        if entry.state == .downloading {
            submissions.limits.leave(job.id, job.model)
        } else {
            submissions.limits.enter(job.id, job.model)
        }
        put(job.id, after: wait)
    }

    /// A person has steered the job.
    func steer(_ job: Job) {
        if active.contains(job.id) || job.state.isFollowed { follow(job, after: .zero) }
        guard job.state.hasEnded, jobs[job.id] != nil else { return }
        // What has not come is done without.
        if let fetch = fetches[job.id] {
            context.log.info("job \(job.id) was given up")
            fetch.cancel()
        } else if !active.contains(job.id) {
            agenda.put(job.id, at: now)
        }
    }

    /// Another configuration counts: what stood aside, or was refused for the account's sake, is looked at.
    func takeUpAgain() {
        fetcher = ConfiguredFetcher(store: session.store, context: context, slots: slots)
        for id in origins.takeBack() where !active.contains(id) {
            if let job = jobs[id] { submissions.limits.enter(id, job.model) }
            agenda.put(id, at: now)
        }
        for id in account.barred where !active.contains(id) { agenda.put(id, at: now) }
    }

    private func put(_ id: Int64, after wait: Duration) {
        agenda.put(id, at: now + wait.wholeMilliseconds, in: lane(of: id))
    }

    private func lane(of id: Int64) -> Agenda.Lane {
        guard let job = jobs[id] else { return .ordinary }
        return job.state == .downloading ? .fetching : job.isTroubled ? .troubled : .ordinary
    }

    /// The job is no longer followed.
    private func forget(_ id: Int64) {
        guard let job = jobs.removeValue(forKey: id) else { return }
        account.forget(id)
        origins.forget(job)
        submissions.limits.leave(id, job.model)
        submissions.mayClaim = true
    }

    // MARK: - Runs

    func startDue(_ group: inout ThrowingDiscardingTaskGroup<any Error>, at turn: Int64) {
        guard quietUntil <= turn else { return }
        for lane in Agenda.Lane.allCases {
            while looks.isFree(lane, at: turn), let id = agenda.takeDue(turn, in: lane) {
                active.insert(id)
                if lane == .fetching || jobs[id]?.state == .downloading {
                    if takesFetch(id) { group.addTask { await self.fetch(id) } }
                } else {
                    looks.take(for: id, lane, at: turn)
                    group.addTask { await self.look(id) }
                }
            }
        }
    }

    /// Sends a job that was claimed.
    func send(_ job: Job, _ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        active.insert(job.id)
        group.addTask { await self.send(job) }
    }

    private func send(_ job: Job) async {
        let run = run(of: submissions.sending(job), input: job.input)
        let outcome = await run.run()
        let isTaken = run.job.state == .inQueue
        submissions.answered(job, isTaken: isTaken)
        // What became of it otherwise is in the database.
        if isTaken { await conclude(run, outcome) } else { await release(job.id) }
    }

    private func look(_ id: Int64) async {
        guard let job = jobs[id] else {
            // It could not be read when it should have been.
            steered.insert(id)
            looks.give(id)
            return await release(id)
        }
        let run = run(of: job)
        let outcome = await run.run()
        looks.give(id)
        await conclude(run, outcome)
    }

    private func run(of job: RemoteJob, input: String = "") -> JobRun {
        JobRun(job, input: input, context, session.store, fetcher, self)
    }

    private func conclude(_ run: JobRun, _ outcome: JobRun.Outcome) async {
        let id = run.job.id
        jobs[id] = run.job
        switch outcome {
        case .wait(let time): put(id, after: time)
        case .fetchFiles:
            submissions.limits.leave(id, run.job.model)
            submissions.allow()
            if takesFetch(id) { await fetch(id) } else { jobs[id]?.files.turn = nil }
            return
        case .setAside(let origin):
            submissions.limits.leave(id, run.job.model)
            origins.setAside(id, origin)
        case .leave: forget(id)
        case .overtaken:
            forget(id)
            steered.insert(id)
        }
        await release(id)
    }

    /// A run is done with the job. What others did to it meanwhile is taken up now.
    private func release(_ id: Int64) async {
        active.remove(id)
        if steered.remove(id) != nil, !isStopping {
            do {
                let job = try await session.store.read { try $0.find(id) }
                if let job, job.state.isFollowed {
                    follow(job, after: jobs[id] == nil ? .seconds(1) : .zero)
                } else if !active.contains(id) {
                    forget(id)
                }
            } catch {
                context.log.error("job \(id) cannot be read: \(error)")
                agenda.put(id, at: now + 1000)
            }
        }
        session.wakeSignal.wake()
    }

    // MARK: - Files

    /// Whether the job may be fetched now; else it waits for its turn.
    private func takesFetch(_ id: Int64) -> Bool {
        // More jobs than files at once, so that no place for a file is free while a job is being put down.
        guard fetching < 2 * context.configuration.parallelDownloads else {
            toFetch.append(id)
            return false
        }
        fetching += 1
        return true
    }

    /// Fetches a job, and after it those that wait.
    private func fetch(_ first: Int64) async {
        defer { fetching -= 1 }
        await fetchOne(first)
        while !isStopping, fetching <= 2 * context.configuration.parallelDownloads, !toFetch.isEmpty {
            await fetchOne(toFetch.removeFirst())
        }
    }

    private func fetchOne(_ id: Int64) async {
        guard let job = jobs[id] else {
            steered.insert(id)
            return await release(id)
        }
        let run = run(of: job)
        // A task of its own, since a person may give the job up.
        let task = Task { await run.run() }
        fetches[id] = task
        let outcome = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        fetches[id] = nil
        await conclude(run, outcome)
    }

    // MARK: - Resting

    /// When a job is due that there is a place for; nil where none is.
    func nextTurn(after turn: Int64) -> Int64? {
        Agenda.Lane.allCases.compactMap { lane in
            guard let due = agenda.next(in: lane) else { return nil }
            let opens = looks.isFree(lane, at: turn) ? turn : looks.opensAt(lane, after: turn)
            return opens.map { max(due, $0, quietUntil) }
        }.min()
    }

    /// What is left to follow.
    enum Rest {
        /// Held back by the account or by `api_url` alone: `barred`.
        case none, barred, others
    }

    var rest: Rest {
        if !active.isEmpty { return .others }
        if agenda.count == 0 { return .none }
        let isHeld = { (id: Int64) in self.account.barred.contains(id) || self.origins.elsewhere[id] != nil }
        return jobs.keys.allSatisfy(isHeld) ? .barred : .others
    }
}

extension JobRuns: JobRunHost {
    var now: Int64 { session.now }
    var isStopping: Bool { session.isStopping }

    func instant(_ moment: Int64) -> ContinuousClock.Instant { session.instant(moment) }
    func spread(of model: String) -> ClosedRange<Duration>? { runTimes[model]?.spread }
    func leaveUnrecorded(_ what: String) { session.unrecorded.append(what) }

    func report(_ report: RemoteJob.Report, of job: RemoteJob, _ context: WorkerContext) {
        if job.request == nil || report == .taken {
            account.note(report, of: job)
            if let wait = submissions.note(report, of: job.id) { leaveAlone(for: wait) }
            // It may have been steered, or sent back, meanwhile: its row says how it stands.
            if case .doubted = report { steered.insert(job.id) }
            return
        }
        let isOnWire = { (id: Int64) in self.submissions.isClaiming || self.active.contains(id) }
        if account.noteLook(report, of: job.id, isOnWire) { submissions.allow() }
        origins.note(report, of: job, at: context.origin)
        switch report {
        case .answered, .unknown, .noWord: askedToWait = []
        case .troubled(let asked?):
            // One request that is to be asked for later waits alone. Where several in a row say so, the
            // service has too much to do.
            askedToWait.insert(job.id)
            if askedToWait.count >= Self.fewestAskedToWait { leaveAlone(for: asked) }
        case .finished(let took):
            let whole = Duration.milliseconds(now - (job.request?.acceptedAt ?? now))
            add(took ?? whole, of: job.model)
        default: break
        }
    }

    private func leaveAlone(for time: Duration) {
        submissions.leaveAlone(for: time)
        quietUntil = max(quietUntil, now + min(time, context.configuration.pollMax).wholeMilliseconds)
    }

    func isLost(_ job: RemoteJob, _ wait: Duration, _ context: WorkerContext) async -> Bool {
        await origins.isLost(job, wait, context) {
            jobs.keys.allSatisfy { $0 == job.id || origins.elsewhere[$0] != nil }
        }
    }
}
