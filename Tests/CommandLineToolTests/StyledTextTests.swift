import CommandLineTool
import Testing

@Suite struct StyledTextTests {
    private let text: StyledText = {
        var text = StyledText("ab", .bold)
        text.append("猫d")
        return text
    }()

    @Test(arguments: [(9, "ab猫d"), (5, "ab猫d"), (4, "ab…"), (3, "ab…"), (2, "a…"), (1, "…"), (0, "")])
    func `it is cut where a terminal would`(width: Int, expected: String) {
        #expect(text.cut(to: width).plain == expected)
        #expect(text.cut(to: width).width == DisplayWidth.of(expected))
    }

    @Test func `pieces keep their style, and nothing in them steers`() {
        #expect(text.cut(to: 3).pieces.map(\.text) == ["ab", "…"])
        #expect(text.cut(to: 3).pieces.map(\.style) == [.bold, nil])
        #expect(text.padded(to: 7).plain == "ab猫d  ")
        #expect(StyledText("\u{1B}[2J\u{202E}").plain == "\\e[2J\\u{202e}")
    }

    @Test func `a bar is full only when all is done`() {
        #expect(Bar.text(0, width: 4) == "────")
        #expect(Bar.text(0.5, width: 4) == "━━──")
        #expect(Bar.text(0.999, width: 4) == "━━━─")
        #expect(Bar.text(1, width: 4) == "━━━━")
        #expect(Bar.text(7, width: 2) == "━━")
        #expect(Bar.text(.nan, width: 2) == "──")
    }

    @Test func `a clock shows minutes, and hours where there are some`() {
        #expect(TimeText.clock(milliseconds: -5) == "0:00")
        #expect(TimeText.clock(milliseconds: 7999) == "0:07")
        #expect(TimeText.clock(milliseconds: 754_000) == "12:34")
        #expect(TimeText.clock(milliseconds: 3_723_000) == "1:02:03")
    }
}
