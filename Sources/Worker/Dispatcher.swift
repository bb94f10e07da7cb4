internal import Configuration
internal import Downloader
internal import JobModel
package import JobStore
internal import Provider

/// Says which job is worked on when: takes jobs out of the queue, follows them by the agenda, and has them fetched.
package actor Dispatcher {
    private let store: JobStore
    private var context: WorkerContext
    private let drains: Bool
    private let bell = Bell()
    private let places: Places
    private let start = ContinuousClock.now

    private var gate = SubmissionGate()
    private var agenda = Agenda()
    private var followed: [Int64: Followed] = [:]
    /// Jobs that a task works on now.
    private var active: Set<Int64> = []
    /// Jobs that a person has steered while a task worked on them.
    private var steered: Set<Int64> = []
    private var submitting = 0
    private var inFlight = 0
    private var inFlightByLimit: [String: Int] = [:]
    private var rate = RateWindow()
    private var rateByLimit: [String: RateWindow] = [:]
    private var runTimes: [String: RunTimes] = [:]
    private var failures: [Int64: Int] = [:]
    private var looks = 0
    /// Looks in a row that met trouble: the more, the fewer at once.
    private var strain = 0
    private var quietUntil: Int64 = 0
    private var isStopping = false
    private var mayClaim = true
    private var nextDue: Int64?
    private var lastEvent: Int64 = 0
    private var dataVersion: Int64 = -1

    private static let mostLooks = 64
    /// How many jobs one transaction takes out of the queue.
    private static let mostClaims = 256

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

    private var now: Int64 { (ContinuousClock.now - start).wholeMilliseconds + 1 }

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
    private func recover() async throws {
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

    private func follow(_ job: Job, after wait: Duration) {
        guard !active.contains(job.id) else { return }
        let isNew = followed[job.id] == nil
        guard let entry = Followed(job, deadline: context.deadline(of: job.model), now: .now) else { return }
        followed[job.id] = entry
        if isNew, entry.state != .downloading { countInFlight(job.model, 1) }
        agenda.put(job.id, at: now + wait.wholeMilliseconds)
    }

    private func countInFlight(_ model: String, _ count: Int) {
        inFlight += count
        if let name = context.configuration.limits(of: model)?.name {
            inFlightByLimit[name, default: 0] += count
        }
    }

    private func noteSubmission(of model: String, at moment: Int64) {
        rate.note(moment)
        if let name = context.configuration.limits(of: model)?.name {
            rateByLimit[name, default: RateWindow()].note(moment)
        }
    }

    // MARK: - What others changed

    private func takeUpChanges() async throws {
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

    // MARK: - Sending

    private func claim(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        let now = now
        if let nextDue, nextDue <= now { mayClaim = true }
        if gate.probeAt.map({ $0 <= now }) ?? false { mayClaim = true }
        guard mayClaim, quietUntil <= now else { return }
        let configuration = context.configuration
        let room = min(configuration.maxInFlight - inFlight, Self.mostClaims)
        let allowance = min(
            room, gate.allowance(limit: configuration.maxSubmitting, underway: submitting, at: now),
            rate.allowance(limit: configuration.submitPerMinute, at: now))
        let claim = Claim(
            allowance: max(0, allowance), allowanceByLimit: allowances(at: now), configuration: configuration)
        mayClaim = false
        let hasToken = context.hasToken
        let reason = gate.reason
        let outcome = try await persistently { database in
            if !hasToken {
                try database.keepPause(.token, "there is no token: set token_file, or $RUNCOMFY_TOKEN")
            }
            let pauses = try database.pauses().map(\.reason)
            if pauses.contains(.hand) || !hasToken { return (Claim.Result(), pauses) }
            // A pause of ours that is gone was ended by a person; one that stands before we set it is from before.
            if let reason, let pause = Pause.Reason(rawValue: reason.rawValue), !pauses.contains(pause) {
                return (Claim.Result(), pauses)
            }
            let result = try claim.run(database)
            try database.keepPause(.budget, result.budget)
            return (result, pauses)
        }
        guard let (result, pauses) = outcome else { return }
        reconcile(with: pauses)
        let due = result.nextDue.map { now + max(0, ($0 - .now).wholeMilliseconds) }
        nextDue = result.budget == nil ? due : min(due ?? .max, now + 60_000)
        for job in result.refused { context.log.warning("job \(job.id) refused: \(job.message ?? "")") }
        if result.jobs.count == claim.allowance, claim.allowance > 0 { mayClaim = true }
        for job in result.jobs {
            submitting += 1
            active.insert(job.id)
            countInFlight(job.model, 1)
            noteSubmission(of: job.model, at: now)
            group.addTask { await self.submit(job) }
        }
    }

    /// What each entry of `models` still allows.
    private func allowances(at now: Int64) -> [String: Int] {
        var allowances: [String: Int] = [:]
        for (name, limits) in context.configuration.models {
            var left = Int.max
            if let most = limits.maxInFlight { left = min(left, most - inFlightByLimit[name, default: 0]) }
            if let rate = limits.submitPerMinute {
                left = min(left, rateByLimit[name, default: RateWindow()].allowance(limit: rate, at: now))
            }
            if left != .max { allowances[name] = max(0, left) }
        }
        return allowances
    }

    /// Brings the gate in step with the pauses that stand in the database.
    private func reconcile(with pauses: [Pause.Reason]) {
        let standing = pauses.compactMap { SubmissionGate.Reason(rawValue: $0.rawValue) }
        if let reason = gate.reason, !standing.contains(reason) {
            gate.answered()
            mayClaim = true
        } else if gate.reason == nil, let reason = standing.first, context.hasToken {
            gate.closeFromBefore(reason)
            mayClaim = true
        }
    }

    private func submit(_ job: Job) async {
        let submission = Submission(
            job: job, store: store, context: context, failures: failures[job.id] ?? 0)
        let outcome = await submission.run()
        submitting -= 1
        active.remove(job.id)
        mayClaim = true
        let limit = context.configuration.maxSubmitting
        let context = context
        let before = gate.reason
        switch outcome {
        case .accepted(let accepted):
            gate.answered()
            failures[job.id] = nil
            // Counted when it was claimed.
            if let entry = Followed(accepted, deadline: context.deadline(of: job.model), now: .now) {
                followed[job.id] = entry
                agenda.put(job.id, at: now + firstWait(of: job.model).wholeMilliseconds)
            }
        case .settled:
            gate.answered()
            leave(job)
        case .noAnswer:
            gate.noAnswer(job.id, limit: limit, at: now) { context.delay(after: $0) }
            leave(job)
        case .later(let asked):
            if let asked { quietUntil = max(quietUntil, now + min(asked, .seconds(3600)).wholeMilliseconds) }
            leave(job)
        case .account(let reason, let detail):
            gate.close(reason, at: now) { context.delay(after: $0) }
            leave(job)
            await keep(pause: reason, detail)
        }
        if case .noAnswer = outcome { failures[job.id, default: 0] += 1 }
        if case .later = outcome { failures[job.id, default: 0] += 1 }
        if gate.reason == .outage, before != .outage {
            await keep(pause: .outage, "the service does not answer; one job at a time is tried")
        }
        if before != nil, gate.reason == nil { await endPauses() }
        if steered.remove(job.id) != nil { await takeUp(job.id) }
        bell.ring()
    }

    /// The job is no longer in flight.
    private func leave(_ job: Job) { countInFlight(job.model, -1) }

    private func keep(pause reason: SubmissionGate.Reason, _ detail: String) async {
        context.log.error("submissions are paused (\(reason.rawValue)): \(detail)")
        guard let pause = Pause.Reason(rawValue: reason.rawValue) else { return }
        _ = try? await persistently { try $0.keepPause(pause, detail) }
    }

    private func endPauses() async {
        context.log.info("submissions go on")
        _ = try? await persistently { database in
            for pause in [Pause.Reason.token, .balance, .outage] { try database.keepPause(pause, nil) }
        }
    }

    /// Writes, or says why not and leaves it for the next turn: nothing has left yet that depends on it.
    private func persistently<Value: Sendable>(
        _ body: @escaping @Sendable (JobDatabase) throws -> Value
    ) async throws -> Value? {
        do { return try await store.write(body) } catch {
            context.log.error("the store cannot be written: \(error)")
            quietUntil = now + context.delay(after: 1).wholeMilliseconds
            mayClaim = true
            return nil
        }
    }

    private func firstWait(of model: String) -> Duration {
        context.poll.wait(elapsed: .zero, spread: runTimes[model]?.spread, chance: .random(in: 0..<1))
    }

    // MARK: - Following

    private func startDue(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        let now = now
        guard quietUntil <= now else { return }
        let most = max(1, Self.mostLooks >> min(strain / 4, 6))
        while looks < most, let id = agenda.takeDue(now) {
            guard let job = followed[id] else { continue }
            active.insert(id)
            if job.state == .downloading {
                group.addTask { await self.fetch(id) }
            } else {
                looks += 1
                group.addTask { await self.look(job) }
            }
        }
    }

    private func look(_ entry: Followed) async {
        var job = entry
        let recorder = Recorder(store: store, context: context)
        let looking = Looking(recorder: recorder, context: context, spread: runTimes[job.model]?.spread)
        let finding = try? await looking.look(at: &job)
        looks -= 1
        followed[job.id] = job
        switch finding {
        case .again(let next):
            strain = 0
            schedule(job.id, next)
        case .trouble(let next, let asked):
            strain += 1
            if let asked { quietUntil = max(quietUntil, now + min(asked, .seconds(3600)).wholeMilliseconds) }
            schedule(job.id, next)
        case .account(let reason, let detail, let next):
            if gate.reason == nil {
                let context = context
                gate.close(reason, at: now) { context.delay(after: $0) }
                await keep(pause: reason, detail)
            }
            schedule(job.id, next)
        case .landed(let landed, let took):
            strain = 0
            countInFlight(job.model, -1)
            mayClaim = true
            runTimes[job.model, default: RunTimes()].add(took ?? ContinuousClock.now - job.acceptedAt)
            bell.ring()
            return await fetch(landed.id)
        case .over:
            strain = 0
            forget(job)
        case nil:
            // A person was quicker, the store refused, or jobd stops: the database says how the job stands.
            forget(job)
            await takeUp(job.id)
        }
        active.remove(job.id)
        if steered.remove(job.id) != nil { await takeUp(job.id) }
        bell.ring()
    }

    private func fetch(_ id: Int64) async {
        let recorder = Recorder(store: store, context: context)
        let fetching = Fetching(recorder: recorder, context: context, places: places)
        let next = try? await fetching.fetch(id, failures: failures[id] ?? 0)
        active.remove(id)
        switch next {
        case .after:
            failures[id, default: 0] += 1
            if let next { schedule(id, next) }
        case .never, nil:
            failures[id] = nil
            followed[id] = nil
            if next == nil { await takeUp(id) }
        }
        if steered.remove(id) != nil { await takeUp(id) }
        bell.ring()
    }

    private func schedule(_ id: Int64, _ next: NextLook) {
        guard case .after(let wait) = next else { return }
        agenda.put(id, at: now + wait.wholeMilliseconds)
    }

    /// The job is no longer followed over there.
    private func forget(_ job: Followed) {
        followed[job.id] = nil
        countInFlight(job.model, -1)
        mayClaim = true
    }

    /// Looks at how a job stands in the database, after somebody else has changed it.
    private func takeUp(_ id: Int64) async {
        guard !isStopping, let job = try? await store.read({ try $0.find(id) }), job.state.isFollowed else {
            return
        }
        follow(job, after: followed[id] == nil ? .seconds(1) : .zero)
    }

    // MARK: - Resting

    /// When there is something to do without anybody ringing.
    private var nextMoment: Int64? {
        var moments: [Int64] = []
        let looksAllowed = looks < max(1, Self.mostLooks >> min(strain / 4, 6))
        if looksAllowed, let next = agenda.next { moments.append(max(next, quietUntil)) }
        if mayClaim, quietUntil > now { moments.append(quietUntil) }
        if submitting == 0, let probe = gate.probeAt, probe > 0 { moments.append(probe) }
        if let nextDue { moments.append(nextDue) }
        if context.configuration.submitPerMinute > 0, let opens = rate.opensAt { moments.append(opens) }
        moments += rateByLimit.values.compactMap(\.opensAt).filter { $0 > now }
        // Lost wake-ups cost this much, never a stuck queue.
        return min(moments.filter { $0 > 0 }.min() ?? .max, now + 15_000)
    }

    /// Whether nothing is left to do without a person.
    private func drained() async throws -> Ending? {
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
