import Calendar
import Testing

@Suite struct CalendarTimeTests {
    /// The days, counted one by one with a calendar of the test's own.
    private struct CountedDay {
        var (year, month, day) = (1970, 1, 1)

        private var length: Int {
            let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        }

        mutating func advance() {
            day += 1
            if day > length { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }

        mutating func goBack() {
            day -= 1
            if day < 1 {
                month -= 1
                if month < 1 { (year, month) = (year - 1, 12) }
                day = length
            }
        }
    }

    @Test func `every day of eight centuries is itself`() {
        var (ahead, behind) = (CountedDay(), CountedDay())
        for number in 0..<Int64(160_000) {
            for (calendar, day) in [(ahead, number), (behind, -number)] {
                let found = CalendarTime(milliseconds: day * 86_400_000 + 86_399_999)
                let midnight = CalendarTime(year: calendar.year, month: calendar.month, day: calendar.day)
                guard found.date == midnight?.date, midnight?.milliseconds == day * 86_400_000,
                    found.weekday == Int(((day + 3) % 7 + 7) % 7)
                else {
                    Issue.record("day \(day): \(found), expected \(calendar)")
                    return
                }
            }
            ahead.advance()
            behind.goBack()
        }
        #expect(ahead.year == 2408)
        #expect(behind.year == 1531)
    }

    /// Whatever the zone, the same instant comes back.
    @Test func `a moment becomes local time and comes back`() {
        for moment in [-86_400_001, -1, 0, 1_774_747_815_250] as [Int64] {
            #expect(CalendarTime(local: moment).localMilliseconds == moment)
        }
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
    ])
    func `dates of HTTP are written and read`(seconds: Int64, text: String) {
        let time = CalendarTime(milliseconds: seconds * 1000)
        #expect(time.httpDate == text)
        #expect(CalendarTime(httpDate: text) == time)
    }

    @Test(arguments: [
        "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
    ])
    func `other dates are not`(text: String) { #expect(CalendarTime(httpDate: text) == nil) }
}
