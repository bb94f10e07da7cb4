internal import Configuration
internal import JobModel
internal import JobStore
internal import System

/// How jobs leave: claimed as the limits, the gate and the pauses allow, then sent once.
extension Dispatcher {
    func claim(_ group: inout ThrowingDiscardingTaskGroup<any Error>, at turn: Int64) async {
        await writeVerdicts()
        await writePauses()
        // A look may have given a verdict meanwhile: its job must not leave before that is written.
        guard verdicts.isEmpty, pauseWork == .none else {
            mayClaim = true
            if turn >= claimsQuietUntil { bell.ring() }
            return
        }
        if let claimAt, claimAt <= turn { mayClaim = true }
        guard mayClaim, claimsQuietUntil <= turn else { return }
        let configuration = context.configuration
        let allowance = traffic.allowance(configuration, at: turn)
        var choice = gate.choice(limit: configuration.maxSubmitting, underway: submitting, at: turn)
        choice.most = min(allowance.total, choice.most, Self.mostClaims)
        let claim = Claim(
            choice: choice, allowanceByLimit: allowance.byEntry, configuration: configuration,
            bytesUnderway: bytesUnderway)
        mayClaim = false
        let reason = gate.reason
        isClaiming = true
        let answer = await outcome(of: claim, reason)
        isClaiming = false
        guard let (result, pauses) = answer else { return }
        if result.saysOfBudget { tellOfBudget(result) }
        reconcile(with: pauses, knowing: reason)
        if result.hasLooked, result.jobs.isEmpty, result.refused.isEmpty { foundNothing(choice, result) }
        claimAt = nextClaim(result, allowance, after: turn)
        for job in result.refused { context.log.warning("job \(job.id) refused: \(job.message ?? "")") }
        if !result.refused.isEmpty || (choice.most > 0 && result.jobs.count == choice.most) {
            mayClaim = true
            bell.ring()
        }
        bytesUnderway += result.bytes
        for job in result.jobs {
            submitting += 1
            active.insert(job.id)
            traffic.enter(job.id, job.model)
            traffic.depart(job.model, at: turn)
            gate.sent(job.id, choice)
            group.addTask { await self.submit(job) }
        }
    }

    /// Runs a claim as far as the pauses allow, and answers which of them stand.
    private func outcome(of claim: Claim, _ reason: SubmissionGate.Reason?) async -> (
        Claim.Result, [Pause.Reason]
    )? {
        let hasToken = context.hasToken
        return await persistently { [store] database in
            // Another jobd may have the directory by now. From here on the intent stands in the database that
            // both look at.
            try database.requireFiles()
            try store.checkLock()
            if !hasToken {
                try database.keepPause(.token, "there is no token: set token_file, or $RUNCOMFY_TOKEN")
            }
            let pauses = try database.pauses().map(\.reason)
            if pauses.contains(.hand) || !hasToken { return (Claim.Result(), pauses) }
            // A pause of ours that is gone was ended by a person.
            if let reason, let pause = Pause.Reason(rawValue: reason.rawValue), !pauses.contains(pause) {
                return (Claim.Result(), pauses)
            }
            let result = try claim.run(database)
            // What was not looked at says nothing of the budget.
            if result.saysOfBudget { try database.keepPause(.budget, result.budget) }
            return (result, pauses)
        }
    }

    /// When time alone may let something through that this claim did not.
    private func nextClaim(_ result: Claim.Result, _ allowance: Traffic.Allowance, after turn: Int64)
        -> Int64?
    {
        // A time of day comes sooner when the wall clock is set forward: it is looked at now and then.
        let patience = min(max(context.configuration.retryMax, .seconds(1)), .seconds(60)).wholeMilliseconds
        let due = result.nextDue.map { turn + min(max(1, ($0 - .now).wholeMilliseconds), patience) }
        let moments = [due, allowance.opensAt, result.budget == nil ? nil : turn + 60_000] + gate.moments
        return moments.compactMap { $0 }.filter { $0 > turn }.min()
    }

    private func foundNothing(_ choice: SubmissionGate.Choice, _ result: Claim.Result) {
        let context = context
        let stands = gate.foundNothing(choice, isGone: result.isGone, at: now) { context.delay(after: $0) }
        guard let stands else {
            // What is left may be another's turn.
            if choice.only != nil {
                mayClaim = true
                bell.ring()
            }
            return
        }
        let words =
            "job \(stands.job) was refused again: \(stands.answer); no other job is there to compare it with"
        keep(pause: stands.reason, words)
        bell.ring()
    }

    /// Brings the gate in step with the pauses that stand in the database, as it was when they were read.
    func reconcile(with pauses: [Pause.Reason], knowing reason: SubmissionGate.Reason?) {
        // While our own word is not written yet, its absence says nothing.
        guard gate.reason == reason, pauseWork == .none else { return }
        let standing = pauses.compactMap { SubmissionGate.Reason(rawValue: $0.rawValue) }
        if let reason, !standing.contains(reason) {
            gate.reset()
        } else if reason == nil, let pause = standing.first, context.hasToken {
            closeFromBefore(pause)
        } else {
            return
        }
        mayClaim = true
        bell.ring()
    }

    func closeFromBefore(_ reason: SubmissionGate.Reason) {
        gate.closeFromBefore(reason)
        isMendedByLook = reason == .token
    }

    func submit(_ job: Job) async {
        let submission = Submission(
            job: job, store: store, context: context, failures: failures[job.id] ?? 0)
        let outcome = await submission.run()
        submitting -= 1
        bytesUnderway -= job.input.utf8.count
        mayClaim = true
        let before = gate.reason
        learn(from: outcome, of: job)
        if before != nil, gate.reason == nil { endPauses() }
        if followed[job.id] == nil {
            traffic.leave(job.id, job.model)
        } else {
            agenda.put(job.id, at: now + firstWait(of: job.model).wholeMilliseconds)
        }
        await release(job.id)
    }

    private func learn(from outcome: Submission.Outcome, of job: Job) {
        let worth = SubmissionGate.Worth(model: job.model, price: job.priceUSD)
        let context = context
        let delay = { (failures: Int) in context.delay(after: failures) }
        switch outcome {
        case .accepted(let accepted):
            if let guilty = gate.accepted(job.id, worth, at: now) { blame(guilty) }
            crowd = 0
            failures[job.id] = nil
            // It was accepted just now, whatever the wall clock says by this time.
            followed[job.id] = Followed(accepted, now: accepted.followedSince ?? .now)
        case .settled:
            gate.settled(job.id)
            failures[job.id] = nil
        case .doubted(let why):
            noAnswer(for: job, why)
            failures[job.id] = nil
            // It may have been steered, or sent back, meanwhile: its row says how it stands.
            steered.insert(job.id)
        case .noAnswer(let why):
            noAnswer(for: job, why)
            failures[job.id, default: 0] += 1
        case .later(let asked):
            failures[job.id, default: 0] += 1
            if let asked {
                // Those that were on the wire together meet the same crowd.
                if now >= claimsQuietUntil { crowd += 1 }
                leaveAlone(for: max(asked, context.delay(after: crowd)))
            }
            gate.notTaken(job.id, isBusy: asked != nil, at: now, delay)
        case .account(let reason, let detail):
            isMendedByLook = false
            if gate.refused(job.id, reason, detail, worth, at: now, delay) {
                keep(pause: reason, "job \(job.id) was refused: \(detail)")
            } else {
                context.log.warning(
                    "job \(job.id) was refused again after another was taken: the next one shows whose fault it is"
                )
            }
        case .unrecorded(let what): unrecorded.append(what)
        }
    }

    private func noAnswer(for job: Job, _ why: String) {
        let context = context
        let before = gate.reason
        gate.noAnswer(job.id, limit: context.configuration.maxSubmitting, at: now) {
            context.delay(after: $0)
        }
        guard gate.reason == .outage, before != .outage else { return }
        keep(
            pause: .outage,
            "the service does not answer (job \(job.id): \(why)); one job at a time is tried")
    }

    /// A job is refused while others pass: its own end is to be written down.
    func blame(_ guilty: SubmissionGate.Suspect) {
        verdicts[guilty.job] = guilty.verdict
        mayClaim = true
        bell.ring()
    }

    /// Writes down which jobs failed by comparison with others, unless a person was quicker.
    private func writeVerdicts() async {
        let due = verdicts
        guard !due.isEmpty else { return }
        let ended = await persistently { database in
            try due.keys.sorted().filter { id in
                guard let verdict = due[id], try database.ready(id: id) != nil else { return false }
                _ = try database.record(.refused(message: verdict), for: id, in: .queued)
                return true
            }
        }
        guard let ended else { return }
        for id in ended { context.log.warning("job \(id) refused: \(due[id] ?? "")") }
        verdicts = verdicts.filter { due[$0.key] == nil }
    }

    /// New work waits for as long as the service asks. What was paid for is only slowed down, so that it
    /// cannot vanish.
    func leaveAlone(for time: Duration) {
        let (claims, looks) = (
            min(time, context.configuration.retryMax), min(time, context.configuration.pollMax)
        )
        claimsQuietUntil = max(claimsQuietUntil, now + claims.wholeMilliseconds)
        looksQuietUntil = max(looksQuietUntil, now + looks.wholeMilliseconds)
    }

    private func tellOfBudget(_ result: Claim.Result) {
        if let obstacle = result.budget, budgetObstacle == nil {
            context.log.error("submissions are paused (budget): \(obstacle)")
        } else if result.budget == nil, budgetObstacle != nil {
            context.log.info("submissions go on")
        }
        budgetObstacle = result.budget
        for model in result.unpriced where unpriced.insert(model).inserted {
            context.log.warning(
                "the price of \(model) is not known: no budget holds it back; set its price_usd")
        }
    }

    func keep(pause reason: SubmissionGate.Reason, _ detail: String) {
        context.log.error("submissions are paused (\(reason.rawValue)): \(detail)")
        pauseWork = .record(reason, detail)
    }

    func endPauses() {
        context.log.info("submissions go on")
        pauseWork = .end
    }

    /// Writes down what has become of the gate. The one place that does: no claim sees a pause that is only
    /// half there.
    private func writePauses() async {
        let work = pauseWork
        guard work != .none else { return }
        let isWritten = await persistently { database in
            for reason in [SubmissionGate.Reason.token, .balance, .outage] {
                guard let pause = Pause.Reason(rawValue: reason.rawValue) else { continue }
                if case .record(reason, let detail) = work {
                    try database.keepPause(pause, detail)
                } else {
                    try database.keepPause(pause, nil)
                }
            }
            return true
        }
        if isWritten != nil, pauseWork == work { pauseWork = .none }
    }

    /// Writes, or says why not and leaves it for the next turn: nothing has left yet that depends on it.
    private func persistently<Value: Sendable>(
        _ body: @escaping @Sendable (JobDatabase) throws -> Value
    ) async -> Value? {
        do { return try await store.write(body) } catch {
            context.log.error("the store cannot be written: \(error)")
            leaveAlone(for: context.delay(after: 1))
            mayClaim = true
            return nil
        }
    }

    private func firstWait(of model: String) -> Duration {
        context.poll.wait(elapsed: .zero, spread: runTimes[model]?.spread, chance: .random(in: 0..<1))
    }
}
