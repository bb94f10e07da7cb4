import JSON
import Scratch
import Testing

@Suite struct OutputTests {
    private let stage = Stage()

    @Test func `in a pipe a list is tab-separated, whole, and without a heading`() throws {
        let long = String(repeating: "word ", count: 100)
        try stage.jobctl("enqueue", Stage.sequential, "text=\(long)", "--label", "a\tb\nc")
        let createdAt = try #require(try stage.text("SELECT created_at FROM jobs"))
        #expect(
            try stage.jobctl("list").output
                == "1\tqueued\t\(Stage.sequential)\t\(createdAt)\ta\\tb\\nc\t\(long)\n")
    }

    @Test func `-q prints only ids`() throws {
        for _ in 0..<3 { try stage.enqueue("2 cats") }
        let answer = try stage.jobctl("list", "--quiet", "--limit", "2")
        #expect(answer.output == "2\n3\n")
        #expect(answer.errors == "")
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=x", "-q").errors == "")
    }

    @Test(arguments: [
        ["list"], ["show", "1-2"], ["events"], ["models"], ["models", "show", Stage.edit], ["version"], [],
        ["hold", "1"], ["cancel", "2"], ["set", "1", "--label", "x"], ["list", "--state", "failed"],
        ["enqueue", Stage.sequential, "text=x"], ["enqueue", Stage.sequential, "text=x", "-n"],
        ["cancel", "99"], ["list", "--bogus"], ["validate", Stage.sequential, "text=x"], ["pause"],
        ["resume"], ["pause", "again"], ["explain", "1-2"], ["gallery"], ["backup", "/nowhere/x"],
        ["models", "forget", "a/b"], ["wait"], ["export", "--limit", "1"],
        ["search", "cats", "--sort", "id"], ["help"], ["help", "sql"], ["list", "--count"],
        ["list", "--sort", "-id"],
        ["list", "--columns", "id,waited"],
    ])
    func `with --json there is one object a line on standard output, and nothing else`(words: [String]) throws
    {
        for _ in 0..<2 { try stage.enqueue("2 cats") }
        let answer = try stage.jobctl(words + ["--json"])
        #expect(answer.output == "" || answer.output.hasSuffix("\n"))
        _ = try answer.objects()
    }

    @Test func `a word that a verb has no use for is an error`() throws {
        for verb in ["version", "resume", "doctor", "prune", "completion"] {
            #expect(try stage.jobctl(verb, "x").code == 64, "\(verb)")
        }
        #expect(try stage.jobctl("version").code == 0)
    }

    @Test func `options may come before the verb`() throws {
        try stage.enqueue("2 cats")
        #expect(try stage.jobctl("--json", "list").objects().count == 1)
        #expect(try stage.jobctl("--state-dir", stage.state, "-q", "list").output == "1\n")
    }

    @Test func `a reader that goes away ends it quietly`() throws {
        let line = #"{"model": "a/b", "input": {"text": "\#(String(repeating: "x", count: 1000))"}}"# + "\n"
        try stage.jobctl("enqueue", "--batch", "-", input: String(repeating: line, count: 500))
        let answer = try stage.run("/bin/sh", ["-c", "\(Program.jobctl) list | head -1"])
        #expect(answer.lines.count == 1)
        #expect(answer.errors == "")
    }

    @Test func `an output that cannot be written is an I/O fault`() throws {
        try stage.enqueue("2 cats")
        let answer = try stage.run("/bin/sh", ["-c", "\(Program.jobctl) list > /dev/full"])
        #expect(answer.code == 74 && answer.errors.contains("cannot write the output"), "\(answer)")
    }

    @Test(arguments: [
        (["nothing"], "unknown verb"), (["lst"], "did you mean list?"),
        (["list", "--lable=x"], "did you mean --label?"), (["list", "--limit", "x"], "whole number"),
        (["list", "--limit", "-1"], "--limit"), (["list", "x"], "an id is 12"), (["enqueue"], "which model?"),
        (["enqueue", "a/b", "novalue"], "KEY=VALUE"), (["wait", "1", "--timeout", "soon"], "span of time"),
        (["list", "--since", "2026-02-30"], "is not a time"), (["show"], "which jobs?"),
        (["backup"], "which file?"), (["help", "nothing"], "unknown verb"),
        (["enqueue", "a/b", "--priority", "1.5"], "whole number"),
    ])
    func `a mistake on the command line ends with 64 and says what to type`(words: [String], says: String)
        throws
    {
        try stage.enqueue("2 cats")
        let answer = try stage.jobctl(words)
        #expect(answer.code == 64 && answer.output == "", "\(answer)")
        #expect(answer.errors.contains("jobctl: ") && answer.errors.contains(says), "\(answer)")
    }

    @Test func `every verb has a help with examples, and help lists every verb`() throws {
        let overview = try stage.jobctl("help").output
        #expect(try stage.jobctl("--help").output == overview)
        let verbs = overview.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { !$0.hasPrefix("-") }
        #expect(verbs.count >= 17)
        for verb in verbs {
            let help = try stage.jobctl(verb, "--help")
            #expect(help.code == 0)
            #expect(help.output.contains("usage: jobctl \(verb)"), "\(verb)")
            #expect(help.output.contains("examples:\n"), "\(verb)")
            #expect(try stage.jobctl("help", verb).output == help.output)
            #expect(
                help.output.split(separator: "\n").allSatisfy { $0.count <= 100 || $0.hasPrefix("  jobctl") })
        }
    }

    @Test func `jobctl without a verb shows a short status, and what needs a person`() throws {
        for (index, state) in ["uncertain", "queued", "completed"].enumerated() {
            try stage.put(try stage.enqueue("2 cats", "--priority", "\(index)"), into: state)
        }
        let answer = try stage.jobctl()
        #expect(answer.code == 0 && answer.output.contains("not running"), "\(answer)")
        #expect(answer.output.contains("1 uncertain"))
        #expect(answer.output.contains("resolve"))
        let status = try stage.jobctl("--json").object()
        #expect(status["states"]?["uncertain"] == .integer(1))
        #expect(status["jobd"]?["running"] == .bool(false))
    }

    @Test func `of the jobs that failed in the last 24 hours, only these are named`() throws {
        for _ in 1...3 { try stage.put(try stage.enqueue("2 cats"), into: "failed") }
        let now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
        try stage.execute("UPDATE jobs SET ended_at = \(now) WHERE id = 2")
        let told = try stage.jobctl("--json").object()["attention"]?.array
        #expect(told == ["1 failed in the last 24 hours: 2"])
    }
}
