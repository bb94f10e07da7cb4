internal import CommandLineTool
internal import JSON
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
        let words = session.arguments.operands.joined(separator: " ")
        if let word = session.arguments.operands.first, (try? Selection.range(word[...], of: word)) != nil {
            throw Failure.usage(
                "pause stops all submissions, not single jobs",
                hint:
                    "jobctl hold \(words) sets them aside; a reason has words: jobctl pause \"day \(words)\""
            )
        }
        let store = try session.store(.write)
        let (former, detail) = try store.transaction {
            let former = try store.pauses().first { $0.reason == .hand }
            // Without a new reason, the one that others rely on stays.
            let detail = words.isEmpty ? former?.detail ?? byHand : words
            try store.pause(.hand, detail)
            return (former, detail)
        }
        session.wake(store.directory)
        if session.wantsJSON {
            try session.emit(
                .object([
                    "paused": .bool(true), "detail": .string(detail),
                    "replaced": .optional(former.flatMap { $0.detail == detail ? nil : $0.detail }),
                ]))
        }
        session.note(Self.words(former, detail))
        return .success
    }

    /// The reason of a pause for which nobody has named one.
    private static let byHand = "paused by hand"

    private static func words(_ former: Pause?, _ detail: String) -> String {
        guard let former else {
            let reason = detail == byHand ? "" : " (\(detail))"
            return "all submissions are paused\(reason); to resume: jobctl resume"
        }
        if former.detail == detail { return "submissions were paused already: \(detail)" }
        return "submissions were paused already; the reason is now \"\(detail)\", it was \"\(former.detail)\""
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
        let ended = try store.transaction {
            let pauses = try store.pauses()
            try store.resume()
            return pauses
        }
        session.wake(store.directory)
        if session.wantsJSON {
            try session.emit(
                .object([
                    "resumed": .array(ended.map { .string($0.reason.rawValue) }),
                    "in_the_way": .array(
                        ended.filter { $0.reason != .hand }.map {
                            .object(["reason": .string($0.reason.rawValue), "detail": .string($0.detail)])
                        }),
                ]))
        }
        session.note(ended.isEmpty ? "submissions were not paused" : "submissions continue")
        for pause in ended { pause.obstacle.map(session.note) }
        session.noteIfNoDaemon(store, "nothing is sent until it runs")
        return .success
    }
}

extension Pause {
    /// What a person who resumes must know: no resume changes the account, the service or a budget.
    fileprivate var obstacle: String? {
        switch reason {
        case .hand: nil
        case .token, .balance, .outage:
            "note: jobd had paused by itself (\(reason.rawValue): \(detail)); it tries again now, and pauses "
                + "again if that has not changed"
        case .budget: "note: the budget still stands in the way (\(detail)): \(hint)"
        }
    }

    /// `submissions are paused (by hand, 2 min ago): lunch`
    func sentence(now: Timestamp) -> String {
        let since = TimeText.relative(since.milliseconds, now: now.milliseconds)
        let isSaid = detail == "paused \(reason.words)"
        return "\(subject) (\(reason.words), \(since))" + (isSaid ? "" : ": \(detail)")
    }

    /// What a person can do about it.
    var hint: String {
        switch reason {
        case .hand: "jobctl resume"
        case .token: "give jobd a good token, then reload or restart it; jobctl resume tries now"
        case .balance, .outage: "jobd tries again by itself; jobctl resume tries now"
        case .budget:
            Self.hint(
                ofBudget: detail.firstRange(of: " is $").map { detail[..<$0.lowerBound] } ?? "the budget")
        }
    }

    /// What a person can do about a budget. The detail of its pause begins with its key.
    private static func hint(ofBudget key: Substring) -> String {
        let period = SpendingPeriod.allCases.first { key.hasSuffix("\($0.rawValue)_usd") }
        return "raise \(key)" + (period?.waitHint.map { ", or \($0)" } ?? "")
    }
}

extension SpendingPeriod {
    /// What ends it; nil for the whole time.
    var waitHint: String? {
        switch self {
        case .day: "wait for the next day (UTC)"
        case .month: "wait for the next month (UTC)"
        case .total: nil
        }
    }
}
