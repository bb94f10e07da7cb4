import JSON
import Scratch
import Testing

/// What a program reads when something is refused, and what a person is told to type instead.
@Suite struct RefusalTests {
    private let stage = Stage()

    /// The one line on standard error, which is an object.
    private func error(_ words: String..., input: String = "") throws -> JSON {
        let answer = try stage.jobctl(words + ["--json"], input: input)
        #expect(answer.code != 0 && answer.output == "", "\(answer)")
        let lines = answer.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(answer)")
        let object = try JSON(parsing: lines.first ?? "", .strict)
        #expect(object.object?.keys == ["error"])
        return object["error"] ?? .null
    }

    @Test func `a refusal under --json is one object, of every kind`() throws {
        try stage.enqueue()
        #expect(try error("list", "--bogus")["kind"] == "usage")
        #expect(try error("lst")["hint"] == "did you mean list?")
        #expect(try error("show", "77")["message"] == "no job 77")
        #expect(try error("show", "77")["kind"] == "refused")
        #expect(try error("enqueue", Stage.edit, "--input", "/nowhere")["kind"] == "unreadable")
        #expect(try error("list", "--state-dir", "/nowhere")["kind"] == "unavailable")
        let usage = try error("wait")
        #expect(usage.object?.keys == ["kind", "message", "hint", "violations"])
        #expect(usage["violations"] == .array([]))
    }

    @Test func `each violation has its place, its path and its reason`() throws {
        let one = try error("enqueue", Stage.sequential, "txt=x")
        #expect(one["kind"] == "input" && one["hint"]?.string?.contains("--no-validate") == true)
        #expect(one["message"]?.string == "the input breaks the schema of \(Stage.sequential)")
        #expect(one["violations"]?.array?.map { $0["path"] } == ["$.text", "$.txt"])
        #expect(one["violations"]?.array?.first?["place"] == .null)
        let line = #"{"model": "\#(Stage.sequential)", "input": {}}"#
        let batch = try error("enqueue", "--batch", "-", input: "{\n" + line)
        #expect(batch["violations"]?.array?.map { $0["place"] } == ["line 1", "line 2"])
        #expect(batch["violations"]?.array?.map { $0["path"] } == [.null, "$.text"])
        let matrix = try error("enqueue", Stage.sequential, "text=x", "--matrix", "seed=1,x")
        #expect(matrix["violations"]?.array?.first?["place"] == "job 2 (seed=x)")
        #expect(matrix["violations"]?.array?.first?["path"] == "$.seed")
    }

    @Test func `each job that a verb refuses is an object with its id`() throws {
        try stage.put(try stage.enqueue(), into: "completed")
        try stage.enqueue()
        let answer = try stage.jobctl("hold", "1", "2", "9", "--json", "-q")
        #expect(try answer.objects().map { $0["id"] } == [.integer(2)])
        let errors = try answer.errors.split(separator: "\n").map { try JSON(parsing: $0, .strict)["error"] }
        #expect(errors.map { $0?["id"] } == [.integer(1), .integer(9)], "\(answer)")
        #expect(errors.first??["message"]?.string?.contains("only a queued job") == true)
    }

    @Test func `pause, resume, set, backup and forget answer with an object`() throws {
        try stage.enqueue()
        #expect(try stage.jobctl("pause", "x", "--json").object()["paused"] == .bool(true))
        #expect(try stage.jobctl("resume", "--json").object()["resumed"] == .array(["hand"]))
        #expect(try stage.jobctl("set", "1", "--label", "x", "--json").object()["label"] == "x")
        let path = stage.scratch["copy.db"]
        #expect(try stage.jobctl("backup", path, "--json").object()["file"] == .string(path))
        let schema = #"{"model_id": "other/model", "input_schema": {}}"#
        try stage.jobctl("models", "import", stage.file("model.json", schema))
        let forgotten = try stage.jobctl("models", "forget", "other/model", "--json").object()
        #expect(forgotten == ["model": "other/model", "forgotten": .bool(true)])
    }

    @Test(arguments: [
        ("remove", "prune"), ("rm", "cancel"), ("status", "show"), ("add", "enqueue"), ("submit", "enqueue"),
        ("kill", "cancel"), ("ls", "list"), ("log", "events"), ("logs", "events"), ("ps", "list"),
        ("stop", "pause"), ("start", "resume"), ("restart", "retry"), ("top", "watch"), ("edit", "rerun"),
    ])
    func `the words of other programs lead to the verb`(typed: String, verb: String) throws {
        let answer = try stage.jobctl(typed, "1")
        #expect(answer.code == 64 && answer.errors.contains("unknown verb \"\(typed)\""), "\(answer)")
        let hint = try #require(answer.errors.split(separator: "\n").first { $0.hasPrefix("hint: ") })
        #expect(hint.contains("jobctl \(verb)"), "\(answer)")
        #expect(try stage.jobctl("help", verb).code == 0)
    }

    @Test func `a value that is no choice is answered with the choices, a key with the key that is meant`()
        throws
    {
        let answer = try stage.jobctl(
            "enqueue", Stage.edit, "prompt=x", "images=https://a.example/1", "resolution=8K")
        #expect(answer.code == 65 && answer.errors.contains(#""1K", "2K", "4K""#), "\(answer)")
        try stage.enqueue()
        let rerun = try stage.jobctl("rerun", "1", "prompt=a fox")
        #expect(rerun.code == 65 && rerun.errors.contains("did you mean \"text\"?"), "\(rerun)")
    }

    @Test func `an input that the service refused can be corrected in an editor, and explain says so`() throws
    {
        try stage.put(try stage.enqueue("2 cats"), into: "failed", errorKind: "input")
        #expect(try stage.jobctl("explain", "1").output.contains("jobctl rerun 1 --edit"))
        let program = stage.file("editor", "#!/bin/sh\nsed -i 's/2 cats/4 cats/' \"$1\"\n")
        try stage.run("/bin/chmod", ["700", program])
        let answer = try stage.jobctl(
            ["rerun", "1", "--edit", "-q"],
            environment: ["EDITOR": program, "VISUAL": "", "TMPDIR": stage.folder])
        #expect(answer.lines == ["2"], "\(answer)")
        #expect(try stage.text("SELECT input FROM jobs WHERE id = 2")?.contains("4 cats") == true)
    }
}
