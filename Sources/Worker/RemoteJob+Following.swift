internal import Configuration
internal import HTTP
internal import JobModel
internal import Policy
internal import Provider

/// What RunComfy says about the request, until it is over: status, result, cancel, deadline, cost.
extension RemoteJob {
    /// How many answers may leave an accepted cancel unconfirmed.
    private static let mostUnconfirmed = 4
    /// The longest wait while the service does not know the request: a new one may need a moment.
    private static let longestUnknown = Duration.seconds(20)
    private static let longestCostWait = Duration.seconds(2)

    mutating func look(_ rules: Rules) -> [Action] {
        cancelling.isExpiring = false
        if isElsewhere(rules.origin) { return [.setAside(request?.origin ?? "")] }
        return cancelling.isWished && rules.now >= cancelling.next ? [.sendCancel] : [.askStatus]
    }

    /// What the last answer meant.
    var lastStatus: StatusAnswer {
        .known(RemoteStatus(word: word ?? ""), queuePosition: queuePosition)
    }

    mutating func status(_ answer: StatusAnswer, _ digest: AnswerDigest?, _ rules: Rules) -> [Action] {
        lastAnswer = nil
        switch answer {
        case .stopped(let obstacle): return noAnswer(obstacle, rules)
        case .known(let status, _) where status.isOver: return [.askResult]
        case .known(let status, let position):
            let isLate = rules.now - (request?.acceptedAt ?? rules.now) >= rules.deadline.wholeMilliseconds
            if cancelling.isExpiring || (isLate && status != .inQueue) {
                return answered(rules) + failLate(status)
            }
            // A request that is still in the queue is cancelled first.
            if isLate {
                cancelling.isExpiring = true
                return [.sendCancel]
            }
            let actions = answered(rules) + unfinished(status, position, rules)
            lastAnswer = digest
            return actions
        }
    }

    /// `/status` says that it is over, or a cancel was accepted: only `/result` says how it ended.
    mutating func result(_ answer: ResultAnswer, _ rules: Rules) -> [Action] {
        if case .stopped(let obstacle) = answer { return noAnswer(obstacle, rules) }
        let actions = answered(rules)
        switch answer {
        case .stopped: return actions
        case .unfinished(let status, let position):
            if cancelling.accepted == .deadline {
                cancelling.unconfirmed += 1
                if cancelling.unconfirmed >= Self.mostUnconfirmed { return actions + failLate(status) }
            }
            return actions + unfinished(status, position, rules)
        case .succeeded(let outputs, let facts): return actions + succeeded(outputs, facts, rules)
        case .failed(let message, let facts):
            return actions + end(.failed(JobFailure(.remote, message)), facts, rules)
        case .unusable(let message, let facts):
            return actions + end(.failed(JobFailure(.output, message)), facts, rules)
        case .cancelled(let facts): return actions + end(endOfCancel, facts, rules)
        }
    }

    /// What a confirmed cancel means: the end that the person wanted, or the deadline.
    private var endOfCancel: JobEvent {
        guard cancelling.accepted == .deadline, !cancelling.isWished else { return .cancelledRemotely() }
        return .failed(JobFailure(.deadline, "still unfinished after the deadline, and cancelled then"))
    }

    private mutating func succeeded(
        _ outputs: [OutputReference], _ facts: ResultFacts, _ rules: Rules
    ) -> [Action] {
        let finished = facts.finishedAt.flatMap(Timestamp.init)
        files.costIsDue = facts.costIsDue
        var took = request?.mayHaveTaken(by: rules.now)
        if let finished, let created = facts.createdAt.flatMap(Timestamp.init), finished > created {
            took = finished - created
        }
        return [
            .record(.succeeded(finishedAt: finished, costUSD: facts.cost), outputs: outputs),
            .reportLook(.finished(took: took)),
        ]
    }

    /// The request is over. If the service does not know the cost yet, it is asked for again.
    private mutating func end(_ event: JobEvent, _ facts: ResultFacts, _ rules: Rules) -> [Action] {
        ending = event
        guard facts.cost == nil, facts.costIsDue else { return recordEnd(facts.cost, isDue: false) }
        return [.askCost(after: min(rules.poll.shortest, Self.longestCostWait))]
    }

    /// - Parameter isDue: whether the service still has to say what it cost.
    func recordEnd(_ cost: Double?, isDue: Bool) -> [Action] {
        switch ending {
        case .failed(let failure, _): fail(failure, cost)
        case .cancelledRemotely:
            [
                .record(.cancelledRemotely(costUSD: cost, costIsDue: isDue)),
                .log(.info, "job \(id) \(cancelling.accepted == nil ? "was cancelled" : "cancelled")"),
            ]
        default: [.leave]
        }
    }

    private func fail(_ failure: JobFailure, _ cost: Double? = nil) -> [Action] {
        [
            .record(.failed(failure, costUSD: cost)),
            .log(.warning, "job \(id) failed (\(failure.kind.rawValue)): \(failure.message)"),
        ]
    }

    private func failLate(_ status: RemoteStatus) -> [Action] {
        fail(JobFailure(.deadline, "still \(status.word) after the deadline"))
    }

    private mutating func unfinished(_ status: RemoteStatus, _ position: Int64?, _ rules: Rules) -> [Action] {
        var actions: [Action] = []
        lastAnswer = nil
        request?.seenUnfinishedAt = rules.now
        if status.word != word || position != queuePosition {
            let isRunning = status == .inProgress || (state == .inProgress && status != .inQueue)
            if case .unknown(let word) = status {
                actions.append(.log(.warning, "job \(id): unknown status \"\(word)\""))
            }
            let progress = JobEvent.RemoteProgress(
                isRunning: isRunning, word: status.word, queuePosition: position)
            actions.append(.record(.observed(progress)))
            (word, queuePosition) = (status.word, position)
        }
        let elapsed = Duration.milliseconds(rules.now - (request?.acceptedAt ?? rules.now))
        let wait = rules.poll.wait(elapsed: elapsed, times: rules.times, chance: rules.chance)
        return actions + [.wait(wait)]
    }

    /// The answer to a cancel, which a person wished or the deadline asked for.
    mutating func cancelAnswered(_ answer: CancelAnswer, _ rules: Rules) -> [Action] {
        if cancelling.isExpiring {
            switch answer {
            case .cancelled:
                cancelling.accepted = .deadline
                return [.askResult]
            // It is no longer in the queue: its status is out of date.
            case .notCancellable: return [.askStatus]
            case .stopped(let obstacle): return noAnswer(obstacle, rules)
            }
        }
        // It is sent again with a later look, unless the request is over by then.
        cancelling.failures += 1
        cancelling.next = rules.now + rules.delay(after: cancelling.failures).wholeMilliseconds
        switch answer {
        case .cancelled:
            cancelling.accepted = cancelling.accepted ?? .wish
            return [.askResult]
        case .notCancellable:
            cancelling.isWished = false
            return [
                .log(.info, "job \(id) cannot be cancelled any more; it is followed and fetched"), .askStatus,
            ]
        case .stopped(let obstacle):
            // Paid work must be fetched, whatever becomes of the cancel.
            return [.log(.debug, "job \(id): its cancel was not answered: \(obstacle)"), .askStatus]
        }
    }

    private mutating func answered(_ rules: Rules) -> [Action] {
        faults = 0
        isAskedOnceMore = false
        guard request?.origin == nil else { return [.reportLook(.answered)] }
        request?.origin = rules.origin
        return [.reportLook(.answered), .learnOrigin(rules.origin)]
    }

    private mutating func noAnswer(_ obstacle: Obstacle, _ rules: Rules) -> [Action] {
        faults += 1
        let delay = rules.delay(after: faults)
        var actions: [Action] = []
        // A single look without an answer is not worth a line. Two in a row are, also in the job's history.
        if faults == 2 {
            actions = [.log(.warning, "job \(id): \(obstacle.reason)"), .note(obstacle.reason)]
        }
        switch obstacle {
        // The token belongs to another account, which says nothing about the job.
        case .denied: return actions + [.reportLook(.noWord), .wait(delay)]
        case .gone(let reason):
            let wait = min(delay, Self.longestUnknown)
            guard cancelling.accepted != nil else {
                return actions + [.reportLook(.unknown), .askWhetherLost(reason, wait: wait)]
            }
            // The service has forgotten it because it was cancelled.
            cancelling.unconfirmed += 1
            actions.append(.reportLook(.noWord))
            guard cancelling.unconfirmed >= Self.mostUnconfirmed else { return actions + [.wait(wait)] }
            ending = endOfCancel
            return actions + recordEnd(nil, isDue: false)
        case .account(let fault, let reason):
            return actions + [.reportLook(.account(fault, reason)), .wait(delay)]
        case .misnamed: return actions + [.reportLook(.troubled(asked: nil)), .wait(delay)]
        case .tryLater(_, let asked):
            return actions + [
                .reportLook(.troubled(asked: asked)), .wait(rules.delay(after: faults, asked: asked)),
            ]
        }
    }

    mutating func lossDecided(_ isLost: Bool, _ reason: String, _ wait: Duration) -> [Action] {
        guard isLost || isAskedOnceMore else { return [.wait(wait)] }
        let message =
            isAskedOnceMore
            ? "the service still does not know the request (\(reason)); "
                + "only jobctl retry \(id) --resubmit buys again"
            : "the service does not know the request: \(reason)"
        return fail(JobFailure(.lost, message))
    }
}
