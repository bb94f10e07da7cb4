internal import Glibc

/// A date and a time of day in the Gregorian calendar. All arithmetic with days and dates is here.
package struct CalendarTime: Equatable, Sendable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let millisecond: Int

    /// Nil if the calendar has no such moment, or if it is outside the years 0 to 9999.
    package init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0
    ) {
        guard (0...9999).contains(year), (1...12).contains(month),
            (1...Self.days(in: month, of: year)).contains(day),
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
            (0..<1000).contains(millisecond)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second, self.millisecond) = (hour, minute, second, millisecond)
    }

    /// The UTC time of a moment, given in milliseconds since the start of 1970.
    package init(milliseconds: Int64) {
        let (days, clock) = Self.floorDivide(Int(milliseconds), by: 86_400_000)
        (hour, minute) = (clock / 3_600_000, clock / 60_000 % 60)
        (second, millisecond) = (clock / 1000 % 60, clock % 1000)
        // Years are counted from March, so that the leap day is the last of its year.
        let (era, dayOfEra) = Self.floorDivide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
    }

    /// Milliseconds since the start of 1970, taking this as a UTC time.
    package var milliseconds: Int64 {
        let minutes = (dayNumber * 24 + hour) * 60 + minute
        return Int64((minutes * 60 + second) * 1000 + millisecond)
    }

    /// 0 for Monday, 6 for Sunday.
    package var weekday: Int { Self.floorDivide(dayNumber + 3, by: 7).remainder }

    /// `2026-01-31 18:00:00.000`
    package var description: String {
        var text = InlineArray<23, UInt8>(repeating: UInt8(ascii: "0"))
        func write(_ value: Int, _ places: Range<Int>, _ mark: UInt8 = 0) {
            var rest = value.magnitude
            for place in places.reversed() {
                text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            if mark != 0 { text[places.upperBound] = mark }
        }
        write(year, 0..<4, UInt8(ascii: "-"))
        write(month, 5..<7, UInt8(ascii: "-"))
        write(day, 8..<10, UInt8(ascii: " "))
        write(hour, 11..<13, UInt8(ascii: ":"))
        write(minute, 14..<16, UInt8(ascii: ":"))
        write(second, 17..<19, UInt8(ascii: "."))
        write(millisecond, 20..<23)
        return unsafe String(unsafeUninitializedCapacity: text.count) { bytes in
            unsafe text.span.withUnsafeBufferPointer { unsafe bytes.initialize(fromContentsOf: $0) }
        }
    }

    /// `2026-01-31`
    package var date: Substring { description.prefix(10) }

    /// `18:00:00`
    package var clock: Substring { description.dropFirst(11).prefix(8) }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days since the start of 1970.
    private var dayNumber: Int {
        let (era, yearOfEra) = Self.floorDivide(month <= 2 ? year - 1 : year, by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Rounds towards the past, so that the remainder is never negative.
    private static func floorDivide(_ value: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

// MARK: - Local time

extension CalendarTime {
    /// The local time of a moment, given in milliseconds since the start of 1970.
    package init(local milliseconds: Int64) {
        var seconds = time_t(Self.floorDivide(Int(milliseconds), by: 1000).quotient)
        var parts = unsafe tm()
        let isKnown = unsafe localtime_r(&seconds, &parts) != nil
        self.init(milliseconds: unsafe milliseconds &+ (isKnown ? Int64(parts.tm_gmtoff) * 1000 : 0))
    }

    /// Milliseconds since the start of 1970, taking this as a local time. A time in the hour that is skipped
    /// in spring may be moved, but not to another day.
    package var localMilliseconds: Int64? {
        var parts = unsafe tm()
        unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (
            Int32(year) - 1900, Int32(month) - 1, Int32(day)
        )
        unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(hour), Int32(minute), Int32(second))
        unsafe parts.tm_isdst = -1
        let seconds = unsafe mktime(&parts)
        return unsafe parts.tm_mday == day ? Int64(seconds) * 1000 + Int64(millisecond) : nil
    }
}

// MARK: - Dates in HTTP

extension CalendarTime {
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, but not the two obsolete forms.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = Self.months.firstIndex(of: String(parts[2]))
        else { return nil }
        let numbers = ([parts[1], parts[3]] + parts[4].split(separator: ":")).compactMap { Int($0) }
        guard numbers.count == 5 else { return nil }
        self.init(
            year: numbers[1], month: month + 1, day: numbers[0], hour: numbers[2], minute: numbers[3],
            second: numbers[4])
    }

    /// `Fri, 02 Jan 2026 03:04:05 GMT`
    package var httpDate: String {
        let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        return
            "\(weekdays[weekday]), \(date.suffix(2)) \(Self.months[month - 1]) \(date.prefix(4)) \(clock) GMT"
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
