import Spelling
import Testing

@Suite("Suggestions")
struct SuggestionTests {
    static let near: [(String, [String], String)] = [
        ("promt", ["images", "prompt"], "prompt"), ("pormpt", ["prompt"], "prompt"),
        ("PROMPT", ["prompt"], "prompt"), ("image", ["prompt", "images", "image_size"], "images"),
        ("sed", ["seed"], "seed"), ("sede", ["seed"], "seed"), ("lst", ["set", "list", "last"], "list"),
        ("max_inflight", ["max_in_flight", "max_submitting"], "max_in_flight"),
        ("cancle", ["cancel", "enqueue"], "cancel"), ("N", ["n"], "n"),
        ("rezolution", ["ratio", "resolution"], "resolution"), ("ÄNDERN", ["ändern"], "ändern"),
    ]

    @Test(arguments: near)
    func `a mistyped word finds the nearest`(_ typed: String, _ words: [String], _ expected: String) {
        #expect(Suggestion.nearest(to: typed, among: words) == expected)
    }

    @Test func `two letters are two letters, however long the word`() {
        func near(_ typed: String) -> String? {
            Suggestion.nearest(to: typed, among: ["edit", "sequential"], within: 2)
        }
        #expect(near("edit") == "edit" && near("eidt") == "edit" && near("ed") == "edit" && near("e") == nil)
        #expect(near("Sequentail") == "sequential" && near("sequent") == nil)
    }

    static let far: [(String, [String])] = [
        ("x", ["n"]), ("ab", ["ac"]), ("", ["a"]), ("a", [""]), ("seed", []),
        ("watermelon", ["prompt", "images", "seed"]),
        ("promptpromptprompt", ["prompt"]), (String(repeating: "a", count: 1_000_000), ["prompt"]),
        ("prompt", [String(repeating: "prompt", count: 100_000)]),
    ]

    @Test(arguments: [
        ("token", ["models", "token_file"], "token_file"),
        ("attempts", ["deadline", "retry.attempts", "retry.min"], "retry.attempts"),
        ("Poll", ["poll.minimum", "poll.max"], "poll.max"),
        // What is near comes first.
        ("prompts", ["prompts_of_another", "prompt"], "prompt"),
    ])
    func `where no word is near, one whose beginning or end was typed is meant`(
        _ typed: String, _ words: [String], _ expected: String
    ) {
        #expect(Suggestion.nearest(to: typed, among: words) == expected)
        #expect(Suggestion.nearest(to: typed, among: words, howeverFar: true) == expected)
    }

    @Test func `who asks for the nearest however far gets one that can be compared`() {
        #expect(
            Suggestion.nearest(to: "foo", among: ["log_level", "fob", "models"], howeverFar: true) == "fob")
        #expect(Suggestion.nearest(to: "foo", among: ["log_level", "bars"], howeverFar: true) == "bars")
        #expect(Suggestion.nearest(to: "foo", among: [], howeverFar: true) == nil)
    }

    @Test(arguments: far)
    func `a word that is like none finds none`(_ typed: String, _ words: [String]) {
        #expect(Suggestion.nearest(to: typed, among: words) == nil)
    }
}
