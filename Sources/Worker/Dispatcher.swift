internal import Configuration
internal import JobModel
package import JobStore
internal import Policy
internal import System

/// The main loop. Each turn picks up changes made by others, claims queued jobs, and starts what is due.
@WorkerActor
package final class Dispatcher {
    private nonisolated let session: WorkerSession
    private let account: AccountWatch
    private let submissions: Submissions
    private let origins: Origins
    private let runs: JobRuns
    private let drains: Bool
    /// Those who wait for the loop to come round; nil once it has ended.
    private var askers: [CheckedContinuation<Void, Never>]? = []
    /// The last event that was read, and the store's version then.
    private var lastEvent: Int64 = 0
    private var version: StoreVersion?
    /// With a shared store: under which lease jobs are followed, and when it is renewed next.
    private var leaseID: Int64?
    private var renewAt: Moment = 0
    /// With a shared store, others write all the time: when to look next at what they have changed.
    private var lookAt: Moment = 0
    private static let shortestLook: Moment = 50

    /// How `run` ended.
    package enum Ending: Sendable, Equatable {
        case stopped, drained
        /// Only the account keeps the remaining jobs from being done.
        case account(String)
        /// Stopped while the store could not be written: the answers about these jobs are not recorded.
        case unrecorded([String])
        /// The remaining jobs were bought at another origin than that of the present `api_url`.
        case elsewhere(String)
    }

    package init(store: JobStore, context: WorkerContext, drains: Bool) {
        self.drains = drains
        session = WorkerSession(store, context)
        account = AccountWatch(session)
        submissions = Submissions(session, account)
        origins = Origins(session)
        runs = JobRuns(session, account, submissions, origins)
    }

    /// The database may have changed.
    package nonisolated func wake() { session.wakeSignal.wake() }

    /// No new submission; what is on the wire gets its answer.
    package func stop() {
        session.isStopping = true
        wake()
    }

    /// Takes a new configuration and token. If the account was at fault, one job is tried at once.
    package func reload(_ context: WorkerContext) {
        let hadToken = session.context.hasToken
        session.context = context
        let reason = account.gate.reason ?? (!hadToken && context.hasToken ? .token : nil)
        if let reason { account.closeFromBefore(reason) }
        runs.takeUpAgain()
        submissions.preparations.tryAgain()
        submissions.allow()
    }

    /// Returns when the loop has completed a turn or has ended: proof that it does not hang.
    package func comeRound() async {
        await withCheckedContinuation { asker in
            guard askers?.append(asker) != nil else { return asker.resume() }
            wake()
        }
    }

    private func answerAskers() {
        for asker in askers ?? [] { asker.resume() }
        askers = askers.map { _ in [] }
    }

    /// - Parameter whenReady: called when all unfinished work is loaded.
    package func run(whenReady: @Sendable () -> Void = {}) async throws -> Ending {
        defer {
            answerAskers()
            askers = nil
        }
        await recover()
        if !session.isStopping { whenReady() }
        let ending = try await withThrowingDiscardingTaskGroup(returning: Ending.self) { group in
            group.addTask { try await self.runs.look() }
            defer { runs.looks.end() }
            while !session.isStopping {
                // One time for the whole turn: what becomes due meanwhile is for the next one.
                let turn = session.now
                try await takeUpChanges(at: turn)
                await keepLease(at: turn)
                for claimed in await submissions.claim(at: turn) { runs.send(claimed, &group) }
                submissions.startPreparing(&group)
                runs.startDue([.fetching], &group, at: turn)
                runs.remindLooks(at: turn)
                answerAskers()
                if drains, let ending = await drained() { return origins.ending(ending) }
                await session.wakeSignal.wait(until: session.instant(nextTurn(after: turn)))
            }
            group.cancelAll()
            return .stopped
        }
        return session.unrecorded.isEmpty ? ending : .unrecorded(session.unrecorded)
    }

    /// Reads, and throws if another jobd may have taken over. If the whole directory is being removed, the
    /// lock may go first: a second later it is clear whether the database, whose loss is another error, went
    /// with it.
    private func readAsHolder<Value: Sendable>(
        _ body: @Sendable (JobDatabase) throws -> Value
    ) async throws -> Result<Value, any Error> {
        do { return try await session.store.readAsHolder(body) } catch {
            try await Task.sleep(for: .seconds(1))
            return try await session.store.readAsHolder(body)
        }
    }

    // MARK: - Starting

    /// Loads unfinished work as soon as the store can be used.
    private func recover() async {
        var failures = 0
        while !session.isStopping {
            do { return try await takeUpUnfinished() } catch StoreError.lockLost {
                // The first turn throws it.
                return
            } catch {
                failures += 1
                session.context.log.error("the store cannot be used yet: \(error)")
                // What wakes jobd are its own failed writes, too.
                let end = ContinuousClock.now + session.context.delay(after: failures)
                while !session.isStopping, .now < end { await session.wakeSignal.wait(until: end) }
            }
        }
    }

    /// Makes `submitting` jobs uncertain and puts all other unfinished ones on the agenda.
    private func takeUpUnfinished() async throws {
        let (store, context) = (session.store, session.context)
        let (resubmits, origin) = (context.configuration.onUncertain == .resubmit, context.origin)
        try await setAsideIfOutdated()
        let (doubted, jobs, pauses, version, last) = try await store.write { database in
            try database.requireFiles()
            try store.checkLock()
            let doubted = try database.doubtSubmitting()
            try database.setAPIOrigin(origin)
            for job in doubted where resubmits { _ = try database.resubmitOnce(job) }
            return (
                doubted, try database.followed(), try database.pauses().map(\.reason),
                try database.version(), try database.lastEventID()
            )
        }
        for job in doubted {
            context.log.warning("job \(job.id) is uncertain: it was on the wire when jobd last ended")
        }
        for job in jobs { runs.follow(job, after: .zero) }
        (self.version, lastEvent, leaseID) = (version, last, store.lease?.id)
        if account.reconcile(with: pauses, knowing: nil) { submissions.allow() }
        let since = Timestamp.now + .seconds(-60)
        let (recent, times) = try await store.read { database in
            (try database.recentSubmissions(since: since), try database.recentRuns(limit: 200))
        }
        for (model, at) in recent {
            submissions.inFlight.noteSent(model, at: session.now - (Timestamp.now - at).wholeMilliseconds)
        }
        for (model, took) in times { runs.noteTime(took, of: model) }
    }

    /// Sets aside what may have been sent if the database is older than that. It is the only thing that is
    /// done about it: everything else goes on.
    private func setAsideIfOutdated() async throws {
        let (store, log) = (session.store, session.context.log)
        let noted = store.notedClaims
        let (claims, setAside) = try await store.write { database in
            try database.requireFiles()
            try store.checkLock()
            try database.forgetSetAside()
            return try database.catchUp(withClaims: noted)
        }
        if let setAside {
            log.error("\(setAside.words); see jobctl list --state held,uncertain; everything else goes on")
        }
        do { try store.noteClaims(claims, synced: true) } catch {
            log.warning("what is sent cannot be counted: \(error)")
        }
    }

    // MARK: - Sharing the store

    /// Renews the lease of a shared store, and takes over the jobs of jobds that are gone.
    private func keepLease(at turn: Moment) async {
        guard let lease = session.store.lease, turn >= renewAt else { return }
        renewAt = turn + Lease.renewal.wholeMilliseconds
        let log = session.context.log
        do {
            let noted = session.store.notedClaims
            let (claims, setAside, (followed, doubted)) = try await session.store.write { database in
                let (claims, setAside) = try database.catchUp(withClaims: noted)
                return (claims, setAside, try database.takeOver())
            }
            session.tell(setAside)
            // So each jobd knows how much all of them have sent.
            try session.store.noteClaims(claims)
            if !followed.isEmpty {
                log.warning("took over \(followed.count) jobs that nobody followed any more")
            }
            for job in doubted {
                log.warning("job \(job.id) is uncertain: the jobd that was sending it is gone")
            }
            for job in followed { runs.follow(job, after: .zero) }
            if lease.id != leaseID {
                let own = try await session.store.read { try $0.followed() }
                log.error("the lease ended, and others have taken over; \(own.count) jobs are still here")
                runs.keep(only: Set(own.map(\.id)))
                leaseID = lease.id
            }
        } catch {
            log.error("the lease cannot be renewed: \(error)")
            renewAt = turn + 1000
        }
    }

    // MARK: - What others changed

    private func takeUpChanges(at turn: Moment) async throws {
        let (known, seen) = (lastEvent, version)
        let looks = session.store.lease == nil || turn >= lookAt
        if looks { lookAt = turn + Self.shortestLook }
        let found = try await readAsHolder { database in
            let version = looks ? try database.version() : seen
            return (version, version == seen ? nil : try database.steered(after: known))
        }
        do {
            let (version, changes) = try found.get()
            guard let changes else { return }
            (self.version, lastEvent) = (version, changes.last)
            await session.store.noteOthersWrites()
            submissions.mayClaim = true
            for job in changes.jobs { runs.steer(job) }
        } catch {
            session.context.log.error("the store cannot be read: \(error)")
        }
    }

    // MARK: - Resting

    /// When there is something to do if nothing wakes jobd before.
    private func nextTurn(after turn: Moment) -> Moment {
        // At the latest after a minute, in case a wake-up was lost; and while looks are sent, to check the
        // lock.
        let longest: Moment = session.store.lease == nil ? 60_000 : 1000
        let moments = [
            turn + longest, runs.nextTurn([.fetching], after: turn), submissions.nextTurn(after: turn),
            runs.nextLook(after: turn).map { max($0, turn + 1000) },
        ]
        return moments.compactMap(\.self).min() ?? turn
    }

    /// How jobd ends if nothing is left to do without a person; nil if something is.
    private func drained() async -> Ending? {
        guard runs.rest != .others, submissions.underway == 0, account.isWritten else { return nil }
        let left = try? await session.store.read {
            (try $0.pauses(), try $0.readyModels(), try $0.hasRetry())
        }
        guard let (pauses, ready, retries) = left else { return nil }
        let stop = pauses.first { $0.reason == .token || $0.reason == .balance }
        switch runs.rest {
        case .others: return nil
        case .barred: return stop.map { .account($0.detail) }
        case .none: break
        }
        if pauses.contains(where: { $0.reason == .hand }) { return .drained }
        let neverSends = { [configuration = session.context.configuration] (model: String) in
            configuration.limits(of: model)?.limits.maxInFlight == 0
        }
        if !retries, ready.allSatisfy(neverSends) { return .drained }
        // A refusal may be one job's own fault: others are tried first.
        if let stop {
            return account.gate.isConvinced || !session.context.hasToken ? .account(stop.detail) : nil
        }
        return !retries && submissions.waitsForBudget ? .drained : nil
    }
}
