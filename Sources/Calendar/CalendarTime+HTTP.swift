extension CalendarTime {
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; nil for the two other, forgotten forms.
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
