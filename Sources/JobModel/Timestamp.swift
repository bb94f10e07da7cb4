/// A moment in milliseconds since 1970, UTC. Its text is the one form that the database accepts.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// A moment by the calendar; nil where the calendar has no such moment.
    package init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0
    ) {
        guard (0...9999).contains(year), (1...12).contains(month),
            (1...Self.days(in: month, of: year)).contains(day),
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
            (0..<1000).contains(millisecond)
        else { return nil }
        let seconds = ((Self.dayNumber(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
        milliseconds = Int64(seconds) * 1000 + Int64(millisecond)
    }

    private static let shape = "0000-00-00 00:00:00.000"

    /// Reads `YYYY-MM-DD HH:MM:SS.SSS` and nothing else.
    package init?(_ text: String) {
        guard text.utf8.count == Self.shape.utf8.count else { return nil }
        var numbers = InlineArray<7, Int>(repeating: 0)
        var place = 0
        for (byte, expected) in zip(text.utf8, Self.shape.utf8) {
            if expected == UInt8(ascii: "0") {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                numbers[place] = numbers[place] * 10 + Int(byte - UInt8(ascii: "0"))
            } else {
                guard byte == expected else { return nil }
                place += 1
            }
        }
        self.init(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5], millisecond: numbers[6])
    }

    /// What the database can hold: the years 0 to 9999.
    package static let storable =
        Timestamp(milliseconds: -62_167_219_200_000)...Timestamp(milliseconds: 253_402_300_799_999)

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (moment: Timestamp, span: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds + span.wholeMilliseconds)
    }

    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .milliseconds(later.milliseconds - earlier.milliseconds)
    }

    package var description: String {
        let (date, clock) = (date, milliseconds - Self.floorDivide(milliseconds, 86_400_000) * 86_400_000)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func write(_ value: Int, width: Int, then mark: Unicode.Scalar? = nil) {
            var unit = 1
            for _ in 1..<width { unit *= 10 }
            while unit > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
                unit /= 10
            }
            if let mark { text.append(UInt8(ascii: mark)) }
        }
        write(date.year, width: 4, then: "-")
        write(date.month, width: 2, then: "-")
        write(date.day, width: 2, then: " ")
        write(Int(clock / 3_600_000), width: 2, then: ":")
        write(Int(clock / 60_000 % 60), width: 2, then: ":")
        write(Int(clock / 1000 % 60), width: 2, then: ".")
        write(Int(clock % 1000), width: 3)
        return String(decoding: text, as: UTF8.self)
    }

    /// The day by the Gregorian calendar.
    package var date: (year: Int, month: Int, day: Int) {
        // Years are counted from March, so that the leap day is the last of its year.
        let day = Int(Self.floorDivide(milliseconds, 86_400_000)) + 719_468
        let era = Int(Self.floorDivide(Int64(day), 146_097))
        let dayOfEra = day - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = Int(floorDivide(Int64(shiftedYear), 400))
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }
}

extension Duration {
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
