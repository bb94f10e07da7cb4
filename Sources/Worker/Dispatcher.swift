internal import Configuration
internal import Downloader
internal import JobModel
package import JobStore
internal import Provider
internal import System

/// Says which job is worked on when: takes jobs out of the queue, follows them by the agenda, and has them
/// fetched.
package actor Dispatcher {
    let store: JobStore
    var context: WorkerContext
    let drains: Bool
    let bell = WakeSignal()
    let places: Places
    let start = ContinuousClock.now

    var gate = SubmissionGate()
    var pauseWork = PauseWork.none
    var agenda = Agenda()
    var followed: [Int64: Followed] = [:]
    /// Jobs that a task works on now.
    var active: Set<Int64> = []
    /// Jobs that a person has steered while a task worked on them.
    var steered: Set<Int64> = []
    /// Jobs in a row whose looks were to come again later.
    var askedToWait: Set<Int64> = []
    /// Jobs whose last look was refused for the account's sake.
    var barred: Set<Int64> = []
    var traffic = Traffic()
    var submitting = 0
    /// Jobs whose answer could not be written before the end.
    var unrecorded: [String] = []
    /// How many bytes of inputs are on the wire.
    var bytesUnderway = 0
    /// Jobs that failed by comparison with others, and why, until that is written down.
    var verdicts: [Int64: String] = [:]
    var runTimes: [String: RunTimes] = [:]
    /// How often in a row a job's sending came to nothing.
    var failures: [Int64: Int] = [:]
    /// How the fetching of jobs goes, and what is being fetched now.
    var fetchProgress: [Int64: Fetching.Progress] = [:]
    var fetchTasks: [Int64: Task<(NextLook, Fetching.Progress), any Error>] = [:]
    /// Jobs that are being fetched, and of which the service did not know the cost yet.
    var costsDue: Set<Int64> = []
    var looks = LookPlaces()
    /// What is known of the requests that a service says it does not know, by its origin.
    var unknowns: [String: UnknownRequests] = [:]
    var witnessSearch = WitnessSearch()
    var elsewhere = Elsewhere()
    /// Jobs that are being fetched, and those that wait for one of them to be through: a waiting task is
    /// dear.
    var fetches = 0
    var toFetch: [Int64] = []
    /// When the service may be asked again: for new work, and for what it has. It asked to be left alone.
    var claimsQuietUntil: Int64 = 0
    var looksQuietUntil: Int64 = 0
    /// How often in a row it had too much to do for a submission.
    var crowd = 0
    /// Why the budget holds jobs back, once that was said.
    var budgetObstacle: String?
    /// Models of unknown price, which no budget holds back; each is said once.
    var unpriced: Set<String> = []
    var isStopping = false
    /// Who wants to know that the loop comes round; nil once it never will again.
    private var askers: [CheckedContinuation<Void, Never>]? = []
    var mayClaim = true
    /// A claim is under way: which jobs it takes is known once it is written.
    var isClaiming = false
    /// When time alone lets a job leave.
    var claimAt: Int64?
    /// The token was refused where no job was sent: then a look that is answered is proof enough that it is
    /// mended.
    var isMendedByLook = false
    var lastEvent: Int64 = 0
    var dataVersion: Int64 = -1

    /// From how many in a row on, a request to come again later is meant for all.
    static let fewestAskedToWait = 3
    /// How many jobs one transaction takes out of the queue.
    static let mostClaims = 256

    /// What the database does not say yet about the gate.
    enum PauseWork: Equatable {
        case none, end
        case record(SubmissionGate.Reason, String)
    }

    /// How a run ended.
    package enum Ending: Sendable, Equatable {
        case stopped, drained
        /// Only the account stands in the way of what is left.
        case account(String)
        /// Stopped, while the store could not be written: what these have come to is not on record.
        case unrecorded([String])
        /// What is left was bought at another origin than that of the present `api_url`.
        case elsewhere(String)
    }

    package init(store: JobStore, context: WorkerContext, drains: Bool) {
        self.store = store
        self.context = context
        self.drains = drains
        places = Places(context.configuration.parallelDownloads)
    }

    /// Something may have changed: look at the database.
    package nonisolated func ring() { bell.ring() }

    /// No new submission; what is on the wire gets its answer.
    package func stop() {
        isStopping = true
        bell.ring()
    }

    /// Takes a new configuration and token, and tries at once where the account stood in the way.
    package func reload(_ context: WorkerContext) {
        places.change(
            by: context.configuration.parallelDownloads - self.context.configuration.parallelDownloads)
        let reason = gate.reason ?? (!self.context.hasToken && context.hasToken ? .token : nil)
        self.context = context
        takeUpElsewhere()
        if let reason { closeFromBefore(reason) }
        for id in barred where !active.contains(id) { agenda.put(id, at: now) }
        mayClaim = true
        bell.ring()
    }

    /// Returns when the loop has come round once more, or is over: the proof that it does not hang.
    package func comeRound() async {
        await withCheckedContinuation { asker in
            guard askers?.append(asker) != nil else { return asker.resume() }
            bell.ring()
        }
    }

    private func answerAskers() {
        for asker in askers ?? [] { asker.resume() }
        askers = askers.map { _ in [] }
    }

    var now: Int64 { (ContinuousClock.now - start).wholeMilliseconds + 1 }

    /// - Parameter whenReady: called when everything that an earlier jobd left is taken up.
    package func run(whenReady: @Sendable () -> Void = {}) async throws -> Ending {
        defer {
            answerAskers()
            askers = nil
        }
        await recover()
        if !isStopping { whenReady() }
        let ending = try await withThrowingDiscardingTaskGroup(returning: Ending.self) { group in
            while !isStopping {
                try await checkPlace()
                // One time for the whole turn: what comes due meanwhile is for the next one.
                let turn = now
                await takeUpChanges()
                await claim(&group, at: turn)
                startDue(&group, at: turn)
                answerAskers()
                if drains, let ending = await drained() { return self.ending(ending) }
                await bell.wait(until: start + .milliseconds(nextTurn(after: turn) - 1))
            }
            group.cancelAll()
            return .stopped
        }
        return unrecorded.isEmpty ? ending : .unrecorded(unrecorded)
    }

    /// Throws where another jobd may have taken this one's place. While a whole directory is removed, the
    /// lock may be the first file to go: a moment later it shows whether the database went with it, which is
    /// another story.
    private func checkPlace() async throws {
        do { try await store.checkPlace() } catch {
            try await Task.sleep(for: .seconds(1))
            try await store.checkPlace()
        }
    }

    // MARK: - Starting

    /// Goes on with what an earlier jobd left, as soon as the store lets it.
    func recover() async {
        var failures = 0
        while !isStopping {
            do { return try await takeUpUnfinished() } catch StoreError.lockLost {
                // The first turn says so.
                return
            } catch {
                failures += 1
                context.log.error("the store cannot be used yet: \(error)")
                await bell.wait(until: .now + context.delay(after: failures))
            }
        }
    }

    /// Puts everything on the agenda that an earlier jobd left unfinished.
    private func takeUpUnfinished() async throws {
        let (resubmits, origin) = (context.configuration.onUncertain == .resubmit, context.origin)
        let (doubted, jobs, pauses, version, last) = try await store.write { [store] database in
            try database.requireFiles()
            try store.checkLock()
            let doubted = try database.doubtSubmitting()
            try database.setAPIOrigin(origin)
            for job in doubted where resubmits { _ = try database.resubmitOnce(job) }
            return (
                doubted, try database.followed(), try database.pauses().map(\.reason),
                try database.dataVersion(), try database.lastEventID()
            )
        }
        for job in doubted {
            context.log.warning("job \(job.id) is uncertain: it was on the wire when jobd last ended")
        }
        for job in jobs { follow(job, after: .zero) }
        (dataVersion, lastEvent) = (version, last)
        reconcile(with: pauses, knowing: nil)
        let since = Timestamp.now + .seconds(-60)
        let (recent, runs) = try await store.read { database in
            (try database.recentSubmissions(since: since), try database.recentRuns(limit: 200))
        }
        for (model, at) in recent {
            traffic.depart(model, at: now - (Timestamp.now - at).wholeMilliseconds)
        }
        for (model, took) in runs { runTimes[model, default: RunTimes()].add(took) }
    }

    func follow(_ job: Job, after wait: Duration) {
        // The task that works on it ends with a look at the database.
        if active.contains(job.id) {
            steered.insert(job.id)
            return
        }
        guard var entry = Followed(job, now: .now) else { return }
        entry.keepTime(of: followed[job.id])
        followed[job.id] = entry
        if entry.state == .downloading {
            traffic.leave(job.id, job.model)
        } else {
            traffic.enter(job.id, job.model)
        }
        agenda.put(job.id, at: now + wait.wholeMilliseconds, in: lane(of: job.id))
    }

    // MARK: - What others changed

    func takeUpChanges() async {
        let known = lastEvent
        let seen = dataVersion
        do {
            let (version, changes) = try await store.read { database in
                let version = try database.dataVersion()
                return (version, version == seen ? nil : try database.steered(after: known))
            }
            guard let changes else { return }
            (dataVersion, lastEvent) = (version, changes.last)
            mayClaim = true
            for job in changes.jobs where active.contains(job.id) || job.state.isFollowed {
                // A person asks for it: at once.
                fetchProgress[job.id] = nil
                follow(job, after: .zero)
            }
            for job in changes.jobs where job.state.hasEnded && followed[job.id] != nil { stopFetching(job) }
        } catch {
            context.log.error("the store cannot be read: \(error)")
        }
    }

    // MARK: - Resting

    /// When there is something to do without anybody ringing.
    func nextTurn(after turn: Int64) -> Int64 {
        // Lost wake-ups cost this much, never a stuck queue.
        var next = turn + 60_000
        for lane in Agenda.Lane.allCases {
            guard let due = agenda.next(in: lane) else { continue }
            let opens = looks.isFree(lane, at: turn) ? turn : looks.opensAt(lane, after: turn)
            if let opens { next = min(next, max(due, opens, looksQuietUntil)) }
        }
        if let claimAt { next = min(next, max(claimAt, claimsQuietUntil)) }
        if mayClaim, claimsQuietUntil > turn { next = min(next, claimsQuietUntil) }
        return next
    }

    /// Whether nothing is left to do without a person.
    func drained() async -> Ending? {
        guard active.isEmpty, submitting == 0, pauseWork == .none, verdicts.isEmpty else { return nil }
        let left = try? await store.read { (try $0.pauses(), try $0.readyModels(), try $0.hasRetry()) }
        guard let (pauses, ready, retries) = left else { return nil }
        let account = pauses.first { $0.reason == .token || $0.reason == .balance }
        guard agenda.count == 0 else {
            let isStopped = { (id: Int64) in self.barred.contains(id) || self.elsewhere.jobs[id] != nil }
            guard let account, followed.keys.allSatisfy(isStopped) else { return nil }
            return .account(account.detail)
        }
        if pauses.contains(where: { $0.reason == .hand }) { return .drained }
        let isBarred = { [configuration = context.configuration] (model: String) in
            configuration.limits(of: model)?.limits.maxInFlight == 0
        }
        if !retries, ready.allSatisfy(isBarred) { return .drained }
        // One job's refusal may be its own: others are tried first.
        if let account { return gate.isConvinced || !context.hasToken ? .account(account.detail) : nil }
        return !retries && pauses.contains { $0.reason == .budget } ? .drained : nil
    }
}
