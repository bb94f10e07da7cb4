internal import JSON
internal import JobModel
internal import JobStore
internal import Policy
internal import Provider

/// Looks at one job over there, and records what has changed.
struct Looking: Sendable {
    let recorder: Recorder
    let context: WorkerContext
    let spread: ClosedRange<Duration>?

    /// How often an accepted cancel may be left unconfirmed.
    private static let mostUnconfirmed = 4
    /// Right after a submission a request that is not known can be lag.
    private static let longestUnknown = Duration.seconds(20)
    private static let longestCostWait = Duration.seconds(2)

    enum Finding: Sendable {
        case again(NextLook)
        /// The service says, by its own code, that it does not know the request.
        case unknown(String, wait: Duration)
        /// It was answered, but not how the job fares.
        case noWord(NextLook)
        /// The service or the way to it is troubled.
        case trouble(NextLook, asked: Duration?)
        case account(SubmissionGate.Reason, String, NextLook)
        /// With the job and its outputs as the database has them now.
        case landed(Landed, took: Duration?, costIsDue: Bool)
        case over
    }

    func look(at job: inout Followed) async throws -> Finding {
        if job.cancelWished, .now >= job.nextCancel, let finding = try await sendCancel(of: &job) {
            return finding
        }
        switch try await context.client.status(of: job.requestID) {
        case .stopped(let obstacle): return try await stopped(obstacle, &job)
        case .known(let status, let position):
            if status.isOver { return try await ask(&job) }
            answered(&job)
            return try await unfinished(status, position, &job, mayExpire: true)
        }
    }

    private func answered(_ job: inout Followed) {
        job.faults = 0
        job.isAskedOnceMore = false
    }

    /// `/status` says that it is over, or a cancel was accepted; `/result` alone says how it ended.
    private func ask(_ job: inout Followed) async throws -> Finding {
        let answer = try await context.client.result(of: job.requestID, model: job.model)
        if case .stopped(let obstacle) = answer { return try await stopped(obstacle, &job) }
        answered(&job)
        switch answer {
        case .stopped(let obstacle): return try await stopped(obstacle, &job)
        case .unfinished(let status, let position):
            if job.acceptedCancel == .deadline {
                job.unconfirmed += 1
                if job.unconfirmed >= Self.mostUnconfirmed { return try await fail(after: status, &job) }
            }
            return try await unfinished(status, position, &job, mayExpire: false)
        case .succeeded(let outputs, let facts): return try await landed(outputs, facts, &job)
        case .failed(let message, let facts):
            return try await fail(.remote, message, try await cost(facts, of: job), &job)
        case .unusable(let message, let facts):
            return try await fail(.output, message, try await cost(facts, of: job), &job)
        case .cancelled(let facts):
            let cost = try await cost(facts, of: job)
            return try await cancelled(cost, isDue: cost == nil && facts.costIsDue, &job)
        }
    }

    private func landed(
        _ outputs: [OutputReference], _ facts: ResultFacts, _ job: inout Followed
    ) async throws -> Finding {
        let finished = facts.finishedAt.flatMap(Timestamp.init)
        let landed = try await recorder.write("job \(job.id)") { [id = job.id, state = job.state] in
            let job = try $0.record(
                .succeeded(finishedAt: finished, costUSD: facts.cost), for: id, in: state,
                outputs: outputs.map { (Output.Kind(rawValue: $0.kind.rawValue) ?? .file, $0.url) })
            return Landed(job: job, outputs: try $0.outputs(of: id))
        }
        job.state = .downloading
        var took: Duration?
        if let finished, let created = facts.createdAt.flatMap(Timestamp.init), finished > created {
            took = finished - created
        }
        return .landed(landed, took: took, costIsDue: facts.costIsDue)
    }

    /// What an ended request cost; asked for once more where the service does not know it yet.
    private func cost(_ facts: ResultFacts, of job: Followed) async throws -> Double? {
        guard facts.cost == nil, facts.costIsDue else { return facts.cost }
        let wait = min(context.poll.shortest, Self.longestCostWait)
        return try await LateCost(client: context.client).ask(job.requestID, model: job.model, after: wait)
    }

    private func fail(
        _ kind: FailureKind, _ message: String, _ cost: Double?, _ job: inout Followed
    ) async throws -> Finding {
        _ = try await recorder.record(
            .failed(JobFailure(kind, message), costUSD: cost), for: job.id, in: job.state)
        context.log.warning("job \(job.id) failed (\(kind.rawValue)): \(message)")
        return .over
    }

    private func fail(after status: RemoteStatus, _ job: inout Followed) async throws -> Finding {
        try await fail(.deadline, "still \(status.word) after the deadline", nil, &job)
    }

    private func cancelled(_ cost: Double?, isDue: Bool = false, _ job: inout Followed) async throws
        -> Finding
    {
        if job.acceptedCancel == .deadline, !job.cancelWished {
            return try await fail(
                .deadline, "still unfinished after the deadline, and cancelled then", cost, &job)
        }
        _ = try await recorder.record(
            .cancelledRemotely(costUSD: cost, costIsDue: isDue), for: job.id, in: job.state)
        context.log.info("job \(job.id) \(job.acceptedCancel == nil ? "was cancelled" : "cancelled")")
        return .over
    }

    private func unfinished(
        _ status: RemoteStatus, _ position: Int64?, _ job: inout Followed, mayExpire: Bool
    ) async throws -> Finding {
        // Only a fresh word of `/status` is believed that there is no result yet.
        if mayExpire, ContinuousClock.now - job.acceptedAt >= context.deadline(of: job.model) {
            return try await expire(status, &job)
        }
        let isRunning = status == .inProgress || (job.state == .inProgress && status != .inQueue)
        if status.word != job.word || position != job.queuePosition {
            let progress = JobEvent.RemoteProgress(
                isRunning: isRunning, word: status.word, queuePosition: position)
            if case .unknown(let word) = status {
                context.log.warning("job \(job.id): unknown status \"\(word)\"")
            }
            job.state = try await recorder.record(.observed(progress), for: job.id, in: job.state).state
            (job.word, job.queuePosition) = (status.word, position)
        }
        let wait = context.poll.wait(
            elapsed: ContinuousClock.now - job.acceptedAt, spread: spread, chance: .random(in: 0..<1))
        return .again(.after(wait))
    }

    /// A fresh answer says unfinished, and its time is over. What waits in the queue over there is cancelled
    /// first.
    private func expire(_ status: RemoteStatus, _ job: inout Followed) async throws -> Finding {
        guard status == .inQueue else { return try await fail(after: status, &job) }
        switch try await context.client.cancel(job.requestID) {
        case .cancelled:
            job.acceptedCancel = .deadline
            return try await ask(&job)
        case .notCancellable:
            // It is no longer in the queue: what was known of it is old by now.
            switch try await context.client.status(of: job.requestID) {
            case .stopped(let obstacle): return try await stopped(obstacle, &job)
            case .known(let fresh, _):
                return fresh.isOver ? try await ask(&job) : try await fail(after: fresh, &job)
            }
        case .stopped(let obstacle): return try await stopped(obstacle, &job)
        }
    }

    /// Sends a wished cancel. Nil where the look goes on: what cannot be cancelled is followed and fetched.
    private func sendCancel(of job: inout Followed) async throws -> Finding? {
        let answer = try await context.client.cancel(job.requestID)
        // It is asked again at a later look, unless its end is known by then.
        job.cancelFailures += 1
        job.nextCancel = .now + context.delay(after: job.cancelFailures)
        switch answer {
        case .cancelled:
            job.acceptedCancel = job.acceptedCancel ?? .wish
            return try await ask(&job)
        case .notCancellable:
            context.log.info("job \(job.id) cannot be cancelled any more; it is followed and fetched")
            job.cancelWished = false
            return nil
        case .stopped(let obstacle):
            // Whatever stands in its way must not keep paid work from being fetched.
            context.log.debug("job \(job.id): its cancel was not answered: \(obstacle)")
            return nil
        }
    }

    private func stopped(_ obstacle: Obstacle, _ job: inout Followed) async throws -> Finding {
        job.faults += 1
        let delay = context.delay(after: job.faults)
        // One look without an answer is nothing; whoever wonders about a row of them finds why in the job's
        // history.
        if job.faults == 2 { note(obstacle, of: job.id) }
        switch obstacle {
        // The token is another account's: that says nothing about the job.
        case .denied: return .noWord(.after(delay))
        case .gone(let reason):
            let wait = min(delay, Self.longestUnknown)
            guard job.acceptedCancel != nil else { return .unknown(reason, wait: wait) }
            // It is forgotten because it was cancelled.
            job.unconfirmed += 1
            return job.unconfirmed < Self.mostUnconfirmed
                ? .noWord(.after(wait)) : try await cancelled(nil, &job)
        case .account(let fault, let reason):
            return .account(fault == .token ? .token : .balance, reason, .after(delay))
        case .misnamed: return .trouble(.after(delay), asked: nil)
        case .tryLater(_, let asked):
            return .trouble(.after(context.delay(after: job.faults, asked: asked)), asked: asked)
        }
    }

    private func note(_ obstacle: Obstacle, of id: Int64) {
        context.log.warning("job \(id): \(obstacle.reason)")
        recorder.store.post { [reason = obstacle.reason] database in
            try database.append(.fault, ["message": .string(reason)], job: id, at: database.now)
        }
    }
}
