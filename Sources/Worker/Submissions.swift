internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import Provider
internal import System

/// A job that must be sent.
struct ClaimedJob: Sendable {
    let job: Job
    /// Whether it still may be, to be asked at the last moment: another jobd may have taken it for lost. Nil
    /// if nobody else can.
    let lastLook: (@Sendable () -> Bool)?
}

/// Claims queued jobs as the limits, the gate and the pauses allow.
@WorkerActor
final class Submissions {
    var inFlight = InFlight()
    /// Whether a claim may find something.
    var mayClaim = true
    /// When a claim may find something although nothing has changed.
    private var claimAt: Moment?
    /// The service asked to be left alone until then.
    private var quietUntil: Moment = 0
    /// The store could not be written, and is not tried before then.
    private var storeRestsUntil: Moment = 0
    /// How many POSTs are on the wire, and how many bytes of inputs.
    private(set) var underway = 0
    private var bytesUnderway = 0
    /// A claim is being written; its jobs are not known yet.
    private(set) var isClaiming = false
    /// How often in a row a job could not be sent.
    private var failures: [Int64: Int] = [:]
    /// How often in a row the service was too busy for a submission.
    private var busyAnswers = 0
    /// The budget that holds jobs back, as the log has said.
    private var budgetWait: BudgetWait?
    /// What the log says only once: models of unknown price, and that claims cannot be counted.
    private var told: Set<String> = []

    let preparations: Preparations
    private let session: WorkerSession
    private let account: AccountWatch

    /// How many jobs one claim may take.
    private static let mostClaims = 256

    init(_ session: WorkerSession, _ account: AccountWatch) {
        (self.session, self.account) = (session, account)
        preparations = Preparations(session)
    }

    /// Claims jobs if any may be sent now.
    ///
    /// - Returns: the jobs, which must be sent.
    func claim(at turn: Moment) async -> [ClaimedJob] {
        if let claimAt, claimAt <= turn { mayClaim = true }
        do {
            if storeRestsUntil <= turn { try await account.write() }
            // A look may have found a job to blame meanwhile, which must not be claimed before that is
            // written.
            guard account.isWritten else {
                if storeRestsUntil <= turn { allow() }
                return []
            }
            guard mayClaim, claimsRestUntil <= turn else { return [] }
            isClaiming = true
            defer { isClaiming = false }
            return try await runClaim(at: turn)
        } catch {
            // Nothing was sent that depends on it.
            session.context.log.error("the store cannot be written: \(error)")
            storeRestsUntil = session.now + session.context.delay(after: 1).wholeMilliseconds
            mayClaim = true
            return []
        }
    }

    /// Until when nothing is claimed.
    private var claimsRestUntil: Moment { max(quietUntil, storeRestsUntil) }

    private func runClaim(at turn: Moment) async throws -> [ClaimedJob] {
        let (configuration, reason) = (session.context.configuration, account.gate.reason)
        let choice = account.gate.choice(limit: configuration.maxSubmitting, underway: underway, at: turn)
        let allowance = min(choice.allowance, Self.mostClaims)
        let own = Admission(configuration, inFlight, allowance: allowance, at: turn)
        let claim = Claim(
            choice: choice, admission: own, configuration: configuration,
            hasToken: session.context.hasToken, pause: reason, recount: recount(allowance, at: turn),
            bytesUnderway: bytesUnderway,
            prepared: preparations.results(at: turn), busy: preparations.busy(at: turn),
            preparationRoom: preparations.room, troubled: preparations.troubled(at: turn))
        mayClaim = false
        let store = session.store
        let (result, setAside) = try await store.write(isUrgent: true) { database in
            // Another jobd may have the directory by now. It would see these jobs in the database.
            try database.requireFiles()
            try store.checkLock()
            // A server may have gone back in time since it was last asked.
            let setAside =
                database.isShared ? try database.catchUp(withClaims: store.notedClaims).setAside : nil
            return (try claim.run(database), setAside)
        }
        session.tell(setAside)
        let admission = result.admission ?? own
        preparations.begin(result.toPrepare)
        if let claims = result.claims { note(claims) }
        if result.hasSearched, choice.only == nil { tellOfBudget(result, admission, at: turn) }
        if account.reconcile(with: result.pauses, knowing: reason) { allow() }
        if result.hasSearched, result.jobs.isEmpty, result.refused.isEmpty, preparations.isIdle,
            account.foundNothing(choice, isGone: result.onlyJobIsGone)
        {
            allow()
        }
        claimAt = nextClaim(result, admission, after: turn)
        for id in (result.jobs + result.refused).map(\.id) + result.withdrawn { preparations.forget(id) }
        for job in result.refused {
            session.context.log.warning("job \(job.id) refused: \(job.message ?? "")")
        }
        if !result.refused.isEmpty || (admission.room > 0 && result.jobs.count == admission.room) { allow() }
        for job in result.jobs { noteClaimed(job, result.files[job.id], choice, at: turn) }
        return result.jobs.map { ClaimedJob(job: $0, lastLook: lastLook(under: result.lease)) }
    }

    private func noteClaimed(
        _ job: Job, _ files: [InlineFile]?, _ choice: SubmissionGate.Choice, at turn: Moment
    ) {
        underway += 1
        bytesUnderway += job.input.utf8.count
        inFlight.add(job.id, job.model)
        inFlight.noteSent(job.model, at: turn)
        account.sent(job.id, choice)
        preparations.keep(files, for: job.id)
    }

    /// With a store that several share, the limits hold for all of them together.
    private func recount(
        _ allowance: Int, at turn: Moment
    ) -> (@Sendable (JobDatabase) throws -> Admission)? {
        if session.store.lease == nil { return nil }
        return { [configuration = session.context.configuration, origin = session.context.origin] database in
            let now = database.now
            let recent =
                try configuration.limitsRate ? database.recentSubmissions(since: now + .seconds(-60)) : []
            let sent = recent.map { model, at in (model, turn - (now - at).wholeMilliseconds) }
            let inFlight = InFlight(try database.underway(at: origin), sent: sent)
            return Admission(configuration, inFlight, allowance: allowance, at: turn)
        }
    }

    /// Without the counter, only a database that somebody replaces by an older one would go unnoticed.
    private func note(_ claims: Int64) {
        do { try session.store.noteClaims(claims) } catch {
            guard told.insert("").inserted else { return }
            session.context.log.warning("what is sent cannot be counted: \(error)")
        }
    }

    /// Starts finding out what can be sent for references.
    func startPreparing(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for preparation in preparations.takeNew() {
            group.addTask {
                await self.preparations.run(preparation)
                await self.allow()
            }
        }
    }

    /// When to claim again although nothing has changed.
    private func nextClaim(_ result: Claim.Result, _ admission: Admission, after turn: Moment) -> Moment? {
        // A scheduled job is due earlier if the wall clock is set forward, so the clock is read now and then.
        let longest = session.context.configuration.retryMax
        let patience = min(max(longest, .seconds(1)), .seconds(60)).wholeMilliseconds
        let due = result.nextDue.map { turn + min(max(1, ($0 - .now).wholeMilliseconds), patience) }
        let moments =
            [
                due, admission.opensAt, preparations.nextTurn(after: turn),
                result.budget == nil ? nil : turn + 60_000,
            ]
            + account.gate.moments
        return moments.compactMap(\.self).filter { $0 > turn }.min()
    }

    private struct BudgetWait {
        /// Whether the last look at the queue found no other reason to wait.
        let isAlone: Bool
    }

    /// Whether budgets alone keep jobs in the queue. If another claim is to come, that is not known yet.
    var waitsForBudget: Bool { !mayClaim && budgetWait?.isAlone ?? false }

    private func tellOfBudget(_ result: Claim.Result, _ admission: Admission, at turn: Moment) {
        let log = session.context.log
        if let obstacle = budgetWait == nil ? result.budget : result.budgetNews {
            log.warning("\(Pause.subject(.budget, obstacle)) (budget): \(obstacle)")
        } else if result.budget == nil, budgetWait != nil {
            log.info("submissions go on")
        }
        let isPreparing = !preparations.isIdle || preparations.nextTurn(after: turn) != nil
        let isAlone = result.jobs.isEmpty && !isPreparing && admission.opensAt == nil
        budgetWait = result.budget.map { _ in BudgetWait(isAlone: isAlone) }
        for model in result.unpriced where told.insert(model).inserted {
            log.warning("the price of \(model) is not known: no budget holds it back; set its price_usd")
        }
    }

    // MARK: - Answers

    /// A claim may find something new.
    func allow() {
        mayClaim = true
        session.wakeSignal.wake()
    }

    /// What is sent for a claimed job.
    func sentInput(of job: Job) -> SentInput {
        SentInput(job.input, files: preparations.takeFiles(for: job.id))
    }

    /// What was claimed under this lease may be sent only while it lasts.
    private func lastLook(under id: Int64?) -> (@Sendable () -> Bool)? {
        guard let lease = session.store.lease else { return nil }
        return { id.map(lease.allows) ?? false }
    }

    /// The job as it is sent.
    func sending(_ job: Job) -> RemoteJob { RemoteJob(sending: job, failures: failures[job.id] ?? 0) }

    /// - Returns: for how long the service is to be left alone.
    func note(_ report: RemoteJob.PostReport, of id: Int64) -> Duration? {
        switch report {
        case .accepted:
            busyAnswers = 0
            failures[id] = nil
        case .refused, .uncertain: failures[id] = nil
        case .unreachable: failures[id, default: 0] += 1
        case .notBought(let asked):
            failures[id, default: 0] += 1
            guard let asked else { return nil }
            // POSTs that were on the wire together count once.
            if session.now >= quietUntil { busyAnswers += 1 }
            return max(asked, session.context.delay(after: busyAnswers))
        case .account: break
        }
        return nil
    }

    /// The answer to the POST of `job` is recorded.
    func answered(_ job: Job, isAccepted: Bool) {
        underway -= 1
        bytesUnderway -= job.input.utf8.count
        if !isAccepted { inFlight.remove(job.id, job.model) }
        mayClaim = true
    }

    /// Nothing is sent for as long as the service asks.
    func leaveAlone(for time: Duration) {
        let wait = min(time, session.context.configuration.retryMax)
        quietUntil = max(quietUntil, session.now + wait.wholeMilliseconds)
    }

    /// When to claim if nothing wakes jobd before.
    func nextTurn(after turn: Moment) -> Moment? {
        let timed = claimAt.map { max($0, claimsRestUntil) }
        let quiet = mayClaim && claimsRestUntil > turn ? claimsRestUntil : nil
        let written = !account.isWritten && storeRestsUntil > turn ? storeRestsUntil : nil
        return [timed, quiet, written].compactMap(\.self).min()
    }
}
