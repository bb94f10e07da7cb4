/// Over which time spending is limited: a calendar day or month in UTC, or all of it.
package enum SpendingPeriod: String, CaseIterable, Sendable {
    case day, month, total

    /// The days that it has at `now`, as the store's sums name them; all days together are an empty text.
    package func days(at now: Timestamp) -> [String] {
        switch self {
        case .day: [now.day]
        case .month: now.month.days
        case .total: [""]
        }
    }
}

/// A calendar month in UTC.
package struct CalendarMonth: Equatable, Sendable {
    package let start: Timestamp
    /// The start of the next month.
    package let end: Timestamp

    /// Reads `2026-11`; nil if there is no such month.
    package init?(_ text: String) {
        guard text.utf8.count == 7, let start = Timestamp(text + "-01 00:00:00.000") else { return nil }
        self.init(startingAt: start)
    }

    /// The month of `moment`.
    init(of moment: Timestamp) {
        let midnight = moment.startOfDay
        let dayOfMonth = Int64(midnight.day.suffix(2)) ?? 1
        self.init(startingAt: midnight + .seconds((1 - dayOfMonth) * 86_400))
    }

    private init(startingAt start: Timestamp) {
        self.start = start
        // Every month has its 29th day after 28 days at the earliest, and ends within the next four.
        let days = (28...31).first { (start + .seconds(Int64($0) * 86_400)).day.hasSuffix("-01") } ?? 31
        end = start + .seconds(Int64(days) * 86_400)
    }

    package var text: String { String(start.day.prefix(7)) }

    /// Its days: `2026-11-01` and so on.
    var days: [String] {
        stride(from: start.milliseconds, to: end.milliseconds, by: 86_400_000).map {
            Timestamp(milliseconds: $0).day
        }
    }
}

extension Timestamp {
    /// Its day in UTC, `2026-11-29`.
    package var day: String { String(description.prefix(10)) }
    package var month: CalendarMonth { CalendarMonth(of: self) }
}

/// The labels of one entry of `budget.labels`: a label, or all that begin so if it ends in `*`. A job without
/// a label counts as one with an empty label: only `*` alone matches it.
package struct LabelPattern: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    private var prefix: Substring? { text.hasSuffix("*") ? text.dropLast() : nil }

    /// Labels are compared byte by byte, as the store does.
    package func matches(_ label: String?) -> Bool {
        let label = (label ?? "").utf8
        return prefix.map { label.starts(with: $0.utf8) } ?? label.elementsEqual(text.utf8)
    }

    /// The first and the last label that it may match, in the order of their bytes.
    package var bounds: (first: String, last: String) {
        prefix.map { (String($0), $0 + "\u{10FFFF}") } ?? (text, text)
    }

    /// Whether it matches every job.
    package var isEverything: Bool { text == "*" }
}
