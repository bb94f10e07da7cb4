import Testing

@testable import JobStore

@Suite struct SearchWordsTests {
    @Test(arguments: [
        (["cat"], "\"cat\""), (["red", "cat"], "\"red\" AND \"cat\""), (["red cat"], "\"red cat\""),
        (["\"red cat\" dog"], "\"red cat\" AND \"dog\""), (["wat*"], "\"wat*\" *"),
        (["\"red wat\"*"], "\"red wat*\" *"), (["it's", "!!!"], "\"it's\""),
        (["\"open"], "\"open\""), (["OR"], "\"OR\""), (["窓辺"], "\"窓\u{1F}辺\""),
    ])
    func `what was typed becomes words and phrases, and never syntax`(typed: [String], expression: String) {
        #expect(SearchWords(typed)?.expression == expression)
    }

    @Test func `words that must not occur are told apart`() {
        #expect(
            SearchWords(["a", "b"], without: ["c", "d e"])?.expression
                == "(\"a\" AND \"b\") NOT (\"c\" OR \"d e\")")
        #expect(SearchWords(["!?", "\"\""], without: ["a"]) == nil)
    }

    @Test(arguments: ["窓辺の猫", "a\u{1F431}\u{1F436}b 猫cat", "ภาพแมว", "plain", "고양이가"])
    func `a prepared text comes back as it was`(text: String) {
        #expect(SearchText.marked(SearchText.prepared(text)) == MarkedText(text: text, ranges: []))
    }

    @Test func `the characters of one word are one mark`() {
        let found = "猫の\u{1F}\u{2}窓\u{3}\u{1F}\u{2}辺\u{3} \u{2}cat\u{3}"
        #expect(SearchText.marked(found) == MarkedText(text: "猫の窓辺 cat", ranges: [2..<4, 5..<8]))
    }

    @Test func `marks that someone wrote are not taken for ours`() {
        #expect(SearchText.prepared("a\u{2}b\u{3}\u{1F}\u{0}") == "a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}")
    }

    @Test func `an excerpt begins near the first word, and says where something was left out`() {
        let text = MarkedText(text: "one two three four five six", ranges: [14..<18, 24..<27])
        #expect(
            text.excerpt(before: 6, length: 10) == MarkedText(text: "…three four…", ranges: [7..<11])
                || text.excerpt(before: 6, length: 10).text == "…four five …")
        #expect(text.excerpt(before: 40, length: 100) == text)
        let cut = MarkedText(text: "aaaaaaaaaa", ranges: [0..<10]).excerpt(before: 3, length: 4)
        #expect(cut == MarkedText(text: "aaaa…", ranges: [0..<4]))
    }
}
