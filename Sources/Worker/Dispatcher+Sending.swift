internal import Configuration
internal import JobModel
internal import JobStore
internal import Provider

/// Taking jobs out of the queue, and what becomes of their POSTs.
extension Dispatcher {
    func claim(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async {
        await writePauses()
        let now = now
        for moment in [nextDue, gate.probeAt, rateOpens] {
            if let moment, moment <= now { mayClaim = true }
        }
        guard mayClaim, quietUntil <= now else { return }
        let claim = nextClaim(at: now)
        mayClaim = false
        let hasToken = context.hasToken
        let reason = gate.reason
        let outcome = await persistently { database in
            if !hasToken {
                try database.keepPause(.token, "there is no token: set token_file, or $RUNCOMFY_TOKEN")
            }
            let pauses = try database.pauses().map(\.reason)
            // A pause of ours that is gone was ended by a person: the gate is brought in step first.
            let isResumed = reason.map { !pauses.contains(Pause.Reason($0)) } ?? false
            if pauses.contains(.hand) || !hasToken || isResumed { return (Claim.Result(), pauses) }
            let result = try claim.run(database)
            if claim.allowance > 0 { try database.keepPause(.budget, result.budget) }
            return (result, pauses)
        }
        guard let (result, pauses) = outcome else { return }
        reconcile(with: pauses, asOf: reason)
        let due = result.nextDue.map { now + max(0, ($0 - .now).wholeMilliseconds) }
        nextDue = result.budget == nil ? due : min(due ?? .max, now + 60_000)
        isOverBudget = result.budget != nil && result.jobs.isEmpty
        for job in result.refused { context.log.warning("job \(job.id) refused: \(job.message ?? "")") }
        // There may be more behind those that were taken, and behind those that can never be.
        if !result.refused.isEmpty || (result.jobs.count == claim.allowance && claim.allowance > 0) {
            mayClaim = true
            bell.ring()
        }
        for job in result.jobs {
            submitting += 1
            active.insert(job.id)
            countInFlight(job.model, 1)
            noteSubmission(of: job.model, at: now)
            group.addTask { await self.submit(job) }
        }
    }

    /// How many jobs may leave now, by all limits; notes when a limit of the rate will allow more.
    func nextClaim(at now: Int64) -> Claim {
        let configuration = context.configuration
        rateOpens = nil
        let byRate = rate.allowance(limit: configuration.submitPerMinute, at: now)
        if byRate == 0 { rateOpens = rate.opensAt }
        let allowance = min(
            configuration.maxInFlight - inFlight, Self.mostClaims, byRate,
            gate.allowance(limit: configuration.maxSubmitting, underway: submitting, at: now))
        return Claim(
            allowance: max(0, allowance), allowanceByLimit: allowances(at: now), configuration: configuration)
    }

    /// What each entry of `models` still allows.
    func allowances(at now: Int64) -> [String: Int] {
        var allowances: [String: Int] = [:]
        for (name, limits) in context.configuration.models {
            var left = Int.max
            if let most = limits.maxInFlight { left = min(left, most - inFlight(under: name)) }
            if let rate = limits.submitPerMinute {
                let byRate = rateByLimit[name, default: RateWindow()].allowance(limit: rate, at: now)
                if byRate == 0, let opens = rateByLimit[name]?.opensAt {
                    rateOpens = min(rateOpens ?? opens, opens)
                }
                left = min(left, byRate)
            }
            if left != .max { allowances[name] = max(0, left) }
        }
        return allowances
    }

    /// Brings the gate in step with the pauses that stood in the database when its reason was `reason`.
    func reconcile(with pauses: [Pause.Reason], asOf reason: SubmissionGate.Reason?) {
        guard gate.reason == reason, pauseWork == .none else { return }
        let standing = pauses.compactMap { SubmissionGate.Reason(rawValue: $0.rawValue) }
        if let reason, !standing.contains(reason) {
            gate.answered()
            mayClaim = true
            bell.ring()
        } else if reason == nil, let before = standing.first, context.hasToken {
            gate.closeFromBefore(before)
            mayClaim = true
            bell.ring()
        }
    }

    /// Closes the gate for a fault of the account.
    func close(_ reason: SubmissionGate.Reason, _ detail: String, byLook: Bool) {
        let context = context
        gate.close(reason, at: now) { context.delay(after: $0) }
        wasClosedByLook = byLook
        pauseWork = .record(reason, detail)
        context.log.error("submissions are paused (\(reason.rawValue)): \(detail)")
    }

    /// The service has answered: whatever held submissions back is over.
    func open() {
        let wasClosed = gate.reason != nil
        gate.answered()
        guard wasClosed else { return }
        pauseWork = .end
        mayClaim = true
        context.log.info("submissions go on")
    }

    /// Writes down what has become of the gate. One writer: a claim never sees a pause that is only half there.
    func writePauses() async {
        let work = pauseWork
        let isWritten: Bool?
        switch work {
        case .none: return
        case .record(let reason, let detail):
            isWritten = await persistently { database in
                for other in [Pause.Reason.token, .balance, .outage] where other != Pause.Reason(reason) {
                    try database.keepPause(other, nil)
                }
                try database.keepPause(Pause.Reason(reason), detail)
                return true
            }
        case .end:
            isWritten = await persistently { database in
                for pause in [Pause.Reason.token, .balance, .outage] { try database.keepPause(pause, nil) }
                return true
            }
        }
        if isWritten == true, pauseWork == work { pauseWork = .none }
    }

    func submit(_ job: Job) async {
        let submission = Submission(
            job: job, store: store, context: context, failures: failures[job.id] ?? 0)
        let outcome = await submission.run()
        submitting -= 1
        active.remove(job.id)
        mayClaim = true
        switch outcome {
        case .accepted(let accepted):
            open()
            failures[job.id] = nil
            // Counted when it was claimed.
            if let entry = Followed(accepted, deadline: context.deadline(of: job.model), now: .now) {
                followed[job.id] = entry
                agenda.put(job.id, at: now + firstWait(of: job.model).wholeMilliseconds)
            }
        case .settled:
            open()
            failures[job.id] = nil
            leave(job)
        case .noAnswer:
            failures[job.id, default: 0] += 1
            leave(job)
            countSilence(of: job)
        case .later(let asked):
            failures[job.id, default: 0] += 1
            if let asked { beQuiet(for: asked) }
            leave(job)
        case .account(let reason, let detail):
            leave(job)
            close(reason, detail, byLook: false)
        case .unrecorded:
            leave(job)
            await takeUp(job.id)
        }
        if steered.remove(job.id) != nil { await takeUp(job.id) }
        bell.ring()
    }

    /// No answer came for `job`: several in a row are an outage.
    func countSilence(of job: Job) {
        let context = context
        let wasOpen = gate.reason == nil
        gate.noAnswer(job.id, limit: context.configuration.maxSubmitting, at: now) {
            context.delay(after: $0)
        }
        guard wasOpen, let reason = gate.reason else { return }
        let detail = "the service does not answer; one job at a time is tried"
        wasClosedByLook = false
        pauseWork = .record(reason, detail)
        context.log.error("submissions are paused (\(reason.rawValue)): \(detail)")
    }

    /// The job is no longer in flight.
    func leave(_ job: Job) { countInFlight(job.model, -1) }

    /// Writes, or says why not and leaves it for the next turn: nothing has left yet that depends on it.
    func persistently<Value: Sendable>(
        _ body: @escaping @Sendable (JobDatabase) throws -> Value
    ) async -> Value? {
        do { return try await store.write(body) } catch {
            context.log.error("the store cannot be written: \(error)")
            quietUntil = max(quietUntil, now + context.delay(after: 1).wholeMilliseconds)
            mayClaim = true
            return nil
        }
    }

    func firstWait(of model: String) -> Duration {
        context.poll.wait(elapsed: .zero, spread: runTimes[model]?.spread, chance: .random(in: 0..<1))
    }
}

extension Pause.Reason {
    /// The gate's reasons are among those that people see.
    init(_ reason: SubmissionGate.Reason) {
        self =
            switch reason {
            case .token: .token
            case .balance: .balance
            case .outage: .outage
            }
    }
}
