internal import Calendar

/// A moment in milliseconds since 1970, UTC. Its text is the only form that the database accepts.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Midnight UTC of a day; nil if there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard let time = CalendarTime(year: year, month: month, day: day) else { return nil }
        milliseconds = time.milliseconds
    }

    /// Reads `YYYY-MM-DD HH:MM:SS.SSS` and nothing else.
    package init?(_ text: String) { self.init(utf8: text.utf8.span) }

    package init?(utf8 text: Span<UInt8>) {
        // At this length, a time without an offset has exactly three digits of fraction.
        guard text.count == 23, text[10] == UInt8(ascii: " "), text[19] == UInt8(ascii: "."),
            let written = WrittenTime(utf8: text), written.hasFraction, written.offset == nil
        else { return nil }
        milliseconds = written.milliseconds
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

    package var description: String { CalendarTime(milliseconds: milliseconds).description }

    /// The last midnight UTC.
    package var startOfDay: Timestamp {
        let time = milliseconds % 86_400_000
        return Timestamp(milliseconds: milliseconds - time - (time < 0 ? 86_400_000 : 0))
    }
}

extension Duration {
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
