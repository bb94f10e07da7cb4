import Testing

@testable import JobModel

@Suite struct SpendingPeriodTests {
    @Test(arguments: [
        ("2026-11-29 12:00:00.000", "2026-11", "2026-12-01", 30),
        ("2026-12-31 23:59:59.999", "2026-12", "2027-01-01", 31),
        ("2028-02-29 00:00:00.000", "2028-02", "2028-03-01", 29),
        ("1969-12-31 23:00:00.000", "1969-12", "1970-01-01", 31),
    ])
    func `a month begins and ends where the calendar says`(
        moment: String, month: String, next: String, days: Int
    ) throws {
        let found = try #require(Timestamp(moment)).month
        #expect(found.text == month && found.start.day == month + "-01" && found.end.day == next)
        #expect(found.days.count == days && found.days.allSatisfy { $0.hasPrefix(month) })
        #expect(CalendarMonth(month) == found)
    }

    @Test(arguments: ["", "2026", "2026-13", "2026-1", "2026-11-01", "x026-11", "2026/11"])
    func `what is no month is refused`(text: String) { #expect(CalendarMonth(text) == nil) }

    @Test(
        arguments: [
            ("acme", "acme", true), ("acme", "acme2", false), ("acme", nil, false), ("acme*", "acme", true),
            ("acme*", "acme/film", true), ("acme*", "acm", false), ("*", "x", true), ("*", nil, true),
            ("é", "e\u{301}", false), ("Acme", "acme", false),
        ] as [(String, String?, Bool)])
    func `a label is matched byte by byte`(pattern: String, label: String?, matches: Bool) {
        #expect(LabelPattern(pattern).matches(label) == matches)
    }
}
