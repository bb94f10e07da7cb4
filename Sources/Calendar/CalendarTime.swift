/// A date and a time of day by the Gregorian calendar. All arithmetic with days and dates is here.
package struct CalendarTime: Equatable, Sendable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let millisecond: Int

    /// Nil where the calendar has no such moment, and outside the years 0 to 9999.
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

    /// The UTC time so many milliseconds after the start of 1970.
    package init(milliseconds: Int64) {
        let clock = Int(Self.remainder(milliseconds, 86_400_000))
        (hour, minute) = (clock / 3_600_000, clock / 60_000 % 60)
        (second, millisecond) = (clock / 1000 % 60, clock % 1000)
        // Years are counted from March, so that the leap day is the last of its year.
        let days = Self.floorDivide(milliseconds, 86_400_000) + 719_468
        let era = Int(Self.floorDivide(days, 146_097))
        let dayOfEra = Int(Self.remainder(days, 146_097))
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
    }

    /// Since the start of 1970, if it is a UTC time.
    package var milliseconds: Int64 {
        let minutes = (dayNumber * 24 + hour) * 60 + minute
        return Int64((minutes * 60 + second) * 1000 + millisecond)
    }

    /// 0 for Monday, 6 for Sunday.
    package var weekday: Int { Int(Self.remainder(Int64(dayNumber) + 3, 7)) }

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
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = Int(Self.floorDivide(shiftedYear, 400))
        let yearOfEra = Int(Self.remainder(shiftedYear, 400))
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    private static func remainder(_ value: Int64, _ divisor: Int64) -> Int64 {
        value % divisor + (value % divisor < 0 ? divisor : 0)
    }
}
