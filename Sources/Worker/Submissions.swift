internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import System

/// How jobs leave the queue: claimed as the limits, the gate and the pauses allow.
@WorkerActor
final class Submissions {
    var limits = InFlight()
    /// Whether a claim may find something.
    var mayClaim = true
    /// When time alone lets a job leave.
    private(set) var claimAt: Int64?
    /// The service asked to be left alone until then, or the store could not be written.
    private(set) var quietUntil: Int64 = 0
    private var storeRestsUntil: Int64 = 0
    /// How many POSTs are on the wire, and how many bytes of inputs.
    private(set) var underway = 0
    private var bytesUnderway = 0
    /// A claim is under way: which jobs it takes is known once it is written.
    private(set) var isClaiming = false
    /// How often in a row a job's sending came to nothing.
    private var failures: [Int64: Int] = [:]
    /// How often in a row the service had too much to do for a submission.
    private var crowd = 0
    /// Why the budget holds jobs back, once that was said.
    private var budgetObstacle: String?
    /// Models of unknown price, which no budget holds back; each is said once.
    private var unpriced: Set<String> = []

    private let session: WorkerSession
    private let account: AccountWatch

    /// How many jobs one transaction takes out of the queue.
    private static let mostClaims = 256

    init(_ session: WorkerSession, _ account: AccountWatch) {
        (self.session, self.account) = (session, account)
    }

    /// Takes jobs out of the queue, if any may leave now, and answers them: they are to be sent.
    func claim(at turn: Int64) async -> [Job] {
        if let claimAt, claimAt <= turn { mayClaim = true }
        do {
            if storeRestsUntil <= turn { try await account.write() }
            // A look may have given a verdict meanwhile: its job must not leave before that is written.
            guard account.isWritten else {
                if storeRestsUntil <= turn { allow() }
                return []
            }
            guard mayClaim, quietUntil <= turn else { return [] }
            isClaiming = true
            defer { isClaiming = false }
            return try await take(at: turn)
        } catch {
            // Nothing has left yet that depends on it.
            session.context.log.error("the store cannot be written: \(error)")
            leaveAlone(for: session.context.delay(after: 1))
            storeRestsUntil = session.now + session.context.delay(after: 1).wholeMilliseconds
            mayClaim = true
            return []
        }
    }

    private func take(at turn: Int64) async throws -> [Job] {
        let (configuration, reason) = (session.context.configuration, account.gate.reason)
        let choice = account.gate.choice(limit: configuration.maxSubmitting, underway: underway, at: turn)
        let admission = Admission(
            configuration, limits, most: min(choice.most, Self.mostClaims), at: turn)
        let claim = Claim(
            choice: choice, admission: admission, configuration: configuration,
            hasToken: session.context.hasToken, pause: reason, bytesUnderway: bytesUnderway)
        mayClaim = false
        let result = try await session.store.write { [store = session.store] database in
            // Another jobd may have the directory by now. From here on the intent stands in the database that
            // both look at.
            try database.requireFiles()
            try store.checkLock()
            return try claim.run(database)
        }
        if result.coversWholeQueue { tellOfBudget(result) }
        if account.reconcile(with: result.pauses, knowing: reason) { allow() }
        if result.hasSearched, result.jobs.isEmpty, result.refused.isEmpty,
            account.foundNothing(choice, isGone: result.onlyJobIsGone)
        {
            allow()
        }
        claimAt = nextClaim(result, admission, after: turn)
        for job in result.refused {
            session.context.log.warning("job \(job.id) refused: \(job.message ?? "")")
        }
        if !result.refused.isEmpty || (admission.room > 0 && result.jobs.count == admission.room) { allow() }
        for job in result.jobs {
            underway += 1
            bytesUnderway += job.input.utf8.count
            limits.enter(job.id, job.model)
            limits.depart(job.model, at: turn)
            account.sent(job.id, choice)
        }
        return result.jobs
    }

    /// When time alone may let something through that this claim did not.
    private func nextClaim(_ result: Claim.Result, _ admission: Admission, after turn: Int64) -> Int64? {
        // A time of day comes sooner when the wall clock is set forward: it is looked at now and then.
        let longest = session.context.configuration.retryMax
        let patience = min(max(longest, .seconds(1)), .seconds(60)).wholeMilliseconds
        let due = result.nextDue.map { turn + min(max(1, ($0 - .now).wholeMilliseconds), patience) }
        let moments =
            [due, admission.opensAt, result.budget == nil ? nil : turn + 60_000] + account.gate.moments
        return moments.compactMap { $0 }.filter { $0 > turn }.min()
    }

    private func tellOfBudget(_ result: Claim.Result) {
        let log = session.context.log
        if let obstacle = result.budget, budgetObstacle == nil {
            log.error("submissions are paused (budget): \(obstacle)")
        } else if result.budget == nil, budgetObstacle != nil {
            log.info("submissions go on")
        }
        budgetObstacle = result.budget
        for model in result.unpriced where unpriced.insert(model).inserted {
            log.warning("the price of \(model) is not known: no budget holds it back; set its price_usd")
        }
    }

    // MARK: - What becomes of those that left

    /// A claim may find something new.
    func allow() {
        mayClaim = true
        session.wakeSignal.wake()
    }

    /// The job as it is sent.
    func sending(_ job: Job) -> RemoteJob { RemoteJob(sending: job, failures: failures[job.id] ?? 0) }

    /// - Returns: for how long the service is to be left alone.
    func note(_ report: RemoteJob.Report, of id: Int64) -> Duration? {
        switch report {
        case .taken:
            crowd = 0
            failures[id] = nil
        case .settled, .doubted: failures[id] = nil
        case .unreachable: failures[id, default: 0] += 1
        case .notTaken(let asked):
            failures[id, default: 0] += 1
            guard let asked else { return nil }
            // Those that were on the wire together meet the same crowd.
            if session.now >= quietUntil { crowd += 1 }
            return max(asked, session.context.delay(after: crowd))
        default: break
        }
        return nil
    }

    /// The POST of `job` is answered, and that is on record.
    ///
    /// - Parameter isTaken: whether RunComfy works on it now.
    func answered(_ job: Job, isTaken: Bool) {
        underway -= 1
        bytesUnderway -= job.input.utf8.count
        if !isTaken { limits.leave(job.id, job.model) }
        mayClaim = true
    }

    /// New work waits for as long as the service asks.
    func leaveAlone(for time: Duration) {
        let wait = min(time, session.context.configuration.retryMax)
        quietUntil = max(quietUntil, session.now + wait.wholeMilliseconds)
    }

    /// When to claim though nobody wakes it; nil for not at all.
    func nextTurn(after turn: Int64) -> Int64? {
        let timed = claimAt.map { max($0, quietUntil) }
        let quiet = mayClaim && quietUntil > turn ? quietUntil : nil
        let written = !account.isWritten && storeRestsUntil > turn ? storeRestsUntil : nil
        return [timed, quiet, written].compactMap(\.self).min()
    }
}
