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

/// A budget that holds jobs back.
package struct BudgetHold: Equatable, Sendable {
    /// The entry of `budget.labels`; nil for the budget of all jobs.
    package let labels: LabelPattern?
    package let key: String
    /// The budget with its limit and its present period. Another limit, or another day, is a new reason for
    /// `on_attention`.
    package let occasion: String
    package let words: String

    package init(labels: LabelPattern?, key: String, occasion: String, words: String) {
        (self.labels, self.key, self.occasion, self.words) = (labels, key, occasion, words)
    }

    /// The first in full, and the others by their keys; nil for none.
    package static func words(of holds: [BudgetHold]) -> String? {
        let others = holds.dropFirst().map(\.key)
        return holds.first.map {
            $0.words
                + (others.isEmpty ? "" : "; others hold jobs back, too: " + others.joined(separator: ", "))
        }
    }
}
