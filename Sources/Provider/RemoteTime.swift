/// Reads the service's times: RFC 3339 with any number of fractional digits and a numeric offset.
enum RemoteTime {
    /// The time as UTC text in the store's one form; nil for anything that is no time.
    static func normalized(_ text: String) -> String? {
        var reader = Reader(bytes: Array(text.utf8)[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("Tt "), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            let milliseconds = reader.fraction(), let offset = reader.offset(), reader.bytes.isEmpty
        else { return nil }
        guard (1...12).contains(month), (1...daysIn(month, year)).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        // A leap second becomes the last moment before it: the store's times have none.
        let whole = min(second, 59)
        let thousandths = second == 60 ? 999 : milliseconds
        let seconds = dayNumber(year, month, day) * 86_400 + hour * 3600 + minute * 60 + whole - offset
        return written(seconds, thousandths)
    }

    /// Days since 0000-03-01, so that a leap day is the last of its year.
    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        return shifted * 365 + floored(shifted, 4) - floored(shifted, 100) + floored(shifted, 400)
            + (153 * monthFromMarch + 2) / 5 + day - 1
    }

    private static func written(_ seconds: Int, _ milliseconds: Int) -> String? {
        let days = floored(seconds, 86_400)
        let time = seconds - days * 86_400
        // A guess that is never too late, and by less than two years too early.
        var year = floored(days * 400, 146_097) - 1
        while dayNumber(year + 1, 3, 1) <= days { year += 1 }
        let dayOfYear = days - dayNumber(year, 3, 1)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        if month <= 2 { year += 1 }
        guard (1...9999).contains(year) else { return nil }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let clock = "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))"
        return "\(date) \(clock).\(padded(milliseconds, 3))"
    }

    private static func daysIn(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func floored(_ value: Int, _ divisor: Int) -> Int {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Takes the parts of a time off the front of its text.
    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func number(_ digits: Int) -> Int? {
            let part = bytes.prefix(digits)
            guard part.count == digits, part.allSatisfy(isDigit) else { return nil }
            bytes = bytes.dropFirst(digits)
            return part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        mutating func skip(_ any: String) -> Bool {
            guard let first = bytes.first, any.utf8.contains(first) else { return false }
            bytes = bytes.dropFirst()
            return true
        }

        /// The milliseconds of a fraction of any length; 0 without one.
        mutating func fraction() -> Int? {
            guard skip(".,") else { return 0 }
            let digits = bytes.prefix(while: isDigit)
            bytes = bytes.dropFirst(digits.count)
            if digits.isEmpty { return nil }
            let three = digits.map { Int($0 - UInt8(ascii: "0")) } + [0, 0]
            return three[0] * 100 + three[1] * 10 + three[2]
        }

        /// Seconds east of UTC; a time without an offset is UTC.
        mutating func offset() -> Int? {
            if bytes.isEmpty || skip("Zz") { return 0 }
            let isWest = bytes.first == UInt8(ascii: "-")
            guard skip("+-"), let hours = number(2) else { return nil }
            if bytes.isEmpty { return hours * (isWest ? -3600 : 3600) }
            _ = skip(":")
            guard let minutes = number(2), minutes < 60, hours < 24 else { return nil }
            return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
        }

        private func isDigit(_ byte: UInt8) -> Bool {
            byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        }
    }
}
