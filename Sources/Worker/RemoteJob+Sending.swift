internal import Configuration
internal import JobModel
internal import Policy
internal import Provider

/// What the answer to the paid POST means for the job.
extension RemoteJob {
    mutating func submitted(_ answer: SubmitAnswer, _ rules: Rules) -> [Action] {
        switch answer {
        case .bought(let requestID, let raw):
            self.answer = raw
            return [.record(.accepted(requestID: requestID, origin: rules.origin))]
        case .refused(let message):
            return [
                .record(.refused(message: message)), .log(.warning, "job \(id) refused: \(message)"),
                .reportPost(.refused),
            ]
        case .unreachable(let reason): return retry(reason, nil, rules) + [.reportPost(.unreachable(reason))]
        case .notBought(let reason, let asked):
            return retry(reason, asked, rules) + [.reportPost(.notBought(asked: asked))]
        case .accountFault(let fault, let reason):
            let event = JobEvent.notBought(reason: reason, tryAgainAt: nil)
            return [.record(event), .reportPost(.account(fault, reason))]
        case .uncertain(let reason, let raw): return uncertain(reason, raw)
        }
    }

    /// Records that it was not bought, and when it may be sent again.
    private func retry(_ reason: String, _ asked: Duration?, _ rules: Rules) -> [Action] {
        // A time further away than `retry.max` counts as set by a wrong clock (`JobDatabase.promoteDue`).
        let wait = min(rules.delay(after: faults + 1, asked: asked), rules.retry.longest)
        return [
            .record(.notBought(reason: reason, tryAgainAt: rules.wall + wait)),
            .log(.warning, "job \(id) not sent: \(reason)"),
        ]
    }

    /// It may have been bought, and nobody can know.
    func uncertain(_ reason: String, _ raw: KeptAnswer) -> [Action] {
        [
            .recordUncertain(reason, raw), .log(.warning, "job \(id) is uncertain: \(reason)"),
            .reportPost(.uncertain(reason)), .leave,
        ]
    }
}
