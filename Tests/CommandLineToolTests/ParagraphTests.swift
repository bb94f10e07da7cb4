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

    @Test func `a word longer than the line gets its own line`() {
        #expect(Paragraph.wrap("a bytedance/seedream b", width: 8) == "a\nbytedance/seedream\nb")
    }
}
