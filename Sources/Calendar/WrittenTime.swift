/// A time as people, the store and RunComfy write it: `2026-01-31`, optionally with `18:00`, `18:00:05` or
/// `18:00:05.331289`, and then optionally with an offset from UTC.
package struct WrittenTime: Sendable {
    package let time: CalendarTime
    package let hasSeconds: Bool
    package let hasFraction: Bool
    /// Seconds east of UTC; nil if none is written.
    package let offset: Int64?

    package init?(_ text: String, allowingLeapSecond: Bool = false) {
        self.init(utf8: text.utf8.span, allowingLeapSecond: allowingLeapSecond)
    }

    package init?(utf8 text: Span<UInt8>, allowingLeapSecond: Bool = false) {
        var reader = Reader()
        let year = reader.number(4, text)
        let month = reader.number(2, text, after: "-")
        let day = reader.number(2, text, after: "-")
        let hasTime = reader.skip(" Tt", text)
        let hour = hasTime ? reader.number(2, text) : 0
        let minute = hasTime ? reader.number(2, text, after: ":") : 0
        hasSeconds = hasTime && reader.skip(":", text)
        var second = hasSeconds ? reader.number(2, text) : 0
        hasFraction = hasSeconds && reader.skip(".,", text)
        var millisecond = hasFraction ? reader.fraction(text) : 0
        // The calendar has no leap seconds: one is read as the last moment before it.
        if allowingLeapSecond, second == 60 { (second, millisecond) = (59, 999) }
        offset = hasTime && reader.place < text.count ? reader.offset(text) : nil
        guard !reader.hasFailed, reader.place == text.count,
            let time = CalendarTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                millisecond: millisecond)
        else { return nil }
        self.time = time
    }

    /// Milliseconds since the start of 1970. A time without an offset is UTC.
    package var milliseconds: Int64 { time.milliseconds - (offset ?? 0) * 1000 }

    /// Reads the parts of a time, one after another. A part that is not there is 0, and a failure.
    private struct Reader {
        var place = 0
        var hasFailed = false

        mutating func skip(_ any: String, _ text: Span<UInt8>) -> Bool {
            guard place < text.count, any.utf8.contains(text[place]) else { return false }
            place += 1
            return true
        }

        private mutating func digit(_ text: Span<UInt8>) -> Int? {
            guard place < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[place]) else {
                return nil
            }
            place += 1
            return Int(text[place - 1] - UInt8(ascii: "0"))
        }

        mutating func number(_ digits: Int, _ text: Span<UInt8>, after mark: String? = nil) -> Int {
            if let mark, !skip(mark, text) { hasFailed = true }
            var value = 0
            for _ in 0..<digits {
                guard let digit = digit(text) else {
                    hasFailed = true
                    return 0
                }
                value = value * 10 + digit
            }
            return value
        }

        /// The milliseconds of a fraction of any length.
        mutating func fraction(_ text: Span<UInt8>) -> Int {
            let first = number(1, text)
            let (second, third) = (digit(text) ?? 0, digit(text) ?? 0)
            while digit(text) != nil {}
            return first * 100 + second * 10 + third
        }

        /// `Z`, `+01`, `+01:00` or `-0530`, in seconds.
        mutating func offset(_ text: Span<UInt8>) -> Int64 {
            if skip("Zz", text) { return 0 }
            let isWest = skip("-", text)
            let hours = number(2, text, after: isWest ? nil : "+")
            let hasMinutes = place < text.count
            if hasMinutes { _ = skip(":", text) }
            let minutes = hasMinutes ? number(2, text) : 0
            if hours >= 24 || minutes >= 60 { hasFailed = true }
            return Int64((hours * 3600 + minutes * 60) * (isWest ? -1 : 1))
        }
    }
}

/// A span of time as people write it: `500ms`, `2s`, `5m`, `24h`, `7d`, `2w` or `1h30m`.
package enum WrittenSpan {
    package static func milliseconds(_ text: String) -> Int64? {
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
}
