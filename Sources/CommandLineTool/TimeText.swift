internal import Glibc

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
        guard [5, 8].contains(text.utf8.count), let noon = calendar("\(day(of: now)) 12:00") else {
            return nil
        }
        for days in direction == .fromNow ? [0, 1] : [0, -1] as [Int64] {
            guard let moment = calendar("\(day(of: noon + days * 86_400_000)) \(text)") else { return nil }
            if direction == .fromNow ? moment > now : moment <= now { return moment }
        }
        return nil
    }

    private static func day(of moment: Int64) -> Substring { local(moment).prefix { $0 != " " } }

    private static func calendar(_ text: String) -> Int64? {
        var reader = CalendarReader(text)
        return reader.moment()
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
        var time = time_t(moment / 1000 - (moment % 1000 < 0 ? 1 : 0))
        var parts = unsafe tm()
        guard unsafe localtime_r(&time, &parts) != nil else { return "" }
        let (year, month, day) = unsafe (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
        let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(month))-\(two(day)) \(two(hour)):\(two(minute)):\(two(second))"
    }
}

/// Reads a date with an optional time and an optional offset.
private struct CalendarReader {
    private var rest: Substring
    private var milliseconds: Int64 = 0

    init(_ text: String) { rest = text[...] }

    mutating func moment() -> Int64? {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2) else {
            return nil
        }
        var (hour, minute, second): (Int32, Int32, Int32) = (0, 0, 0)
        var hasFraction = false
        if let separator = rest.first {
            guard " Tt".contains(separator) else { return nil }
            rest.removeFirst()
            guard let hours = number(2), take(":"), let minutes = number(2) else { return nil }
            (hour, minute) = (hours, minutes)
            if take(":") {
                guard let seconds = number(2) else { return nil }
                second = seconds
                if take(".") {
                    guard fraction() else { return nil }
                    hasFraction = true
                }
            }
        }
        guard hour < 24, minute < 60, second < 60 else { return nil }
        // Local time is written without an offset. A fraction without one is the form of the database, which
        // is UTC.
        let isLocal = rest.isEmpty && !hasFraction
        guard let offset = rest.isEmpty ? 0 : offset() else { return nil }
        var parts = unsafe tm()
        unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
        unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (hour, minute, second, -1)
        let seconds = unsafe isLocal ? mktime(&parts) : timegm(&parts) - time_t(offset)
        // The C library moves a 30th of February on; an hour that the clocks skip in spring it may move.
        guard unsafe parts.tm_mon == month - 1, unsafe parts.tm_mday == day else { return nil }
        return Int64(seconds) * 1000 + milliseconds
    }

    private mutating func number(_ count: Int) -> Int32? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        rest = rest.dropFirst(count)
        return Int32(digits)
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func fraction() -> Bool {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty else { return false }
        rest = rest.dropFirst(digits.count)
        milliseconds = Int64((digits + "000").prefix(3)) ?? 0
        return true
    }

    /// `Z`, `+01:00` or `-0530`, in seconds.
    private mutating func offset() -> Int32? {
        if take("Z") || take("z") { return rest.isEmpty ? 0 : nil }
        let sign: Int32 = take("-") ? -1 : 1
        if sign == 1, !take("+") { return nil }
        guard let hours = number(2) else { return nil }
        _ = take(":")
        guard let minutes = number(2), rest.isEmpty, hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
