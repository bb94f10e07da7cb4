internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import Provider
internal import System

/// The jobs that were sent, when each is due, and the runs under way.
@WorkerActor
final class JobRuns {
    /// Jobs that are followed or fetched.
    let jobs = JobTable()
    /// Jobs that a run works on now, or that wait in `toFetch`.
    var active: Set<Int64> = []
    /// Jobs whose row must be read again when their run ends, since somebody else may have changed it.
    private(set) var toReread: Set<Int64> = []
    private var agenda = Agenda()
    let looks = Looks()
    private var runTimes: [String: RunTimes] = [:]
    /// The runs that fetch files.
    private var fetches: [Int64: Task<JobRun.Outcome, Never>] = [:]
    /// How many tasks do that, each for one job after another.
    private var fetchers = 0
    /// The jobs that wait for such a task. A task of their own would cost more.
    private var toFetch: [Int64] = []

    let session: WorkerSession
    private let account: AccountWatch
    private let submissions: Submissions
    private let origins: Origins
    private let slots: DownloadSlots
    private let uploads: DownloadSlots
    private var fetcher: ConfiguredFetcher

    init(_ session: WorkerSession, _ account: AccountWatch, _ submissions: Submissions, _ origins: Origins) {
        (self.session, self.account) = (session, account)
        (self.submissions, self.origins) = (submissions, origins)
        slots = DownloadSlots(session.context.configuration.parallelDownloads)
        uploads = DownloadSlots(session.context.configuration.parallelDownloads)
        fetcher = ConfiguredFetcher(
            store: session.store, context: session.context, slots: slots, uploads: uploads)
    }

    private var context: WorkerContext { session.context }

    // MARK: - What is followed

    func noteTime(_ time: Duration, of model: String) { runTimes[model, default: RunTimes()].add(time) }

    /// Follows a job as the database has it.
    func follow(_ job: Job, after wait: Duration) {
        if active.contains(job.id) {
            toReread.insert(job.id)
            return
        }
        guard var entry = RemoteJob(job, at: now, .now) else { return }
        entry.carryOver(from: jobs[job.id])
        jobs[job.id] = entry
        if entry.state == .downloading {
            submissions.inFlight.remove(job.id, job.model)
        } else {
            submissions.inFlight.add(job.id, job.model)
        }
        put(entry, after: wait)
    }

    /// A person has changed the job.
    func steer(_ job: Job) {
        if active.contains(job.id) || job.state.isFollowed { follow(job, after: .zero) }
        guard job.state.hasEnded, jobs[job.id] != nil else { return }
        if let fetch = fetches[job.id] {
            context.log.info("job \(job.id) was given up")
            fetch.cancel()
        } else if !active.contains(job.id) {
            put(job.id, at: now)
        }
    }

    /// The configuration is new: looks at the jobs that were set aside or held back by the account.
    func takeUpAgain() {
        slots.resize(to: context.configuration.parallelDownloads)
        uploads.resize(to: context.configuration.parallelDownloads)
        fetcher = ConfiguredFetcher(store: session.store, context: context, slots: slots, uploads: uploads)
        looks.startAnew()
        for id in origins.takeBack() where !active.contains(id) {
            if let job = jobs[id] { submissions.inFlight.add(id, job.model) }
            put(id, at: now)
        }
        for id in account.barred where !active.contains(id) { put(id, at: now) }
    }

    func put(_ job: RemoteJob, after wait: Duration) {
        let lane: Agenda.Lane = job.state == .downloading ? .fetching : job.isTroubled ? .troubled : .ordinary
        put(job.id, at: now + wait.wholeMilliseconds, in: lane)
    }

    private func put(_ id: Int64, at time: Moment, in lane: Agenda.Lane = .ordinary) {
        if lane == .fetching { return agenda.put(id, at: time, in: lane) }
        let time = Looks.turn(at: time)
        agenda.put(id, at: time, in: lane)
        looks.expect(turn: time)
    }

    /// Others follow all jobs but these.
    func keep(only own: Set<Int64>) {
        for id in Array(jobs.ids) where !own.contains(id) {
            if active.contains(id) { toReread.insert(id) } else { forget(id) }
        }
    }

    /// The job is no longer followed.
    private func forget(_ id: Int64) {
        guard let job = jobs.remove(id) else { return }
        account.forget(id)
        origins.forget(job)
        context.troubles.forget(id)
        submissions.inFlight.remove(id, job.model)
        submissions.mayClaim = true
    }

    // MARK: - Runs

    /// Starts what is due in these lanes.
    func startDue(
        _ lanes: [Agenda.Lane], _ group: inout ThrowingDiscardingTaskGroup<any Error>, at turn: Moment
    ) {
        guard looks.quietUntil <= turn else { return }
        var due: [Look] = []
        for lane in lanes {
            while looks.slots.isFree(lane, at: turn), let id = agenda.takeDue(turn, in: lane) {
                active.insert(id)
                guard let job = jobs[id] else {
                    // Its row could not be read.
                    toReread.insert(id)
                    group.addTask { await self.release(id) }
                    continue
                }
                if job.state == .downloading {
                    if startOrQueueFetch(id) { group.addTask { await self.fetch(id) } }
                    continue
                }
                looks.slots.take(for: id, lane, at: turn)
                let actions = handle(.due, of: id)
                if actions.count == 1, case .askStatus = actions[0], let request = job.request?.id {
                    due.append(Look(job: id, requestID: request, known: job.lastAnswer))
                } else {
                    group.addTask { await self.look(at: id) { try await $0.perform(actions) } }
                }
            }
        }
        if !due.isEmpty { looks.send(due, session.context) }
    }

    /// Sends a job that was claimed.
    func send(_ claimed: ClaimedJob, _ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        active.insert(claimed.job.id)
        group.addTask { await self.send(claimed) }
    }

    private func send(_ claimed: ClaimedJob) async {
        let job = claimed.job
        let run = run(of: submissions.sending(job), input: submissions.sentInput(of: job))
        run.lastLook = claimed.lastLook
        let outcome = await run.run()
        let isAccepted = run.job.state == .inQueue
        submissions.answered(job, isAccepted: isAccepted)
        if isAccepted { await conclude(run, outcome) } else { await release(job.id) }
    }

    /// A run of a job that is followed.
    func look(at id: Int64, _ body: @WorkerActor (JobRun) async throws -> Void) async {
        guard let job = jobs[id] else {
            looks.give(id)
            return await release(id)
        }
        let run = run(of: job)
        let outcome = await run.run { try await body(run) }
        looks.give(id)
        await conclude(run, outcome)
    }

    private func run(of job: RemoteJob, input: SentInput = "") -> JobRun {
        JobRun(job, input: input, context, session.store, fetcher, self)
    }

    private func conclude(_ run: JobRun, _ outcome: JobRun.Outcome) async {
        let id = run.job.id
        jobs[id] = run.job
        switch outcome {
        case .wait(let time): put(run.job, after: time)
        case .fetchFiles:
            submissions.inFlight.remove(id, run.job.model)
            submissions.allow()
            if startOrQueueFetch(id) { await fetch(id) } else { jobs[id]?.files.round = nil }
            return
        case .setAside(let origin):
            submissions.inFlight.remove(id, run.job.model)
            origins.setAside(id, origin)
        case .leave: forget(id)
        case .overtaken:
            forget(id)
            toReread.insert(id)
        }
        await release(id)
    }

    /// The job's run is over.
    func release(_ id: Int64) async {
        active.remove(id)
        if toReread.remove(id) != nil, !isStopping {
            do {
                let job = try await session.store.read { try $0.findOwn(id) }
                if let job, job.state.isFollowed {
                    follow(job, after: jobs[id] == nil ? .seconds(1) : .zero)
                } else if !active.contains(id) {
                    forget(id)
                }
            } catch {
                context.log.error("job \(id) cannot be read: \(error)")
                put(id, at: now + 1000)
            }
        }
        session.wakeSignal.wake()
    }

    // MARK: - Files

    /// More jobs than files at once, so that no slot for a file is free while a job is being recorded.
    private var mostFetchers: Int { 2 * context.configuration.parallelDownloads }

    /// Whether the caller may fetch the job now; if not, the job waits in `toFetch`.
    private func startOrQueueFetch(_ id: Int64) -> Bool {
        guard fetchers < mostFetchers else {
            toFetch.append(id)
            return false
        }
        fetchers += 1
        return true
    }

    /// Fetches the files of a job, then those of jobs that wait.
    private func fetch(_ first: Int64) async {
        defer { fetchers -= 1 }
        await fetchOne(first)
        while !isStopping, fetchers <= mostFetchers, !toFetch.isEmpty {
            await fetchOne(toFetch.removeFirst())
        }
    }

    private func fetchOne(_ id: Int64) async {
        guard let job = jobs[id] else { return await release(id) }
        let run = run(of: job)
        // In its own task, which `steer` cancels when a person gives the job up.
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

    /// When a job is due and there is a slot for it.
    func nextTurn(_ lanes: [Agenda.Lane], after turn: Moment) -> Moment? {
        lanes.compactMap { lane in
            guard let due = agenda.next(in: lane) else { return nil }
            let opens = looks.slots.isFree(lane, at: turn) ? turn : looks.slots.opensAt(lane, after: turn)
            return opens.map { max(due, $0, looks.quietUntil) }
        }.min()
    }

    /// What is left to follow.
    enum Rest {
        case none
        /// Only jobs that the account or `api_url` holds back.
        case barred
        case others
    }

    var rest: Rest {
        if !active.isEmpty { return .others }
        if agenda.count == 0 { return .none }
        let isHeld = { (id: Int64) in self.account.barred.contains(id) || self.origins.elsewhere[id] != nil }
        return jobs.ids.allSatisfy(isHeld) ? .barred : .others
    }
}

extension JobRuns: JobRunHost {
    var now: Moment { session.now }
    var isStopping: Bool { session.isStopping }

    func instant(_ moment: Moment) -> ContinuousClock.Instant { session.instant(moment) }
    func rules(for model: String, _ context: WorkerContext) -> RemoteJob.Rules {
        context.rules(for: model, at: now, times: runTimes[model], chance: session.chance())
    }
    func leaveUnrecorded(_ what: String) { session.unrecorded.append(what) }

    func report(_ report: RemoteJob.PostReport, of job: RemoteJob) {
        account.note(report, of: job)
        if let wait = submissions.note(report, of: job.id) { leaveAlone(for: wait) }
        // Its row may have changed meanwhile.
        if case .uncertain = report { toReread.insert(job.id) }
    }

    func report(_ report: RemoteJob.LookReport, of job: RemoteJob, at origin: String) {
        let isOnWire = { (id: Int64) in self.submissions.isClaiming || self.active.contains(id) }
        if account.noteLook(report, of: job.id, isOnWire) { submissions.allow() }
        origins.note(report, of: job, at: origin)
        if let asked = looks.note(report, of: job.id) { leaveAlone(for: asked) }
        if case .finished(let took?) = report { noteTime(took, of: job.model) }
    }

    private func leaveAlone(for time: Duration) {
        submissions.leaveAlone(for: time)
        // Paid work must be fetched.
        let longest = min(time, context.configuration.pollMax)
        looks.quietUntil = max(looks.quietUntil, now + longest.wholeMilliseconds)
    }

    func isLost(_ job: RemoteJob, _ wait: Duration, _ context: WorkerContext) async -> Bool {
        await origins.isLost(job, wait, context) {
            jobs.ids.allSatisfy { $0 == job.id || origins.elsewhere[$0] != nil }
        }
    }
}
