internal import Calendar

/// Moments and spans as people write and read them. A moment is milliseconds since 1970.
package enum TimeText {
    package enum Direction: Sendable {
        case fromNow, ago
    }

    /// Reads `2h` (from now, or ago), `YYYY-MM-DD[ HH:MM[:SS]]` in local time, RFC 3339, or the form that the
    /// database uses. `HH:MM[:SS]` alone is the next such local time, or the last one.
    package static func moment(_ text: String, now: Int64, _ direction: Direction) -> Int64? {
        if let span = span(text) {
            let (moment, overflow) =
                direction == .fromNow
                ? now.addingReportingOverflow(span) : now.subtractingReportingOverflow(span)
            return overflow ? nil : moment
        }
        return calendar(text) ?? nextOrLast(text, now: now, direction)
    }

    /// The nearest moment after `now`, or before it, with the time of day `text`.
    private static func nextOrLast(_ text: String, now: Int64, _ direction: Direction) -> Int64? {
        // `HH:MM` or `HH:MM:SS`. Counting days from noon gives the right day, even if the clocks change.
        guard [5, 8].contains(text.utf8.count), text.utf8.dropFirst(5).first ?? 0x3A == 0x3A,
            let noon = calendar("\(day(of: now)) 12:00")
        else { return nil }
        for days in direction == .fromNow ? [0, 1] : [0, -1] as [Int64] {
            guard let moment = calendar("\(day(of: noon + days * 86_400_000)) \(text)") else { return nil }
            if direction == .fromNow ? moment > now : moment <= now { return moment }
        }
        return nil
    }

    private static func day(of moment: Int64) -> Substring { local(moment).prefix { $0 != " " } }

    private static func calendar(_ text: String) -> Int64? {
        guard let written = WrittenTime(text) else { return nil }
        // A time without an offset is local. With a fraction, it is in the database's form, which is UTC.
        let isLocal = written.offset == nil && !written.hasFraction
        return isLocal ? written.time.localMilliseconds : written.milliseconds
    }

    /// Reads a span such as `2s`, `5m` or `1h30m`, in milliseconds.
    package static func span(_ text: String) -> Int64? { WrittenSpan.milliseconds(text) }

    /// The distance from now in one unit: `now`, `5 min ago`, `in 2 h`.
    package static func relative(_ moment: Int64, now: Int64) -> String {
        let difference = now.subtractingReportingOverflow(moment).partialValue
        let words = Self.parts(difference.magnitude).first ?? ""
        if difference.magnitude < 1000 { return "now" }
        return difference >= 0 ? "\(words) ago" : "in \(words)"
    }

    /// How long something took, exact enough to compare: `40 ms`, `2.5 s`, `12 s`, `2 min 5 s`, `3 h 10 min`,
    /// `2 days 4 h`.
    package static func span(milliseconds: UInt64) -> String {
        if case 1000..<10_000 = milliseconds, case let tenths = milliseconds % 1000 / 100, tenths > 0 {
            return "\(milliseconds / 1000).\(tenths) s"
        }
        return parts(milliseconds).joined(separator: " ")
    }

    /// A span in the largest unit that fits, and what is left of it in the next one.
    private static func parts(_ milliseconds: UInt64) -> [String] {
        let seconds = milliseconds / 1000
        func two(_ large: UInt64, _ name: String, _ small: UInt64, _ rest: String) -> [String] {
            ["\(large) \(name)"] + (small == 0 ? [] : ["\(small) \(rest)"])
        }
        return switch seconds {
        case 0: ["\(milliseconds) ms"]
        case ..<60: ["\(seconds) s"]
        case ..<3600: two(seconds / 60, "min", seconds % 60, "s")
        case ..<172_800: two(seconds / 3600, "h", seconds % 3600 / 60, "min")
        default: two(seconds / 86_400, "days", seconds % 86_400 / 3600, "h")
        }
    }

    /// A span as a clock shows it: `0:07`, `12:30`, `1:02:03`.
    package static func clock(milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds) / 1000
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        return (hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)") + ":" + two(seconds % 60)
    }

    /// The local time of a moment: `2026-11-20 15:04:05`.
    package static func local(_ moment: Int64) -> String {
        String(CalendarTime(local: moment).description.prefix(19))
    }
}
