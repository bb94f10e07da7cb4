import JSON
import Scratch
import Testing

@Suite struct RerunTests {
    private let stage: Stage

    /// Job 1, with everything that a job may have, and completed.
    init() throws {
        stage = Stage()
        let answer = try stage.jobctl(
            "enqueue", Stage.sequential, "text=2 cats", "seed=7", "--label", "cats", "--key", "k",
            "--priority", "5")
        try #require(answer.code == 0, "\(answer)")
        try stage.put(1, into: "completed")
    }

    private func input(_ id: Int64) throws -> String? {
        try stage.text("SELECT input FROM jobs WHERE id = \(id)")
    }

    @Test func `the new job has model, input, label and priority of the old one, and no key`() throws {
        let answer = try stage.jobctl("rerun", "1", "--json")
        #expect(answer.code == 0, "\(answer)")
        let job = try answer.object()
        #expect(job["id"] == .integer(2) && job["state"] == "queued" && job["key"] == .null)
        #expect(job["label"] == "cats" && job["priority"] == .integer(5))
        #expect(job["input"]?.text == #"{"text":"2 cats","seed":7}"#)
        #expect(answer.errors.contains("rerun buys 1 job again"), "\(answer)")
    }

    @Test func `beside ids, label and priority are those of the new job`() throws {
        let job = try stage.jobctl("rerun", "1", "--label", "dogs", "--priority", "7", "--json").object()
        #expect(job["label"] == "dogs" && job["priority"] == .integer(7))
        let line = try stage.jobctl("show", "1", "--json").output
        let other = try stage.jobctl("rerun", "--from", "-", "--label", "birds", "--json", input: line)
        #expect(try other.object()["label"] == "birds")
        #expect(try stage.jobctl("rerun", "1", "--state", "completed", "--yes").code == 64)
    }

    @Test func `many are answered with one line`() throws {
        let answer = try stage.jobctl("rerun", "1", "--repeat", "3")
        #expect(answer.lines == ["2-4"] && answer.errors.contains("enqueued 3 jobs: 2-4\n"), "\(answer)")
    }

    @Test func `changes replace a key in its place, add one, and remove one`() throws {
        #expect(
            try stage.jobctl("rerun", "1", "text=3 dogs", "image_size=2560", "--without", "seed").code == 0)
        #expect(try input(2) == #"{"text":"3 dogs","image_size":"2560:1440 (16:9)"}"#)
        #expect(try stage.jobctl("enqueue", "--like", "1", "seed=8", "--label", "dogs", "-q").lines == ["3"])
        #expect(try input(3) == #"{"text":"2 cats","seed":8}"#)
        #expect(try stage.text("SELECT label FROM jobs WHERE id = 3") == "dogs")
        let slip = try stage.jobctl("rerun", "1", "--without", "sede")
        #expect(slip.code == 64 && slip.errors.contains("did you mean seed?"), "\(slip)")
    }

    @Test func `like another job, but with another model, is held against that one's schema`() throws {
        let answer = try stage.jobctl("enqueue", "edit", "--like", "1")
        #expect(answer.code == 65 && answer.errors.contains("$.images: is required"), "\(answer)")
        #expect(try stage.jobctl("enqueue", "--like", "9").code == 1)
        #expect(try stage.jobctl("enqueue", "--like", "x").code == 64)
    }

    @Test func `repeated, it draws other seeds than the old one, unless one is given`() throws {
        let drawn = try stage.jobctl("rerun", "1", "--repeat", "3", "--json").objects()
        #expect(Set(drawn.compactMap { $0["input"]?["seed"]?.integer } + [7]).count == 4)
        let counted = try stage.jobctl("rerun", "1", "seed=7", "--repeat", "2", "--json").objects()
        #expect(counted.map { $0["input"]?["seed"] } == [.integer(7), .integer(8)])
    }

    @Test func `a sidecar and the lines of --json make the same again`() throws {
        let one = try stage.jobctl("show", "1", "--json").output
        let path = stage.file("000001.json", one)
        #expect(try stage.jobctl("rerun", "--from", path, "-q").lines == ["2"])
        #expect(try input(2) == input(1))
        #expect(
            try stage.jobctl("rerun", "--from", "-", "seed=9", "-q", input: one + "\n" + one).lines == [
                "3", "4",
            ])
        #expect(try input(4) == #"{"text":"2 cats","seed":9}"#)
        let pretty = "{\n \"model\": \"a/b\",\n \"input\": {\n  \"x\": 1.0\n }\n}\n"
        #expect(try stage.jobctl("rerun", "--from", "-", "-q", input: pretty).lines == ["5"])
        #expect(try input(5) == #"{"x":1.0}"#)
    }

    @Test(
        arguments: [
            (#"{"a": 1}"#, "no \"model\" and no \"input\"", 65), (#"{"model": "a/b"}"#, "no \"input\"", 65),
            ("[]", "not a JSON object", 65), ("nonsense", "malformed", 65), ("", "malformed", 65),
            ("{\"model\":\"a/b\",\"input\":{}}\n{\"model\":1}\n", "line 2 of", 65),
            (#"{"model":"a/b","input":{},"input_removed_at":"2026-01-01 00:00:00.000"}"#, "pruned", 1),
            (#"{"model":"a b","input":{}}"#, "not a model id", 65),
        ] as [(String, String, Int32)])
    func `foreign JSON is refused with what is missing`(text: String, said: String, code: Int32) throws {
        let answer = try stage.jobctl("rerun", "--from", "-", input: text)
        #expect(answer.code == code, "\(answer)")
        #expect(answer.errors.contains(said), "\(answer)")
        #expect(try stage.jobCount() == 1)
    }

    @Test func `a job whose input was pruned cannot be made again, and none of the others is`() throws {
        try stage.enqueue("2 cats")
        try stage.execute(
            "UPDATE jobs SET input = '{}', input_removed_at = '2026-01-01 00:00:00.000' WHERE id = 1")
        for words in [["rerun", "2", "1"], ["enqueue", "--like", "1", "text=x"]] {
            let answer = try stage.jobctl(words)
            #expect(answer.code == 1 && answer.errors.contains("pruned"), "\(answer)")
        }
        #expect(try stage.jobCount() == 2)
    }

    @Test func `a filter asks, means what has ended, and needs --yes without a terminal`() throws {
        try stage.enqueue("2 cats", "--label", "cats")
        let answer = try stage.jobctl("rerun", "--label", "cats")
        #expect(
            answer.code == 64 && answer.errors.contains("1 job") && answer.errors.contains("--yes"),
            "\(answer)")
        #expect(try stage.jobctl("rerun", "--label", "cats", "-n").code == 0)
        #expect(try stage.jobCount() == 2)
        #expect(try stage.jobctl("rerun", "--label", "cats", "--yes", "-q").lines == ["3"])
        #expect(try stage.jobctl("rerun", "--state", "queued", "--yes", "-q").lines.count == 2)
        #expect(try stage.jobctl("rerun", "--label", "birds", "--yes").code == 1)
    }

    @Test func `one that is edited first, varied and given a key`() throws {
        let program = stage.file("editor", "#!/bin/sh\nsed -i 's/2 cats/4 cats/' \"$1\"\n")
        try stage.run("/bin/chmod", ["700", program])
        let answer = try stage.jobctl(
            ["rerun", "1", "--edit", "--matrix", "seed=1,2", "--key", "n", "--hold", "-q"],
            environment: ["EDITOR": program, "VISUAL": "", "TMPDIR": stage.folder])
        #expect(answer.lines == ["2", "3"], "\(answer)")
        #expect(try input(3) == #"{"text":"4 cats","seed":2}"#)
        #expect(try stage.texts("SELECT key || state FROM jobs WHERE id > 1") == ["n-1held", "n-2held"])
        try stage.enqueue("2 cats")
        #expect(try stage.jobctl("rerun", "1", "4", "--edit").code == 64)
    }

    @Test func `all are enqueued or none`() throws {
        try stage.jobctl("enqueue", "--batch", "-", input: #"{"model": "a/b", "input": {}}"#)
        let answer = try stage.jobctl("rerun", "1-2", "seed=x")
        #expect(answer.code == 65 && answer.errors.contains("job 1 (like 1): $.seed"), "\(answer)")
        #expect(try stage.jobctl("rerun", "1", "9").code == 1)
        #expect(try stage.jobctl("rerun", "1", "--from", "-").code == 64)
        #expect(try stage.jobctl("rerun").code == 64)
        #expect(try stage.jobctl("rerun", "-", "text=@-", input: "1\n").code == 64)
        #expect(try stage.jobCount() == 2)
    }
}
