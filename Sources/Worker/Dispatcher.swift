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
    var agenda = Agenda()
    var followed: [Int64: Followed] = [:]
    /// Jobs that a task works on now.
    var active: Set<Int64> = []
    /// Jobs that a person has steered while a task worked on them.
    var steered: Set<Int64> = []
    var submitting = 0
    var inFlight = 0
    var inFlightByLimit: [String: Int] = [:]
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
    var lastEvent: Int64 = 0
    var dataVersion: Int64 = -1

    static let mostLooks = 64
    /// How many jobs one transaction takes out of the queue.
    static let mostClaims = 256

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
        dataVersion = -1
        bell.ring()
    }

    var now: Int64 { (ContinuousClock.now - start).wholeMilliseconds + 1 }

    package func run() async throws -> Ending {
        try await recover()
        return try await withThrowingDiscardingTaskGroup(returning: Ending.self) { group in
            while !isStopping {
                try await takeUpChanges()
                try await claim(&group)
                startDue(&group)
                if drains, let ending = try await drained() { return ending }
                await bell.wait(until: nextMoment.map { start + .milliseconds($0 - 1) })
            }
            group.cancelAll()
            return .stopped
        }
    }

    // MARK: - Starting

    /// Puts everything on the agenda that an earlier jobd left unfinished.
    func recover() async throws {
        let (doubted, jobs, version, last) = try await store.write { database in
            (
                try database.doubtSubmitting(), try database.followed(), try database.dataVersion(),
                try database.lastEventID()
            )
        }
        for job in doubted {
            context.log.warning("job \(job.id) is uncertain: it was on the wire when jobd last ended")
        }
        for job in jobs { follow(job, after: .zero) }
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
        if let name = context.configuration.limits(of: model)?.name {
            inFlightByLimit[name, default: 0] += count
        }
    }

    func noteSubmission(of model: String, at moment: Int64) {
        rate.note(moment)
        if let name = context.configuration.limits(of: model)?.name {
            rateByLimit[name, default: RateWindow()].note(moment)
        }
    }

    // MARK: - What others changed

    func takeUpChanges() async throws {
        let known = lastEvent
        let seen = dataVersion
        let (version, changes) = try await store.read { database in
            let version = try database.dataVersion()
            return (version, version == seen ? nil : try database.steered(after: known))
        }
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

    /// When there is something to do without anybody ringing.
    var nextMoment: Int64? {
        var moments: [Int64] = []
        let looksAllowed = looks < max(1, Self.mostLooks >> min(strain / 4, 6))
        if looksAllowed, let next = agenda.next { moments.append(max(next, quietUntil)) }
        if mayClaim, quietUntil > now { moments.append(quietUntil) }
        if submitting == 0, let probe = gate.probeAt, probe > 0 { moments.append(probe) }
        if let nextDue { moments.append(nextDue) }
        if context.configuration.submitPerMinute > 0, let opens = rate.opensAt { moments.append(opens) }
        moments += rateByLimit.values.compactMap(\.opensAt).filter { $0 > now }
        // Lost wake-ups cost this much, never a stuck queue.
        return min(moments.filter { $0 > 0 }.min() ?? .max, now + 60_000)
    }

    /// Whether nothing is left to do without a person.
    func drained() async throws -> Ending? {
        guard active.isEmpty, agenda.count == 0, submitting == 0 else { return nil }
        let (pauses, sendable) = try await store.read { (try $0.pauses(), try $0.hasSendable()) }
        if !sendable || pauses.contains(where: { $0.reason == .hand || $0.reason == .budget }) {
            return .drained
        }
        if let pause = pauses.first(where: { $0.reason == .token || $0.reason == .balance }) {
            return .account(pause.detail)
        }
        return nil
    }
}
