/// A time as people, the store and the service write it: `2026-01-31`, then perhaps `18:00`, `18:00:05` or
/// `18:00:05.331289`, then perhaps an offset from UTC.
package struct WrittenTime: Sendable {
    package let time: CalendarTime
    package let hasSeconds: Bool
    package let hasFraction: Bool
    /// Seconds east of UTC; nil where none is written.
    package let offset: Int64?

    package init?(_ text: String, allowingLeapSecond: Bool = false) {
        self.init(utf8: text.utf8.span, allowingLeapSecond: allowingLeapSecond)
    }

    package init?(utf8 text: Span<UInt8>, allowingLeapSecond: Bool = false) {
        var reader = Reader()
        guard let year = reader.number(4, text), reader.skip("-", text), let month = reader.number(2, text),
            reader.skip("-", text), let day = reader.number(2, text)
        else { return nil }
        var (hour, minute, second, millisecond) = (0, 0, 0, 0)
        var (hasSeconds, hasFraction, offset) = (false, false, Int64?.none)
        if reader.skip(" Tt", text) {
            guard let hours = reader.number(2, text), reader.skip(":", text),
                let minutes = reader.number(2, text)
            else { return nil }
            (hour, minute) = (hours, minutes)
            hasSeconds = reader.skip(":", text)
            if hasSeconds {
                guard let seconds = reader.number(2, text) else { return nil }
                second = seconds
                hasFraction = reader.skip(".,", text)
            }
            if hasFraction {
                guard let fraction = reader.fraction(text) else { return nil }
                millisecond = fraction
            }
            // The calendar has no leap second: it becomes the last moment before it.
            if allowingLeapSecond, second == 60 { (second, millisecond) = (59, 999) }
            if reader.place < text.count {
                guard let seconds = reader.offset(text) else { return nil }
                offset = seconds
            }
        }
        guard reader.place == text.count,
            let time = CalendarTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                millisecond: millisecond)
        else { return nil }
        (self.time, self.hasSeconds, self.hasFraction, self.offset) = (time, hasSeconds, hasFraction, offset)
    }

    /// Since the start of 1970. A time without an offset is UTC.
    package var milliseconds: Int64 { time.milliseconds - (offset ?? 0) * 1000 }

    /// Takes the parts of a time off the front of its text.
    private struct Reader {
        var place = 0

        private mutating func digit(_ text: Span<UInt8>) -> Int? {
            guard place < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[place]) else {
                return nil
            }
            place += 1
            return Int(text[place - 1] - UInt8(ascii: "0"))
        }

        mutating func number(_ digits: Int, _ text: Span<UInt8>) -> Int? {
            var value = 0
            for _ in 0..<digits {
                guard let digit = digit(text) else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        mutating func skip(_ any: String, _ text: Span<UInt8>) -> Bool {
            guard place < text.count, any.utf8.contains(text[place]) else { return false }
            place += 1
            return true
        }

        /// The milliseconds of a fraction of any length.
        mutating func fraction(_ text: Span<UInt8>) -> Int? {
            guard let first = digit(text) else { return nil }
            let (second, third) = (digit(text) ?? 0, digit(text) ?? 0)
            while digit(text) != nil {}
            return first * 100 + second * 10 + third
        }

        /// `Z`, `+01`, `+01:00` or `-0530`, in seconds.
        mutating func offset(_ text: Span<UInt8>) -> Int64? {
            if skip("Zz", text) { return 0 }
            let isWest = skip("-", text)
            guard isWest || skip("+", text), let hours = number(2, text), hours < 24 else { return nil }
            var minutes = 0
            if place < text.count {
                _ = skip(":", text)
                guard let written = number(2, text), written < 60 else { return nil }
                minutes = written
            }
            return Int64((hours * 3600 + minutes * 60) * (isWest ? -1 : 1))
        }
    }
}
