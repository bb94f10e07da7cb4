/// Why submissions are paused, and since when.
package struct Pause: Equatable, Sendable {
    package enum Reason: String, CaseIterable, Sendable {
        /// Paused by a person.
        case hand
        /// A fault of the account, seen in the service's answers.
        case token, balance
        /// The service does not answer.
        case outage
        case budget
    }

    package let reason: Reason
    package let detail: String
    package let since: Timestamp

    package init(reason: Reason, detail: String, since: Timestamp) {
        self.reason = reason
        self.detail = detail
        self.since = since
    }

    /// What waits because of it, in words: the budget of a label holds back its own jobs alone. (The detail
    /// of a budget begins with its key.)
    package var subject: String { Self.subject(reason, detail) }

    package static func subject(_ reason: Reason, _ detail: String) -> String {
        reason == .budget && detail.hasPrefix("budget.labels.") ? "some jobs wait" : "submissions are paused"
    }
}

extension Pause.Reason {
    /// Those that `SubmissionGate` sets and ends.
    package static let ofGate: [Pause.Reason] = [.token, .balance, .outage]

    /// As it is shown: `paused (by hand)`.
    package var words: String { self == .hand ? "by hand" : rawValue }
}
