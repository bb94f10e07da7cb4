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
                .report(.refused),
            ]
        case .unreachable(let reason): return notBought(reason, .unreachable(reason), asked: nil, rules)
        case .notBought(let reason, let asked):
            return notBought(reason, .notBought(asked: asked), asked: asked, rules)
        case .accountFault(let fault, let reason):
            return [.record(.notBought(reason: reason, tryAgainAt: nil)), .report(.account(fault, reason))]
        case .uncertain(let reason, let raw): return doubt(reason, raw)
        }
    }

    /// It is tried again later.
    private func notBought(_ reason: String, _ report: Report, asked: Duration?, _ rules: Rules) -> [Action] {
        // A time further away than `retry.max` counts as set by a wrong clock (`JobDatabase.promoteDue`).
        let wait = min(rules.delay(after: faults + 1, asked: asked), rules.retry.longest)
        return [
            .record(.notBought(reason: reason, tryAgainAt: rules.wall + wait)),
            .log(.warning, "job \(id) not sent: \(reason)"), .report(report),
        ]
    }

    /// It may have been bought, and nobody can know.
    func doubt(_ reason: String, _ raw: KeptAnswer) -> [Action] {
        [
            .doubt(reason, raw), .log(.warning, "job \(id) is uncertain: \(reason)"),
            .report(.doubted(reason)), .leave,
        ]
    }
}
