internal import CommandLineTool
internal import JobModel
internal import JobStore

enum PauseVerb: ControlVerb {
    static let command = Command(
        "pause", "stop submitting", operands: "[REASON]",
        discussion: [
            "Jobs that were sent are still followed and fetched. The pause outlives restarts."
        ],
        examples: [.init("jobctl pause \"until the invoice is paid\"", "with a reason that others will see")])

    static func run(_ session: Session) throws -> ExitCode {
        let reason = session.arguments.operands.joined(separator: " ")
        let store = try session.store(.write)
        let isNew = try store.pause(.hand, reason.isEmpty ? "paused by hand" : reason)
        session.wake(store.directory)
        session.note(
            isNew ? "submissions are paused; to resume: jobctl resume" : "submissions were paused already")
        return .success
    }
}

enum ResumeVerb: ControlVerb {
    static let command = Command(
        "resume", "submit again",
        discussion: [
            "Ends a pause by hand. If jobd paused by itself (token, balance, outage), it tries again at once."
        ],
        examples: [.init("jobctl resume", "continue")])

    static func run(_ session: Session) throws -> ExitCode {
        guard session.arguments.operands.isEmpty else { throw Failure.usage("resume takes no words") }
        let store = try session.store(.write)
        let ended = try store.resume()
        session.wake(store.directory)
        session.note(ended.isEmpty ? "submissions were not paused" : "submissions continue")
        session.noteIfNoDaemon(store.directory, "nothing is sent until it runs")
        return .success
    }
}

extension Pause {
    /// `paused (by hand, 2 min ago): lunch`
    func state(now: Timestamp) -> String {
        let since = TimeText.relative(since.milliseconds, now: now.milliseconds)
        return "paused (\(reason.words), \(since)): \(detail)"
    }

    /// What a person can do about it.
    var hint: String {
        switch reason {
        case .hand: "jobctl resume"
        case .token, .balance, .outage: "jobd tries again by itself; jobctl resume tries now"
        case .budget:
            // The detail begins with the key of the budget.
            detail.hasPrefix("budget.day_usd")
                ? "raise budget.day_usd, or wait for the next day (UTC)" : "raise budget.total_usd"
        }
    }
}
