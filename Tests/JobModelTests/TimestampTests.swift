import Testing

@testable import JobModel

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01 00:00:00.000"), (-1, "1969-12-31 23:59:59.999"),
            (951_782_400_000, "2000-02-29 00:00:00.000"), (1_000_000_000_000, "2001-09-09 01:46:40.000"),
            (1_709_164_799_999, "2024-02-28 23:59:59.999"), (4_107_542_400_000, "2100-03-01 00:00:00.000"),
            (253_402_300_799_999, "9999-12-31 23:59:59.999"),
            (-62_167_219_200_000, "0000-01-01 00:00:00.000"),
        ] as [(Int64, String)])
    func `known moments have their known texts`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test func `every millisecond of a minute comes back`() {
        let start: Int64 = 1_763_653_620_000
        for offset in Int64(0)..<60_000 {
            let moment = Timestamp(milliseconds: start + offset)
            guard Timestamp(moment.description) == moment else {
                Issue.record("\(moment) does not come back")
                return
            }
        }
    }

    @Test(arguments: [
        "", "2024-01-01", "2024-01-01 00:00:00", "2024-01-01T00:00:00.000", "2024-01-01 00:00:00.00",
        "2024-01-01 00:00:00.0000", "2024-01-01 00:00:00.000Z", " 2024-01-01 00:00:00.000",
        "2024-13-01 00:00:00.000", "2024-00-01 00:00:00.000", "2024-01-00 00:00:00.000",
        "2024-01-32 00:00:00.000", "2023-02-29 00:00:00.000", "1900-02-29 00:00:00.000",
        "2024-04-31 00:00:00.000", "2024-01-01 24:00:00.000", "2024-01-01 00:60:00.000",
        "2024-01-01 00:00:60.000", "-024-01-01 00:00:00.000", "+024-01-01 00:00:00.000",
        "2024-01-01 00:00:00,000", "2024/01/01 00:00:00.000", "２０２4-01-01 00:00:0",
        "2024-01-01 00:00:00.00\u{0}", "now",
    ])
    func `any other text is no time`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `spans are counted in milliseconds`() {
        let moment = Timestamp(milliseconds: 1000)
        #expect((moment + .milliseconds(1500)).milliseconds == 2500)
        #expect((moment + .seconds(-2)).milliseconds == -1000)
        #expect(moment - Timestamp(milliseconds: 400) == .milliseconds(600))
        #expect(Timestamp(milliseconds: 1) < Timestamp(milliseconds: 2))
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
    }
}
