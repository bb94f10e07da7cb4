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

    private static let shape: InlineArray<23, UInt8> = [
        0, 0, 0, 0, 0x2D, 0, 0, 0x2D, 0, 0, 0x20, 0, 0, 0x3A, 0, 0, 0x3A, 0, 0, 0x2E, 0, 0, 0,
    ]

    /// Reads `YYYY-MM-DD HH:MM:SS.SSS` and nothing else.
    package init?(_ text: String) { self.init(utf8: text.utf8.span) }

    package init?(utf8 text: Span<UInt8>) {
        guard text.count == Self.shape.count else { return nil }
        var numbers = InlineArray<7, Int>(repeating: 0)
        var place = 0
        for index in text.indices {
            let (byte, mark) = (text[index], Self.shape[index])
            if mark == 0 {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                numbers[place] = numbers[place] * 10 + Int(byte - UInt8(ascii: "0"))
            } else {
                guard byte == mark else { return nil }
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
        var text = Self.shape
        func write(_ value: Int, _ places: Range<Int>) {
            var rest = value
            for place in places.reversed() {
                text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
        }
        write(date.year, 0..<4)
        write(date.month, 5..<7)
        write(date.day, 8..<10)
        write(Int(clock / 3_600_000), 11..<13)
        write(Int(clock / 60_000 % 60), 14..<16)
        write(Int(clock / 1000 % 60), 17..<19)
        write(Int(clock % 1000), 20..<23)
        return String(unsafeUninitializedCapacity: text.count) { bytes in
            text.span.withUnsafeBufferPointer { bytes.initialize(fromContentsOf: $0) }
        }
    }

    /// Midnight UTC before it.
    package var startOfDay: Timestamp {
        Timestamp(milliseconds: Self.floorDivide(milliseconds, 86_400_000) * 86_400_000)
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
