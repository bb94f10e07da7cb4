import CommandLineTool
import Testing

@Suite struct SafeTextTests {
    @Test(arguments: [
        ("\u{1B}[31mred", "\\e[31mred"), ("a\u{7}b", "a\\u{7}b"), ("a\rb\tc\nd", "a\\rb\\tc\\nd"),
        ("\u{9B}31m", "\\u{9b}31m"), ("\u{85}", "\\u{85}"), ("\u{7F}", "\\u{7f}"), ("\0", "\\u{0}"),
        ("\u{202E}txt.exe", "\\u{202e}txt.exe"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
        ("\u{200F}", "\\u{200f}"), ("\u{061C}", "\\u{61c}"), ("\u{E0041}", "\\u{e0041}"),
        ("\u{2028}", "\\u{2028}"), ("\u{FEFF}", "\\u{feff}"), ("\u{206A}", "\\u{206a}"), ("\r\n", "\\r\\n"),
    ])
    func `what steers a terminal or turns the reading is written out`(text: String, shown: String) {
        #expect(SafeText.escape(text) == shown)
        #expect(SafeText.escape(SafeText.escape(text)) == shown)
    }

    @Test(arguments: ["", "plain ~!", "größer", "猫", "👩‍👩‍👧", "שלום", "e\u{301}", "a\u{200B}b"])
    func `what people write stays as it is`(text: String) {
        #expect(SafeText.escape(text).unicodeScalars.elementsEqual(text.unicodeScalars))
        #expect(SafeText.escapeJSON(text).unicodeScalars.elementsEqual(text.unicodeScalars))
    }

    @Test func `line ends stay where they are wanted, and nothing else does`() {
        #expect(SafeText.escape("a\nb\u{1B}", keepingNewlines: true) == "a\nb\\e")
        #expect(SafeText.escape("a\r\nb", keepingNewlines: true) == "a\\r\nb")
    }

    @Test func `JSON stays the same value without a dangerous character in it`() {
        let text = #"{"a":"\#u{9B}31m \#u{202E} \#u{E0041} é \u001b"}"#
        let shown = SafeText.escapeJSON(text)
        #expect(shown == #"{"a":"\u009b31m \u202e \udb40\udc41 é \u001b"}"#)
    }
}
