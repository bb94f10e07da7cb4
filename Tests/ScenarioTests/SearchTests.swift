import Glibc
import JSON
import Scratch
import Testing

@Suite struct SearchTests {
    private let stage = Stage()

    private func add(_ prompts: String...) throws {
        let lines = prompts.map { #"{"model":"\#(Stage.sequential)","input":{"text":"\#($0)"}}"# }
        let answer = try stage.jobctl("enqueue", "--batch", "-", input: lines.joined(separator: "\n"))
        try #require(answer.code == 0, "\(answer)")
    }

    private func ids(_ words: String...) throws -> [Int] {
        try stage.jobctl(["search", "-q"] + words).lines.compactMap { Int($0) }
    }

    @Test func `words are found whatever their case, accents or script`() throws {
        try add(
            "A red Cat by the window", "Café at night", "窓辺の猫、東京タワー", "two \u{1F431}\u{1F436} pets",
            "ภาพแมวดำ", "고양이가 잔다")
        #expect(try ids("cat", "RED") == [1])
        #expect(try ids("cafe") == [2] && ids("CAFÉ") == [2] && ids("cafe\u{301}") == [2])
        #expect(try ids("窓辺") == [3] && ids("猫") == [3] && ids("タワー") == [3] && ids("辺窓") == [])
        #expect(try ids("\u{1F436}") == [4] && ids("แมว") == [5] && ids("고양이") == [6])
    }

    @Test func `phrases, beginnings of words, and words that must not occur`() throws {
        try add("red cat and dog", "cat that is red", "watercolour")
        #expect(try Set(ids("red", "cat")) == [1, 2])
        #expect(try ids("red cat") == [1] && ids("\"red cat\" dog") == [1])
        #expect(try ids("water*") == [3] && ids("water") == [])
        #expect(try ids("cat", "--not", "dog") == [2])
    }

    @Test(arguments: [
        "AND", "OR NOT", "NEAR(a b, 2)", "prompt:cat", "{prompt}: cat", "^cat", "a + b", "(", ")))", "\"",
        "\"\"\"a",
        "*a", "a**", "-", "'; DROP TABLE texts", "a\tb\nc", "\u{2}\u{3}\u{1F}x", "\u{0301}e", "x:", "\\",
    ])
    func `nothing that is typed is a syntax error`(words: String) throws {
        try add("cat")
        let answer = try stage.jobctl("search", "--", words)
        #expect(
            [0, 1].contains(answer.code) || answer.code == 64 && answer.errors.contains("there is no word"),
            "\(answer)")
    }

    @Test func `matches are sorted as a list is, and keep their rank`() throws {
        try add("cat", "dog", "cat and much more than a cat", "a cat")
        #expect(try ids("cat", "--sort", "id") == [1, 3, 4] && ids("cat", "--sort", "-id") == [4, 3, 1])
        #expect(try ids("cat", "--sort", "created", "--limit", "2") == [3, 4])
        let jobs = try stage.jobctl("search", "cat", "--sort", "id", "--json").objects()
        #expect(Set(jobs.compactMap { $0["rank"]?.integer }) == [1, 2, 3])
        #expect(try stage.jobctl("search", "cat", "--sort", "size").code == 64)
    }

    @Test func `labels and errors are searched, and filters are obeyed`() throws {
        try stage.enqueue("2 cats", "--label", "my pets")
        try stage.enqueue("2 cats")
        try stage.put(2, into: "failed")
        try stage.execute(
            "UPDATE jobs SET error_message = 'capacity exhausted' WHERE id = 2; "
                + "INSERT INTO events (job_id, kind) VALUES (2, 'ended')")
        #expect(try ids("pets") == [1] && ids("exhausted") == [2])
        #expect(try ids("cats", "--state", "failed") == [2] && ids("cats", "--label", "my pets") == [1])
        #expect(try ids("cats", "--model", "other/*") == [] && Set(ids("cats", "--since", "1h")) == [1, 2])
        #expect(try stage.jobctl("search", "cats", "--limit", "1", "-q").lines.count == 1)
        let match = try stage.jobctl("search", "exhausted", "--json").object()
        #expect(match["rank"] == .integer(1))
        #expect(match["match"]?["field"] == .string("error_message"))
        #expect(match["match"]?["text"] == .string("capacity exhausted"))
        #expect(match["match"]?["ranges"] == .array([.array([.integer(9), .integer(18)])]))
    }

    @Test func `in a pipe it prints as list does, and ends with 1 if nothing matches`() throws {
        try add("a cat", "a dog")
        let list = try stage.jobctl("list").lines
        #expect(try stage.jobctl("search", "dog").lines == [list[1]])
        let nothing = try stage.jobctl("search", "zebra")
        #expect(nothing.code == 1 && nothing.output == "")
        #expect(try stage.jobctl("search").code == 64 && stage.jobctl("search", "!!").code == 64)
    }

    @Test func `if the index cannot be kept, the search still works`() throws {
        try add("a cat")
        try #require(mkdir(stage.state + "/search.db", 0o700) == 0)
        let answer = try stage.jobctl("search", "cat", "-q")
        #expect(answer.code == 0 && answer.output == "1\n")
        #expect(try stage.jobctl("search", "cat").errors.contains("all jobs were read for this search"))
    }

    @Test func `many searches at once while jobs come in all find what was there`() throws {
        try add("cat 1", "cat 2", "cat 3")
        var searches: [Program] = []
        for number in 0..<6 {
            searches.append(try stage.start(["search", "cat", "-q"]))
            if number % 2 == 0 { try add("cat and more") }
        }
        for search in searches {
            let answer = try search.answer()
            #expect(answer.code == 0 && Set(answer.lines).isSuperset(of: ["1", "2", "3"]), "\(answer)")
        }
        #expect(try ids("cat").count == 6)
    }

    @Test func `a search that is killed anywhere leaves nothing wrong behind`() throws {
        let lines = (1...3000).map {
            #"{"model":"\#(Stage.sequential)","input":{"text":"cat number n\#($0)"}}"#
        }
        try #require(
            stage.jobctl("enqueue", "--batch", "-", "-q", input: lines.joined(separator: "\n")).code == 0)
        for delay in stride(from: 0, to: 60_000, by: 6_000) {
            _ = unlink(stage.state + "/search.db")
            _ = unlink(stage.state + "/search.db-journal")
            let search = try stage.start(["search", "cat", "-q"])
            usleep(UInt32(delay))
            search.signal(SIGKILL)
            _ = try search.answer()
            #expect(try ids("n2999") == [2999])
            #expect(try ids("cat").count == 3000)
        }
    }

    @Test func `what was pruned cannot be found, nor read in the index`() throws {
        try add("secretword", "another secretword", "kept")
        try #require(stage.jobctl("cancel", "1", "2").code == 0)
        #expect(try ids("secretword").count == 2)
        try #require(stage.jobctl("prune", "--older-than", "0s", "--inputs", "--yes").code == 0)
        #expect(try ids("secretword") == [] && ids("kept") == [3])
        let bytes = FileOnDisk.content(stage.state + "/search.db")
        #expect(!bytes.contains("secretword"))
    }
}
