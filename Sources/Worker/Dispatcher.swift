internal import Configuration
internal import Downloader
internal import JobModel
package import JobStore
internal import Provider

/// Says which job is worked on when: takes jobs out of the queue, follows them by the agenda, and has them fetched.
package actor Dispatcher {
    let store: JobStore
    var context: WorkerContext
    let drains: Bool
    let bell = Bell()
    let places: Places
    let start = ContinuousClock.now

    var gate = SubmissionGate()
    /// What is still to be written of the gate's pause.
    var pauseWork = PauseWork.none
    /// Whether a look closed the gate: then a look may open it again.
    var wasClosedByLook = false
    var agenda = Agenda()
    var followed: [Int64: Followed] = [:]
    /// Jobs that a task works on now.
    var active: Set<Int64> = []
    /// Jobs that a person has steered while a task worked on them.
    var steered: Set<Int64> = []
    var submitting = 0
    var inFlight = 0
    var inFlightByModel: [String: Int] = [:]
    var rate = RateWindow()
    var rateByLimit: [String: RateWindow] = [:]
    var runTimes: [String: RunTimes] = [:]
    var failures: [Int64: Int] = [:]
    var looks = 0
    /// Looks in a row that met trouble: the more, the fewer at once.
    var strain = 0
    var quietUntil: Int64 = 0
    var isStopping = false
    var mayClaim = true
    var nextDue: Int64?
    /// When a limit of the rate will let more jobs leave.
    var rateOpens: Int64?
    /// Whether the last claim found only jobs that a budget holds back.
    var isOverBudget = false
    /// Whether a job may have been lost sight of, because the store could not be read.
    var mustRecover = false
    var lastEvent: Int64 = 0
    var dataVersion: Int64 = -1

    static let mostLooks = 64
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
        self.context = context
        if let reason = gate.reason { gate.closeFromBefore(reason) }
        dataVersion = -2
        bell.ring()
    }

    var now: Int64 { (ContinuousClock.now - start).wholeMilliseconds + 1 }

    package func run() async throws -> Ending {
        await recover()
        return try await withThrowingDiscardingTaskGroup(returning: Ending.self) { group in
            while !isStopping {
                if mustRecover { await recover() }
                await takeUpChanges()
                await claim(&group)
                startDue(&group)
                if drains, let ending = await drained() { return ending }
                await bell.wait(until: nextMoment.map { start + .milliseconds($0 - 1) })
            }
            group.cancelAll()
            return .stopped
        }
    }

    // MARK: - Starting

    /// Puts everything on the agenda that is unfinished and that nobody works on. Tried until the store lets it.
    func recover() async {
        var failures = 0
        while !isStopping {
            do { return try await takeUpUnfinished() } catch {
                failures += 1
                context.log.error("the store cannot be read: \(error)")
                await bell.wait(until: .now + context.delay(after: failures))
            }
        }
    }

    private func takeUpUnfinished() async throws {
        let isStart = dataVersion == -1
        let resubmits = context.configuration.onUncertain == .resubmit
        let (doubted, jobs, version, last) = try await store.write { database in
            let doubted = isStart ? try database.doubtSubmitting() : []
            if resubmits { for job in doubted { try Submission.resubmitOnce(job, database) } }
            return (doubted, try database.followed(), try database.dataVersion(), try database.lastEventID())
        }
        for job in doubted {
            context.log.warning("job \(job.id) is uncertain: it was on the wire when jobd last ended")
        }
        for job in jobs where followed[job.id] == nil { follow(job, after: .zero) }
        mustRecover = false
        guard isStart else { return }
        (dataVersion, lastEvent) = (version, last)
        let since = Timestamp.now + .seconds(-60)
        let (recent, runs) = try await store.read { database in
            (try database.recentSubmissions(since: since), try database.recentRuns(limit: 200))
        }
        for (model, at) in recent {
            noteSubmission(of: model, at: now - (Timestamp.now - at).wholeMilliseconds)
        }
        for (model, took) in runs { runTimes[model, default: RunTimes()].add(took) }
    }

    func follow(_ job: Job, after wait: Duration) {
        guard !active.contains(job.id) else { return }
        let isNew = followed[job.id] == nil
        guard let entry = Followed(job, deadline: context.deadline(of: job.model), now: .now) else { return }
        followed[job.id] = entry
        if isNew, entry.state != .downloading { countInFlight(job.model, 1) }
        agenda.put(job.id, at: now + wait.wholeMilliseconds)
    }

    func countInFlight(_ model: String, _ count: Int) {
        inFlight += count
        inFlightByModel[model, default: 0] += count
        if inFlightByModel[model] == 0 { inFlightByModel[model] = nil }
    }

    /// How many jobs in flight count for one entry of `models`, as the configuration stands now.
    func inFlight(under name: String) -> Int {
        inFlightByModel.reduce(0) { sum, entry in
            context.configuration.limits(of: entry.key)?.name == name ? sum + entry.value : sum
        }
    }

    func noteSubmission(of model: String, at moment: Int64) {
        rate.note(moment)
        if let name = context.configuration.limits(of: model)?.name {
            rateByLimit[name, default: RateWindow()].note(moment)
        }
    }

    // MARK: - What others changed

    func takeUpChanges() async {
        let known = lastEvent
        let seen = dataVersion
        let found: (Int64, (jobs: [Job], last: Int64)?)
        do {
            found = try await store.read { database in
                let version = try database.dataVersion()
                return (version, version == seen ? nil : try database.steered(after: known))
            }
        } catch {
            context.log.error("the store cannot be read: \(error)")
            quietUntil = max(quietUntil, now + context.delay(after: 1).wholeMilliseconds)
            mayClaim = true
            return
        }
        let (version, changes) = found
        guard let changes else { return }
        (dataVersion, lastEvent) = (version, changes.last)
        mayClaim = true
        for job in changes.jobs {
            if active.contains(job.id) {
                steered.insert(job.id)
            } else if job.state.isFollowed {
                follow(job, after: .zero)
            }
        }
    }

    // MARK: - Resting

    /// When there is something to do without anybody ringing: a moment to come, since what is due was done.
    var nextMoment: Int64? {
        let now = now
        var moments: [Int64?] = [nextDue, rateOpens, quietUntil]
        if looks < mostLooksNow { moments.append(agenda.next.map { max($0, quietUntil) }) }
        if submitting == 0 { moments.append(gate.probeAt) }
        // Lost wake-ups cost this much, never a stuck queue.
        return min(moments.compactMap { $0 }.filter { $0 > now }.min() ?? .max, now + 60_000)
    }

    /// Whether nothing is left to do without a person.
    func drained() async -> Ending? {
        guard active.isEmpty, agenda.count == 0, submitting == 0, pauseWork == .none, !mustRecover else {
            return nil
        }
        guard let (pauses, left) = try? await store.read({ (try $0.pauses(), try $0.sendable()) }) else {
            return nil
        }
        if !left.ready && !left.waiting { return .drained }
        if pauses.contains(where: { $0.reason == .hand }) { return .drained }
        if isOverBudget, !mayClaim, !left.waiting { return .drained }
        if let pause = pauses.first(where: { $0.reason == .token || $0.reason == .balance }) {
            return .account(pause.detail)
        }
        return nil
    }
}
