internal import Configuration
internal import JobModel
internal import JobStore
internal import Provider

/// Taking jobs out of the queue, and what becomes of their POSTs.
extension Dispatcher {
    func claim(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
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
    func allowances(at now: Int64) -> [String: Int] {
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
    func reconcile(with pauses: [Pause.Reason]) {
        let standing = pauses.compactMap { SubmissionGate.Reason(rawValue: $0.rawValue) }
        if let reason = gate.reason, !standing.contains(reason) {
            gate.answered()
            mayClaim = true
        } else if gate.reason == nil, let reason = standing.first, context.hasToken {
            gate.closeFromBefore(reason)
            mayClaim = true
        }
    }

    func submit(_ job: Job) async {
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
            if let asked { beQuiet(for: asked) }
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
    func leave(_ job: Job) { countInFlight(job.model, -1) }

    func keep(pause reason: SubmissionGate.Reason, _ detail: String) async {
        context.log.error("submissions are paused (\(reason.rawValue)): \(detail)")
        guard let pause = Pause.Reason(rawValue: reason.rawValue) else { return }
        _ = try? await persistently { try $0.keepPause(pause, detail) }
    }

    func endPauses() async {
        context.log.info("submissions go on")
        _ = try? await persistently { database in
            for pause in [Pause.Reason.token, .balance, .outage] { try database.keepPause(pause, nil) }
        }
    }

    /// Writes, or says why not and leaves it for the next turn: nothing has left yet that depends on it.
    func persistently<Value: Sendable>(
        _ body: @escaping @Sendable (JobDatabase) throws -> Value
    ) async throws -> Value? {
        do { return try await store.write(body) } catch {
            context.log.error("the store cannot be written: \(error)")
            quietUntil = now + context.delay(after: 1).wholeMilliseconds
            mayClaim = true
            return nil
        }
    }

    func firstWait(of model: String) -> Duration {
        context.poll.wait(elapsed: .zero, spread: runTimes[model]?.spread, chance: .random(in: 0..<1))
    }
}
