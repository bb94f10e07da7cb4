import CommandLineTool
import Testing

@Suite struct ParagraphTests {
    @Test func `lines break between words and fit the width`() {
        #expect(Paragraph.wrap("one two three", width: 7) == "one two\nthree")
        #expect(Paragraph.wrap("one two three", width: 13) == "one two three")
        #expect(Paragraph.wrap("  one   two ", width: 80) == "one two")
        #expect(Paragraph.wrap("", width: 10) == "")
        #expect(Paragraph.wrap("猫猫 猫", width: 5) == "猫猫\n猫")
    }

    @Test func `text without spaces breaks beside wide letters, and other words only if asked to`() {
        #expect(Paragraph.wrap("窓辺で眠る猫と犬", width: 6) == "窓辺で\n眠る猫\nと犬")
        #expect(Paragraph.wrap("ab窓辺cdefg", width: 4) == "ab窓\n辺\ncdefg")
        #expect(Paragraph.wrap("one abcdefgh", width: 5, breaksWords: true) == "one a\nbcdef\ngh")
    }

    @Test func `indented text stays indented`() {
        #expect(Paragraph.wrapIndented("  one two three", width: 9) == ["  one two", "  three"])
        #expect(Paragraph.wrapIndented("  one  two", width: 10) == ["  one  two"])
        #expect(Paragraph.wrapIndented("  窓辺で眠る", width: 6) == ["  窓辺", "  で眠", "  る"])
    }

    @Test func `a word longer than the line gets its own line`() {
        #expect(Paragraph.wrap("a bytedance/seedream b", width: 8) == "a\nbytedance/seedream\nb")
    }
}
