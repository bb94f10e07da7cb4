import CommandLineTool
import Testing

@Suite struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("größer", 6), ("猫", 2), ("ｱ", 1), ("Ａ", 2), ("한국", 4), ("e\u{301}", 1),
        ("👩‍👩‍👧", 2),
        ("🇩🇪", 2), ("👍🏽", 2), ("a\u{200B}b", 2), ("…", 1), ("नि", 2), ("\u{1112}\u{1161}\u{11AB}", 2),
    ])
    func `a text is as wide as a terminal makes it`(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""), ("", 0, ""),
        ("猫猫猫", 6, "猫猫猫"), ("猫猫猫", 5, "猫猫…"), ("猫猫猫", 4, "猫…"), ("猫", 1, "…"),
        ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ("a very long prompt", 12, "a very long…"), ("a very long prompt", 11, "a very…"),
        ("one, two, three", 9, "one, two…"), ("a unbreakable", 8, "a unbre…"), ("猫 犬 鳥", 6, "猫 犬…"),
        ("a 猫猫猫猫猫", 9, "a 猫猫猫…"),
    ])
    func `a cut text fits, and never ends in half a character`(text: String, width: Int, cut: String) {
        #expect(DisplayWidth.cut(text, to: width) == cut)
        #expect(DisplayWidth.of(DisplayWidth.cut(text, to: width)) <= width)
    }

    @Test(arguments: [
        (40, "kling/kling-2-6/motion-control-pro"), (33, "…/kling-2-6/motion-control-pro"),
        (29, "…/motion-control-pro"), (20, "…/motion-control-pro"), (19, "…-control-pro"), (5, "…-pro"),
        (4, "…pro"), (2, "…o"), (1, "…"), (0, ""),
    ])
    func `a name keeps its end, from the start of a part on`(width: Int, cut: String) {
        #expect(DisplayWidth.cutStart("kling/kling-2-6/motion-control-pro", to: width) == cut)
    }
}
