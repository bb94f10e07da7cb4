import JSON
import Scratch
import Testing

@Suite struct EnqueueTests {
    private let stage = Stage()

    @Test func `the answer of --json is the job: the columns of its table, and its outputs`() throws {
        let answer = try stage.jobctl(
            "enqueue", Stage.sequential, "text=2 cats", "seed=7", "--label", "cats", "--priority", "-3",
            "--json")
        #expect(answer.code == 0)
        let job = try answer.object()
        let columns = try stage.texts("SELECT name FROM pragma_table_info('jobs') ORDER BY cid")
        #expect(job.keys == columns + ["outputs"])
        #expect(job["state"] == "queued")
        #expect(job["input"]?.object?.keys == ["text", "seed"])
        #expect(job["label"] == "cats")
        #expect(job["priority"] == .integer(-3))
        #expect(job["validation"] == "passed")
        #expect(job["outputs"] == .array([]))
        let absent = [
            "key", "not_before", "request_id", "remote_status", "queue_position", "cancel_requested_at",
            "error_kind", "error_message", "price_usd", "cost_usd", "submitted_at", "started_at",
            "finished_at", "ended_at", "next_try_at", "followed_since", "input_removed_at",
        ]
        for key in absent { #expect(job[key] == .null, "\(key)") }
        let createdAt = try #require(job["created_at"]?.string)
        #expect(try stage.text("SELECT created_at FROM jobs") == createdAt)
    }

    @Test func `outputs are in the answer with the columns of their table`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "downloading")
        try stage.execute(
            "INSERT INTO outputs (job_id, position, kind, url) VALUES (\(id), 1, 'image', 'https://example.com/a')"
        )
        let output = try #require(
            try stage.jobctl("show", "\(id)", "--json").object()["outputs"]?.array?.first)
        let columns = try stage.texts("SELECT name FROM pragma_table_info('outputs') ORDER BY cid")
        #expect(output.object?.keys == columns + ["file"])
        #expect(output["sha256"] == .null)
    }

    @Test(arguments: [
        (Stage.sequential, ["text=2 cats", "seed=7"], #"{"text":"2 cats","seed":7}"#),
        (Stage.sequential, ["text=7", "image_size=2560"], #"{"text":"7","image_size":"2560:1440 (16:9)"}"#),
        (
            Stage.edit, ["images=https://a.example/1.png", "prompt=x"],
            #"{"images":["https://a.example/1.png"],"prompt":"x"}"#
        ),
        (
            Stage.edit, ["prompt=x", "images=https://a.example/1", "images=https://a.example/2"],
            #"{"prompt":"x","images":["https://a.example/1","https://a.example/2"]}"#
        ),
        (
            "bytedance/seedream-4-0/edit-sequential",
            ["text=x", #"images:=["https://a.example/1"]"#, "sequential_image_generation_options=3"],
            #"{"text":"x","images":["https://a.example/1"],"sequential_image_generation_options":3}"#
        ),
        (
            "bytedance/seedance-v1.5-pro/image-to-video",
            [
                "prompt=a=b", "first_frame_image_url=https://a.example/1", "duration=12", "camera_fixed=no",
                "ratio=ad",
            ],
            #"{"prompt":"a=b","first_frame_image_url":"https://a.example/1","duration":12,"#
                + #""camera_fixed":false,"ratio":"adaptive"}"#
        ),
        ("somebody/new-model", ["a=1", "b:=1", "c:=1.0", "a=2"], #"{"a":["1","2"],"b":1,"c":1.0}"#),
    ])
    func `a word KEY=VALUE is read as the schema's type`(model: String, words: [String], input: String) throws
    {
        let answer = try stage.jobctl(["enqueue", model] + words)
        #expect(answer.code == 0, "\(answer)")
        #expect(try stage.text("SELECT input FROM jobs") == input)
    }

    @Test func `every violation is named with its path, and nothing is stored`() throws {
        let answer = try stage.jobctl(
            "enqueue", Stage.edit, "images=ftp://a.example/1", "imagse=x", "resolution=9K")
        #expect(answer.code == 65 && answer.output == "", "\(answer)")
        for path in ["$.prompt: ", "$.images[0]: ", "$.imagse: ", "$.resolution: "] {
            #expect(answer.errors.contains(path), "\(answer)")
        }
        #expect(answer.errors.contains("did you mean \"images\"?"))
        #expect(!FileOnDisk.exists(stage.state), "a refused job makes no store")
    }

    @Test func `--no-validate sends an input that the schema refuses, and the row says so`() throws {
        #expect(try stage.jobctl("enqueue", Stage.edit, "x=1", "--no-validate").code == 0)
        #expect(try stage.text("SELECT validation FROM jobs") == "waived")
    }

    @Test func `a model without a schema is accepted with a note, and a near one is named`() throws {
        let answer = try stage.jobctl("enqueue", "bytedance/seedream-4-0/editing", "prompt=x")
        #expect(answer.code == 0)
        #expect(answer.errors.contains("no schema is known for bytedance/seedream-4-0/editing"))
        #expect(answer.errors.contains("did you mean bytedance/seedream-4-0/edit?"), "\(answer)")
    }

    @Test(arguments: ["bytedance/seedream-4-0/edt", "seedream-4-0/eidt", "edi"])
    func `a model that is probably mistyped is refused, unless it is not to be checked`(model: String) throws
    {
        for verb in ["enqueue", "validate"] {
            let answer = try stage.jobctl(verb, model, "prompt=x")
            #expect(answer.code == 65 && answer.errors.contains("did you mean \(Stage.edit)?"), "\(answer)")
        }
        let line = #"{"model": "\#(model)", "input": {"prompt": "x"}}"#
        let batch = try stage.jobctl("enqueue", "--batch", "-", input: line)
        #expect(batch.code == 65 && batch.errors.contains("line 1: no model \(model)"), "\(batch)")
        #expect(try stage.jobCount() == 0)
        let sent = try stage.jobctl("enqueue", model, "prompt=x", "--no-validate")
        #expect(sent.code == 0 && sent.errors.contains("no schema is known"), "\(sent)")
        #expect(try stage.text("SELECT model FROM jobs") == model)
    }

    @Test func `the end of an id is enough where only one known model ends so, and that is said`() throws {
        let answer = try stage.jobctl("enqueue", "seedream-4-0/sequential", "text=x")
        #expect(answer.code == 0)
        #expect(answer.errors.contains("seedream-4-0/sequential is \(Stage.sequential)"), "\(answer)")
        #expect(try stage.text("SELECT model FROM jobs") == Stage.sequential)
        #expect(try stage.jobctl("models", "show", "edit").output.hasPrefix(Stage.edit))
        // Another one that ends so, and it is a guess.
        let schema = #"{"model_id": "other/sequential", "input_schema": {}}"#
        #expect(try stage.jobctl("models", "import", stage.file("other.json", schema)).code == 0)
        for verb in [["enqueue"], ["validate"], ["models", "show"]] {
            let answer = try stage.jobctl(verb + ["sequential"])
            #expect(answer.code == 65 && answer.errors.contains("other/sequential"), "\(answer)")
        }
        #expect(try stage.jobctl("enqueue", "seedream-4-0/sequential", "text=x").code == 0)
        #expect(try stage.jobCount() == 2)
    }

    @Test func `an id that may be a real one goes as it was typed; a batch has whole ids`() throws {
        #expect(try stage.jobctl("enqueue", "foo/bar/baz", "x=1").code == 0)
        #expect(try stage.jobctl("enqueue", "bytedance", "x=1").code == 0)
        let line = #"{"model": "sequential", "input": {}}"#
        #expect(try stage.jobctl("enqueue", "--batch", "-", input: line).code == 65)
        #expect(try stage.texts("SELECT model FROM jobs ORDER BY id") == ["foo/bar/baz", "bytedance"])
    }

    @Test func `what is sent against the schema is named, with what was probably meant`() throws {
        let answer = try stage.jobctl("enqueue", Stage.edit, "promt=x", "--no-validate")
        #expect(answer.code == 0 && answer.errors.contains("did you mean \"prompt\"?"), "\(answer)")
    }

    @Test(arguments: ["", "../etc", "a//b", "a b", "a/../b", "\u{1B}[2J", String(repeating: "m", count: 257)])
    func `a word that cannot be a model id is refused`(model: String) throws {
        let answer = try stage.jobctl("enqueue", model, "x=1")
        #expect(answer.code == 65)
        #expect(!answer.errors.unicodeScalars.contains("\u{1B}"))
        #expect(try stage.jobCount() == 0)
    }

    @Test func `the whole input comes from a file, or from standard input, unchanged`() throws {
        let input = #"{ "text": "2 cats", "seed": 12345678901234567890 }"#
        let path = stage.file("input.json", input)
        #expect(try stage.jobctl("enqueue", Stage.sequential, "--input", path).code == 0)
        #expect(try stage.jobctl("enqueue", Stage.sequential, "--input=-", input: input).code == 0)
        let stored = try stage.texts("SELECT input FROM jobs")
        #expect(stored == [#"{"text":"2 cats","seed":12345678901234567890}"#, stored[0]])
    }

    @Test func `an input that is no JSON object is refused with its place`() throws {
        for text in ["", "{", "[]", "{\"a\": 1,}", "{\"a\": 1} x", "nul"] {
            let answer = try stage.jobctl("enqueue", Stage.sequential, "--input", "-", input: text)
            #expect(answer.code == 65, "\(text): \(answer)")
        }
        let answer = try stage.jobctl("enqueue", Stage.sequential, "--input", "-", input: "{\n  \"text\": x}")
        #expect(answer.errors.contains("line 2"), "\(answer)")
        let list = try stage.jobctl("enqueue", Stage.sequential, "--input", "-", input: "[]")
        #expect(list.errors.hasPrefix("jobctl: the input is not a JSON object"), "\(list)")
    }

    @Test func `a dry run shows what would be sent, and stores nothing`() throws {
        let answer = try stage.jobctl("enqueue", Stage.sequential, "text=2 cats", "--dry-run", "--json")
        #expect(answer.code == 0)
        #expect(try answer.object()["input"] == .object(["text": "2 cats"]))
        #expect(!FileOnDisk.exists(stage.state))
    }
}

@Suite struct KeyTests {
    private let stage = Stage()

    @Test func `a key in use answers with its job and adds nothing`() throws {
        let words = ["enqueue", Stage.sequential, "text=2 cats", "--key", "monday", "--json"]
        try stage.jobctl(words)
        let answer = try stage.jobctl(words)
        #expect(answer.code == 0)
        let job = try answer.object()
        #expect(job["id"] == .integer(1))
        #expect(job["existing"] == .bool(true))
        #expect(answer.errors.contains("nothing was added"))
        #expect(!answer.errors.contains("differs"))
        #expect(try stage.jobCount() == 1)
    }

    @Test func `it does so also when the input differs, and says that`() throws {
        let first = try stage.enqueue("2 cats", "--key", "monday")
        let answer = try stage.jobctl("enqueue", Stage.sequential, "text=3 dogs", "--key", "monday")
        #expect(answer.code == 0 && answer.lines == ["\(first)"], "\(answer)")
        #expect(answer.errors.contains("differs"))
        #expect(try stage.text("SELECT input FROM jobs")?.contains("2 cats") == true)
    }

    @Test(arguments: [("failed", 2), ("cancelled", 2), ("completed", 1), ("uncertain", 1), ("held", 1)])
    func `a key is free again when its job has failed or was cancelled`(state: String, jobs: Int64) throws {
        try stage.put(try stage.enqueue("2 cats", "--key", "monday"), into: state)
        let answer = try stage.jobctl("enqueue", Stage.sequential, "text=2 cats", "--key", "monday", "--json")
        #expect(answer.code == 0)
        #expect(try answer.object().keys.contains("existing") == (jobs == 1))
        #expect(try stage.jobCount() == jobs)
    }

    @Test func `a retry of a job whose key another has by now names that one`() throws {
        let first = try stage.enqueue("2 cats", "--key", "monday")
        try stage.put(first, into: "cancelled")
        let second = try stage.enqueue("2 cats", "--key", "monday")
        let answer = try stage.jobctl("retry", "\(first)")
        #expect(answer.code == 1 && answer.errors.contains("job \(second) has"), "\(answer)")
        #expect(try stage.state(of: first) == "cancelled")
    }

    @Test func `an empty key is a mistake, not a key`() throws {
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=x", "--key", "").code == 64)
    }

    @Test func `eight at once with one key make one job`() throws {
        let children = try (0..<8).map { _ in
            try stage.start(["enqueue", Stage.sequential, "text=2 cats", "--key", "monday", "-q"])
        }
        let answers = try children.map { try $0.answer() }
        #expect(answers.allSatisfy { $0.code == 0 }, "\(answers)")
        #expect(Set(answers.map(\.output)).count == 1)
        #expect(try stage.jobCount() == 1)
    }

    @Test func `letters in another encoding are refused, not changed`() throws {
        for words in [
            "enqueue a/b text=f$X", "enqueue a/b text=x --label $X", "list --label $X", "set 1 --label=$X",
        ] {
            let answer = try stage.run(
                "/bin/sh", ["-c", "X=$(printf '\\374r'); exec \(Program.jobctl) \(words)"])
            #expect(answer.code == 64, "\(words): \(answer)")
            #expect(answer.errors.contains("UTF-8"))
        }
        #expect(try stage.jobCount() == 0)
    }

    @Test func `what has no lines is refused before it fills the disk`() throws {
        let answer = try stage.run("/bin/sh", ["-c", "exec \(Program.jobctl) enqueue --batch - < /dev/zero"])
        #expect(answer.code == 65 && answer.errors.contains("64 MiB"), "\(answer)")
        #expect(try stage.jobCount() == 0)
    }
}
