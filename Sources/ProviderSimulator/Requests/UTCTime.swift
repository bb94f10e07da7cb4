/// A moment in the two spellings that the simulator needs.
struct UTCTime {
    private let year: Int
    private let month: Int
    private let day: Int
    private let weekday: Int
    private let secondOfDay: Int
    private let microsecond: Int

    /// `seconds` since 1970.
    init(_ seconds: Double) {
        let microseconds = Int((seconds * 1e6).rounded())
        microsecond = microseconds % 1_000_000
        secondOfDay = microseconds / 1_000_000 % 86_400
        let days = microseconds / 86_400_000_000
        weekday = (days + 4) % 7
        // Years are counted from March on, so that the leap day is the last of its year.
        let sinceMarch0 = days + 719_468
        let era = sinceMarch0 / 146_097
        let dayOfEra = sinceMarch0 % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// `2026-01-02T03:04:05.331289+00:00`, with as many digits of the second as asked for.
    func iso(digits: Int = 6) -> String {
        let fraction = digits > 0 ? "." + Self.padded(microsecond, 6).prefix(digits) : ""
        return "\(year)-\(Self.padded(month))-\(Self.padded(day))T\(clock)\(fraction)+00:00"
    }

    /// `Fri, 02 Jan 2026 03:04:05 GMT`
    var http: String {
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekdays[weekday]), \(Self.padded(day)) \(months[month - 1]) \(year) \(clock) GMT"
    }

    private var clock: String {
        [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60].map { Self.padded($0) }
            .joined(separator: ":")
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
