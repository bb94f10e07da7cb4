import Glibc
import JSON
import Scratch
import Testing

@Suite struct BatchTests {
    private let stage = Stage()

    private func line(_ more: String = "", text: String = "2 cats") -> String {
        #"{"model": "\#(Stage.sequential)", "input": {"text": "\#(text)"}\#(more)}"# + "\n"
    }

    @Test func `every line becomes a job with what it says of itself, and the options for the rest`() throws {
        let lines =
            line(#", "label": "own", "priority": 5, "hold": true, "key": "k", "not_before": "2h""#) + "\n"
            + line(#", "label": null"#)
        let answer = try stage.jobctl("enqueue", "--batch", "-", "--label", "all", "--json", input: lines)
        #expect(answer.code == 0, "\(answer)")
        let jobs = try answer.objects()
        try #require(jobs.count == 2)
        #expect(jobs.map { $0["label"] } == ["own", "all"])
        #expect(jobs.map { $0["state"] } == ["held", "queued"])
        #expect(jobs.map { $0["priority"] } == [.integer(5), .integer(0)])
        #expect(jobs[0]["not_before"]?.string != nil)
        #expect(jobs[1]["key"] == .null)
    }

    @Test func `an input of more than 16 MiB is refused, with its line, and alone`() throws {
        let text = String(repeating: "x", count: 16 << 20)
        let large = #"{"model": "a/b", "input": {"text": "\#(text)"}}"# + "\n"
        let batch = try stage.jobctl("enqueue", "--batch", "-", input: line() + large + line())
        #expect(batch.code == 65 && batch.errors.contains("line 2: an input holds at most 16 MiB"))
        let alone = try stage.jobctl("enqueue", "a/b", "--input", "-", input: #"{"text": "\#(text)"}"#)
        #expect(alone.code == 65 && alone.errors.contains("an input holds at most 16 MiB"))
        #expect(try stage.text("SELECT count(*) FROM jobs") == "0")
    }

    @Test func `a model on the command line is for the lines without one`() throws {
        let answer = try stage.jobctl(
            "enqueue", Stage.sequential, "--batch", "-", input: #"{"input": {"text": "2 cats"}}"#)
        #expect(answer.code == 0, "\(answer)")
        #expect(try stage.text("SELECT model FROM jobs") == Stage.sequential)
    }

    @Test(arguments: [
        #"{"model": "bytedance/seedream-4-0/sequential", "input": {"txt": "x"}}"#, "{", "[]", "7",
        #"{"model": "bytedance/seedream-4-0/sequential"}"#, #"{"input": {}}"#,
        #"{"model": "a/b", "input": {}, "lable": "x"}"#, #"{"model": "a/b", "input": []}"#,
        #"{"model": "a/b", "input": {}, "priority": "high"}"#, #"{"model": "a/b", "input": {}, "hold": 1}"#,
        #"{"model": "a/b", "input": {}, "not_before": "soon"}"#, #"{"model": "a/b", "input": {}, "key": ""}"#,
        #"{"model": "a b", "input": {}}"#, "{\"model\": \"a/b\", \"input\": {\"a\": \"\u{7}\"}}",
    ])
    func `one bad line keeps all from being enqueued, and is named`(bad: String) throws {
        let answer = try stage.jobctl("enqueue", "--batch", "-", input: line() + line() + bad + "\n" + line())
        #expect(answer.code == 65 && answer.errors.contains("line 3: ") && answer.output == "", "\(answer)")
        #expect(try stage.jobCount() == 0)
    }

    @Test func `all bad lines are named at once`() throws {
        let answer = try stage.jobctl("enqueue", "--batch", "-", input: "{\n" + line() + "[]\n")
        #expect(answer.errors.contains("line 1: ") && answer.errors.contains("line 3: "), "\(answer)")
    }

    @Test func `a last line without an end and lines that end as on Windows are lines`() throws {
        let lines = line().replacingNewline(with: "\r\n") + line().replacingNewline(with: "")
        #expect(try stage.jobctl("enqueue", "--batch", "-", "-q", input: lines).lines == ["1", "2"])
    }

    @Test func `keys in use answer with their jobs, also inside one batch`() throws {
        let id = try stage.enqueue("2 cats", "--key", "a")
        let lines = line(#", "key": "b""#) + line(#", "key": "a""#) + line(#", "key": "b""#)
        let answer = try stage.jobctl("enqueue", "--batch", "-", "--json", input: lines)
        let jobs = try answer.objects()
        #expect(jobs.map { $0["id"] } == [.integer(id + 1), .integer(id), .integer(id + 1)])
        #expect(jobs.map { $0["existing"] } == [nil, .bool(true), .bool(true)])
        #expect(try stage.jobCount() == 2)
    }

    @Test func `a key in use with another input is reported`() throws {
        let same = try stage.jobctl(
            "enqueue", "--batch", "-", input: line(#", "key": "b""#) + line(#", "key": "b""#))
        #expect(same.errors.contains("enqueued 1 job: 1; 1 was there already by its key\n"), "\(same)")
        let other = try stage.jobctl(
            "enqueue", "--batch", "-",
            input: line(#", "key": "b""#) + line(#", "key": "b""#, text: "3 dogs"))
        #expect(
            other.errors.contains(
                "enqueued 0 jobs; 2 were there already by their keys, 1 of them with another input\n"),
            "\(other)")
        #expect(other.code == 0)
        #expect(try stage.jobCount() == 1)
    }

    @Test func `a missing file is said with 66, a folder too`() throws {
        #expect(try stage.jobctl("enqueue", "--batch", "none.jsonl").code == 66)
        #expect(try stage.jobctl("enqueue", "--batch", "/tmp").code == 66)
        #expect(try stage.jobctl("enqueue", Stage.sequential, "--input", "none.json").code == 66)
    }

    @Test func `a batch that cannot be read is found before the store is opened or created`() throws {
        for path in ["none.jsonl", "/tmp"] {
            #expect(try stage.jobctl("enqueue", "--batch", path).code == 66)
            #expect(!FileOnDisk.exists(stage.state))
        }
        // This store cannot be opened, which is the first thing that an enqueue with a good batch says.
        mkdir(stage.state, 0o700)
        FileOnDisk.write("hello\n", to: stage.database)
        for path in ["none.jsonl", "/tmp"] {
            let answer = try stage.jobctl("enqueue", "--batch", path)
            #expect(answer.code == 66 && answer.errors.contains(path), "\(answer)")
        }
        #expect(try stage.jobctl("enqueue", "--batch", "-", input: line()).code == 69)
        #expect(FileOnDisk.content(stage.database) == "hello\n")
    }

    @Test func `a slow pipe keeps nobody from the database`() throws {
        try stage.enqueue("2 cats")
        let path = stage.folder + "/pipe"
        try #require(mkfifo(path, 0o600) == 0)
        let batch = try stage.start(["enqueue", "--batch", path, "-q"])
        let pipe = open(path, O_WRONLY | O_CLOEXEC)
        let first = Array(line().utf8)
        #expect(write(pipe, first, first.count) == first.count)
        // Its writer is not done; all others continue.
        for _ in 0..<3 { #expect(try stage.jobctl("enqueue", Stage.sequential, "text=x").code == 0) }
        #expect(try stage.jobCount() == 4)
        #expect(write(pipe, first, first.count) == first.count)
        close(pipe)
        let answer = try batch.answer()
        #expect(answer.code == 0 && answer.lines.count == 2, "\(answer)")
        #expect(try stage.jobCount() == 6)
    }

    @Test func `killed in the middle, it has enqueued all of its lines or none`() throws {
        let count: Int64 = 20_000
        let path = stage.file("jobs.jsonl", String(repeating: line(), count: Int(count)))
        try stage.enqueue("2 cats", "--label", "before")
        // How long a whole one takes here, so that the kills fall everywhere, also just before and after the
        // commit.
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try stage.jobctl("enqueue", "--batch", path, "-q").lines.count == Int(count))
        let whole = clock.now - start
        for round in 0..<8 {
            let batch = try stage.start(["enqueue", "--batch", path, "--label", "round \(round)", "-q"])
            let pause = whole * Double.random(in: 0...1.1)
            usleep(UInt32(pause / .microseconds(1)))
            batch.signal(SIGKILL)
            let answer = try batch.answer()
            let stored = try stage.jobCount(where: "label = 'round \(round)'")
            #expect(stored == 0 || stored == count)
            if answer.output != "" { #expect(stored == count, "what was answered for is there") }
        }
        #expect(try stage.text("PRAGMA integrity_check") == "ok")
        #expect(try stage.jobCount(where: "label = 'before'") == 1)
        #expect(try stage.number("SELECT count(*) FROM events WHERE kind = 'enqueued'") == stage.jobCount())
    }

    @Test func `a dry run counts and stores nothing`() throws {
        let answer = try stage.jobctl("enqueue", "--batch", "-", "--dry-run", input: line() + line())
        #expect(answer.code == 0 && answer.errors.contains("2 jobs"), "\(answer)")
        #expect(!FileOnDisk.exists(stage.state))
    }
}

extension String {
    fileprivate func replacingNewline(with end: String) -> String { self.dropLast() + end }
}
