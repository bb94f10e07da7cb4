import CommandLineTool
import Glibc
import Testing

/// The time zone belongs to the whole process, so these run one after the other.
@Suite(.serialized) struct TimeTextTests {
    private let hour: Int64 = 3_600_000

    /// Central Europe by its rule alone, so that no zone data need be installed.
    private func inCentralEurope(_ body: () throws -> Void) rethrows {
        let before = getenv("TZ").map { String(cString: $0) }
        setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1)
        tzset()
        defer {
            if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
            tzset()
        }
        try body()
    }

    private func moment(_ text: String, now: Int64 = 0) -> Int64? {
        TimeText.moment(text, now: now, .fromNow)
    }

    @Test(arguments: [
        ("500ms", 500), ("2s", 2000), ("5m", 300_000), ("24h", 86_400_000), ("7d", 604_800_000),
        ("2w", 1_209_600_000), ("1h30m", 5_400_000), ("0s", 0), ("1d1d", 172_800_000),
    ])
    func `spans are numbers with units`(text: String, milliseconds: Int64) {
        #expect(TimeText.span(text) == milliseconds)
    }

    @Test(arguments: [
        "", "5", "h", "-5m", "5 m", "1.5h", "5M", "5y", "99999999999999999999s", "9223372036854775807w",
        "1h-",
        "9223372036854775807ms1ms",
    ])
    func `what is no span, or too long a one, is refused`(text: String) {
        #expect(TimeText.span(text) == nil)
    }

    @Test func `a span counts from now, forward or back, and never wraps around`() {
        #expect(TimeText.moment("2h", now: 10 * hour, .fromNow) == 12 * hour)
        #expect(TimeText.moment("2h", now: 10 * hour, .ago) == 8 * hour)
        #expect(TimeText.moment("2h", now: .max, .fromNow) == nil)
        #expect(TimeText.moment("2h", now: .min, .ago) == nil)
    }

    @Test func `a date and a time without an offset are local, in summer and in winter`() {
        inCentralEurope {
            #expect(moment("2026-01-31") == 1_769_814_000_000)
            #expect(moment("2026-01-31 18:00") == moment("2026-01-31T17:00:00Z"))
            #expect(moment("2026-07-31 18:00:05") == moment("2026-07-31T16:00:05Z"))
            #expect(moment("2026-07-31T18:00") == moment("2026-07-31T16:00:00Z"))
        }
    }

    @Test func `an hour that the clocks skip is near its place, one that comes twice is one of the two`()
        throws
    {
        try inCentralEurope {
            let skipped = try #require(moment("2026-03-29 02:30"))
            let change = try #require(moment("2026-03-29T01:00:00Z"))
            #expect(abs(skipped - change) <= hour)
            let twice = try #require(moment("2026-10-25 02:30"))
            #expect([moment("2026-10-25T00:30:00Z"), moment("2026-10-25T01:30:00Z")].contains(twice))
        }
    }

    @Test(arguments: [
        ("2026-01-31T18:00:00Z", 1_769_882_400_000), ("2026-01-31t18:00:00z", 1_769_882_400_000),
        ("2026-01-31T18:00:00.5Z", 1_769_882_400_500), ("2026-01-31T18:00:00.123456789Z", 1_769_882_400_123),
        ("2026-01-31T19:00:00+01:00", 1_769_882_400_000), ("2026-01-31T12:30:00-0530", 1_769_882_400_000),
        ("2026-01-31 18:00:00Z", 1_769_882_400_000), ("2026-01-31 18:00:00.250", 1_769_882_400_250),
        ("1969-12-31T23:59:59.999Z", -1), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
    ])
    func `RFC 3339 and the form of the database are the same moment everywhere`(text: String, expected: Int64)
    { inCentralEurope { #expect(moment(text) == expected) } }

    @Test(arguments: [
        "2026-02-30", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32",
        "2026-01-31 24:00", "2026-01-31 18:60", "2026-01-31 18:00:61", "2026-1-31", "2026-01-31 18",
        "2026-01-31 18:00:00.", "2026-01-31T18:00:00+1", "2026-01-31T18:00:00+01:00x",
        "2026-01-31T18:00:00Zx", "2026-01-31x18:00", "tomorrow", "", "2026-01-31 ", "٢٠٢٦-01-31",
        "2026-01-31T18:00:00+25:00", "26-01-31", "2026/01/31",
    ])
    func `a moment that no calendar has is refused`(text: String) { #expect(moment(text) == nil) }

    @Test func `a time of day is the next such moment, or the last one`() throws {
        try inCentralEurope {
            let now = try #require(moment("2026-01-31 18:00:30"))
            #expect(TimeText.moment("22:00", now: now, .fromNow) == moment("2026-01-31 22:00"))
            #expect(TimeText.moment("07:15", now: now, .fromNow) == moment("2026-02-01 07:15"))
            #expect(TimeText.moment("07:15", now: now, .ago) == moment("2026-01-31 07:15"))
            #expect(TimeText.moment("22:00:05", now: now, .ago) == moment("2026-01-30 22:00:05"))
            let summer = try #require(moment("2026-03-28 23:00"))
            #expect(TimeText.moment("22:00", now: summer, .fromNow) == moment("2026-03-29 22:00"))
            for text in ["24:00", "7:15", "22", "22:", "22:60", "22:00x", "22:00Z", "22:00+01"] {
                #expect(TimeText.moment(text, now: now, .fromNow) == nil, "\(text)")
            }
        }
    }

    @Test(arguments: [
        (0, "now"), (999, "now"), (1000, "1 s ago"), (-1500, "in 1 s"), (60_000, "1 min ago"),
        (-7_200_000, "in 2 h"), (172_799_000, "47 h ago"), (172_800_000, "2 days ago"),
    ])
    func `how long ago is said in one unit`(difference: Int64, words: String) {
        #expect(TimeText.relative(1_000_000_000 - difference, now: 1_000_000_000) == words)
    }

    @Test(arguments: [
        (0, "0 ms"), (40, "40 ms"), (1000, "1 s"), (2590, "2.5 s"), (9_999, "9.9 s"), (12_900, "12 s"),
        (120_000, "2 min"), (125_000, "2 min 5 s"), (11_400_000, "3 h 10 min"), (172_799_000, "47 h 59 min"),
        (187_200_000, "2 days 4 h"),
    ])
    func `how long something took is exact enough to compare`(milliseconds: UInt64, words: String) {
        #expect(TimeText.span(milliseconds: milliseconds) == words)
    }

    @Test func `the extremes of time are said without a crash`() {
        _ = TimeText.relative(.min, now: .max)
        _ = TimeText.relative(.max, now: .min)
        _ = TimeText.local(.max)
        _ = TimeText.local(.min)
    }

    @Test func `the clock on the wall knows summer`() {
        inCentralEurope {
            #expect(TimeText.local(1_769_882_400_000) == "2026-01-31 19:00:00")
            #expect(TimeText.local(1_785_520_800_999) == "2026-07-31 20:00:00")
            #expect(TimeText.local(-1) == "1970-01-01 00:59:59")
        }
    }
}
