internal import Configuration
internal import JobModel
internal import JobStore

/// How jobs leave: claimed as the limits, the gate and the pauses allow, then sent once.
extension Dispatcher {
    func claim(_ group: inout ThrowingDiscardingTaskGroup<any Error>, at turn: Int64) async {
        await writePauses()
        if let claimAt, claimAt <= turn { mayClaim = true }
        guard mayClaim, claimsQuietUntil <= turn else { return }
        let configuration = context.configuration
        let allowance = traffic.allowance(configuration, at: turn)
        let most = gate.allowance(limit: configuration.maxSubmitting, underway: submitting, at: turn)
        let claim = Claim(
            allowance: min(allowance.total, most, Self.mostClaims), allowanceByLimit: allowance.byEntry,
            configuration: configuration)
        mayClaim = false
        let hasToken = context.hasToken
        let reason = gate.reason
        let outcome = await persistently { database in
            try database.requireFiles()
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
            if claim.allowance > 0 { try database.keepPause(.budget, result.budget) }
            return (result, pauses)
        }
        guard let (result, pauses) = outcome else { return }
        if claim.allowance > 0 { tellOfBudget(result) }
        reconcile(with: pauses, knowing: reason)
        let moments = [
            result.nextDue.map { turn + max(1, ($0 - .now).wholeMilliseconds) }, allowance.opensAt,
            gate.probeAt, result.budget == nil ? nil : turn + 60_000,
        ]
        claimAt = moments.compactMap { $0 }.filter { $0 > turn }.min()
        for job in result.refused { context.log.warning("job \(job.id) refused: \(job.message ?? "")") }
        if !result.refused.isEmpty || (claim.allowance > 0 && result.jobs.count == claim.allowance) {
            mayClaim = true
            bell.ring()
        }
        for job in result.jobs {
            submitting += 1
            active.insert(job.id)
            traffic.enter(job.id, job.model)
            traffic.depart(job.model, at: turn)
            group.addTask { await self.submit(job) }
        }
    }

    /// Brings the gate in step with the pauses that stand in the database, as it was when they were read.
    func reconcile(with pauses: [Pause.Reason], knowing reason: SubmissionGate.Reason?) {
        // While our own word is not written yet, its absence says nothing.
        guard gate.reason == reason, pauseWork == .none else { return }
        let standing = pauses.compactMap { SubmissionGate.Reason(rawValue: $0.rawValue) }
        if let reason, !standing.contains(reason) {
            gate.answered()
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
        mayClaim = true
        let limit = context.configuration.maxSubmitting
        let context = context
        let before = gate.reason
        switch outcome {
        case .accepted(let accepted):
            gate.answered()
            crowd = 0
            failures[job.id] = nil
            // It was accepted just now, whatever the wall clock says by this time.
            followed[job.id] = Followed(accepted, now: accepted.followedSince ?? .now)
        case .settled:
            gate.answered()
            failures[job.id] = nil
        case .doubted:
            gate.noAnswer(job.id, limit: limit, at: now) { context.delay(after: $0) }
            failures[job.id] = nil
            // It may have been steered, or sent back, meanwhile: its row says how it stands.
            steered.insert(job.id)
        case .noAnswer:
            gate.noAnswer(job.id, limit: limit, at: now) { context.delay(after: $0) }
            failures[job.id, default: 0] += 1
        case .later(let asked):
            failures[job.id, default: 0] += 1
            notTaken(asked: asked)
        case .account(let reason, let detail):
            gate.close(reason, at: now) { context.delay(after: $0) }
            isMendedByLook = false
            keep(pause: reason, detail)
        case .unrecorded(let what): unrecorded.append(what)
        }
        if gate.reason == .outage, before != .outage {
            keep(pause: .outage, "the service does not answer; one job at a time is tried")
        }
        if before != nil, gate.reason == nil { endPauses() }
        if followed[job.id] == nil {
            traffic.leave(job.id, job.model)
        } else {
            agenda.put(job.id, at: now + firstWait(of: job.model).wholeMilliseconds)
        }
        await release(job.id)
    }

    /// The service answered, and took nothing.
    private func notTaken(asked: Duration?) {
        let context = context
        if let asked {
            // Those that were on the wire together meet the same crowd.
            if now >= claimsQuietUntil { crowd += 1 }
            leaveAlone(for: max(asked, context.delay(after: crowd)))
        }
        switch gate.reason {
        // It has too much to do, so it is there.
        case nil, .outage: if asked != nil { return gate.answered() }
        case .token, .balance: break
        }
        if let reason = gate.reason { gate.close(reason, at: now) { context.delay(after: $0) } }
    }

    /// New work waits for as long as the service asks. What was paid for is only slowed down, so that it cannot vanish.
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

    /// Writes down what has become of the gate. The one place that does: no claim sees a pause that is only half there.
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
