internal import Calendar
internal import JSON

/// What an answer says besides how the job ended. Times are UTC text, `YYYY-MM-DD HH:MM:SS.SSS`.
package struct ResultFacts: Equatable, Sendable {
    /// In USD, as reported. It can come late, or never.
    package var cost: Double?
    /// Whether the answer has a key for the cost, but no cost yet.
    package var costIsDue = false
    package var createdAt: String?
    package var startedAt: String?
    package var finishedAt: String?

    package init(
        cost: Double? = nil, createdAt: String? = nil, startedAt: String? = nil, finishedAt: String? = nil
    ) {
        self.cost = cost
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    init(_ answer: JSON) {
        cost = answer["cost"]?.double.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        costIsDue = answer["cost"] == .null
        createdAt = answer["created_at"]?.string.flatMap(Self.time)
        startedAt = answer["started_at"]?.string.flatMap(Self.time)
        finishedAt = answer["finished_at"]?.string.flatMap(Self.time)
    }

    /// A time of the service, RFC 3339, as UTC text in the store's form; nil for anything else.
    static func time(_ text: String) -> String? {
        guard let written = WrittenTime(text, allowingLeapSecond: true), written.hasSeconds else {
            return nil
        }
        let time = CalendarTime(milliseconds: written.milliseconds)
        return (1...9999).contains(time.year) ? time.description : nil
    }
}
