internal import Calendar

/// Moments and spans as people write and read them. A moment is milliseconds since 1970.
package enum TimeText {
    package enum Direction: Sendable {
        case fromNow, ago
    }

    /// Reads `2h` (from now, or ago), `YYYY-MM-DD[ HH:MM[:SS]]` in local time, RFC 3339, or the form of the
    /// database; a bare `HH:MM[:SS]` is the next such local time, or the last one.
    package static func moment(_ text: String, now: Int64, _ direction: Direction) -> Int64? {
        if let span = span(text) {
            let (moment, overflow) =
                direction == .fromNow
                ? now.addingReportingOverflow(span) : now.subtractingReportingOverflow(span)
            return overflow ? nil : moment
        }
        return calendar(text) ?? nextOrLast(text, now: now, direction)
    }

    /// The time of day `text` on the nearest day that makes it lie ahead of `now`, or behind it.
    private static func nextOrLast(_ text: String, now: Int64, _ direction: Direction) -> Int64? {
        // `HH:MM` or `HH:MM:SS`. A day off noon is noon, or an hour beside it: the right day, whatever the
        // clocks do.
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
        // Local time is written without an offset. A fraction without one is the form of the database, which
        // is UTC.
        let isLocal = written.offset == nil && !written.hasFraction
        return isLocal ? written.time.localMilliseconds : written.milliseconds
    }

    /// Reads a span such as `500ms`, `2s`, `5m`, `24h`, `7d`, `2w` or `1h30m`, in milliseconds.
    package static func span(_ text: String) -> Int64? {
        let units: [Substring: Int64] = [
            "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
        ]
        var rest = text[...]
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { ("a"..."z").contains($0) }
            rest = rest.dropFirst(unit.count)
            guard let number = Int64(digits), let factor = units[unit] else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: factor)
            let (sum, overflow) = total.addingReportingOverflow(product)
            if tooLarge || overflow { return nil }
            total = sum
        }
        return text.isEmpty ? nil : total
    }

    /// How long ago, or how soon, in one unit: `just now`, `5 min ago`, `in 2 h`.
    package static func relative(_ moment: Int64, now: Int64) -> String {
        let difference = now.subtractingReportingOverflow(moment).partialValue
        let words = Self.span(milliseconds: difference.magnitude)
        if difference.magnitude < 1000 { return "now" }
        return difference >= 0 ? "\(words) ago" : "in \(words)"
    }

    /// A span in its largest fitting unit.
    package static func span(milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        return switch seconds {
        case 0: "\(milliseconds) ms"
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }

    /// The moment by the clock on the wall here: `2026-11-20 15:04:05`.
    package static func local(_ moment: Int64) -> String {
        String(CalendarTime(local: moment).description.prefix(19))
    }
}
