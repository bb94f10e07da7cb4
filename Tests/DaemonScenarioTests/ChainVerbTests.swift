import JSON
import Scratch
import Testing

/// How jobctl tells of chains.
@Suite(.serialized) struct ChainVerbTests {
    @Test func `a pick replaces the one before and says which jobs go on`() async throws {
        let stage = try await Stage.completed(3)
        try await stage.jobctl("enqueue", "t/paint", "image=job:1/pick")
        let waiting = try await stage.jobctl("explain", "4", "--json")
        #expect(try JSON(parsing: waiting.output)["reason"]?.string == "pick")
        #expect(try await stage.jobctl("pick", "1", "9").code == 1)
        #expect(try await stage.jobctl("pick", "1").code == 64)
        let wanted = try await stage.overview()["attention"]?.array ?? []
        #expect(wanted.contains("jobs wait for your pick among the outputs of 1"), "\(wanted)")
        let picked = try await stage.jobctl("pick", "1", "1")
        #expect(picked.code == 0 && picked.errors.contains("no longer waiting for it: 4"), "\(picked)")
        #expect(try stage.number("SELECT waits_for FROM jobs WHERE id = 4") == 0)
        #expect(try await stage.jobctl("list", "--picked", "-q").lines == ["1"])
        #expect(try await stage.jobctl("list", "--picked", "2-4", "-q").lines == [])
        let file = try #require(try await stage.jobctl("files", "1").lines.first)
        #expect(try await stage.jobctl("files", "--picked").lines == [file])
        #expect(try await stage.jobctl("files", "--picked", "--state", "failed").lines == [])
        #expect(try await stage.jobctl("export", "--picked").lines.count == 1)
        #expect(try await stage.jobctl("pick", "1", "--none").code == 0)
        #expect(try await stage.jobctl("files", "--picked").lines == [])
        #expect(try stage.number("SELECT waits_for FROM jobs WHERE id = 4") == 1)
        let shown = try await stage.jobctl("show", "4").output
        #expect(shown.contains("made from") && shown.contains("job:1/pick"), "\(shown)")
        #expect(try await stage.jobctl("show", "1").output.contains("job 4, output pick"))
    }

    @Test func `a job whose source has failed is explained and not waited for`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("a")
        try await stage.jobctl("enqueue", "t/paint", "image=job:1")
        let early = try await stage.jobctl("explain", "2", "--json")
        #expect(try JSON(parsing: early.output)["reason"]?.string == "source")
        try stage.put(1, into: "failed")
        let explained = try await stage.jobctl("explain", "2", "--json")
        #expect(try JSON(parsing: explained.output)["reason"]?.string == "source_failed")
        let told = try await stage.overview()["attention"]?.array ?? []
        #expect(told.contains("jobs wait for others that failed or were cancelled: 1"), "\(told)")
        let waited = try await stage.jobctl("wait", "2")
        #expect(waited.code == 1 && waited.errors.contains("jobctl retry 1"), "\(waited)")
    }

    @Test func `make orders only the lines that are new and says what changed`() async throws {
        let stage = try await Stage.simulated()
        func film(_ prompt: String, label: String = "film") throws -> String {
            let lines = [
                #"{"model":"t/still","input":{"text":"a sled"},"key":"shot-1"}"#,
                #"{"model":"t/still","input":{"text":"\#(prompt)"},"key":"shot-2","label":"\#(label)"}"#,
                #"{"model":"t/motion","input":{"image":"job:shot-1"},"key":"clip-1"}"#,
                #"{"model":"t/motion","input":{"image":"job:shot-2","seconds":5},"key":"clip-2"}"#,
            ]
            return stage.file("film.jsonl", lines.joined(separator: "\n"))
        }
        let first = try await stage.jobctl("enqueue", "--batch", try film("a cave"), "--make")
        #expect(first.code == 0 && first.errors.contains("enqueued 4 jobs: 1-4"), "\(first)")
        // A label and the order of keys are no change.
        let again = try await stage.jobctl(
            "enqueue", "--batch", try film("a cave", label: "x"), "--make", "--json")
        #expect(try stage.jobCount() == 4 && again.lines.count == 4, "\(again)")
        #expect(try JSON(parsing: try #require(again.lines.first))["existing"] == .bool(true))
        let changed = try await stage.jobctl("enqueue", "--batch", try film("a lake"), "--make")
        #expect(
            changed.errors.contains("enqueued 2 jobs: 5-6; 2 were there already by their keys; ")
                && changed.errors.contains("new: shot-2 (text), clip-2 (shot-2)"), "\(changed)")
        #expect(try stage.texts("SELECT source_id FROM links ORDER BY job_id") == ["1", "2", "5"])
        #expect(try stage.number("SELECT count(*) FROM jobs WHERE key GLOB '*@????????????'") == 6)
        // What has failed is made anew.
        try stage.put(5, into: "failed")
        try await stage.jobctl("cancel", "6")
        #expect(try await stage.jobctl("enqueue", "--batch", try film("a lake"), "--make").code == 0)
        #expect(try stage.jobCount() == 8)
        let keyless = stage.file("keyless.jsonl", #"{"model":"t/still","input":{"text":"x"}}"#)
        let refused = try await stage.jobctl("enqueue", "--batch", keyless, "--make")
        #expect(refused.code == 65 && refused.errors.contains("key"), "\(refused)")
        #expect(try await stage.jobctl("enqueue", "t/still", "text=x", "--make").code == 64)
    }

    @Test func `a number that is an id and a key is refused`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("a")
        try await stage.enqueue("b", "--key", "1")
        let answer = try await stage.jobctl("enqueue", "t/paint", "image=job:1")
        #expect(answer.code == 65 && answer.errors.contains("change the key"), "\(answer)")
        #expect(try stage.jobCount() == 2)
    }

    @Test func `what others wait for is not pruned and a job that cannot be made is not retried`()
        async throws
    {
        let stage = try await Stage.completed(2)
        try stage.execute("UPDATE jobs SET ended_at = '2026-01-01 00:00:00.000'")
        try await stage.jobctl("enqueue", "t/paint", "image=job:1/pick")
        let files = try await stage.jobctl("files", "1").lines
        let pruned = try await stage.jobctl("prune", "--older-than", "1d", "--files", "--rows", "--yes")
        #expect(pruned.code == 0, "\(pruned)")
        #expect(try stage.texts("SELECT id FROM jobs") == ["1", "3"])
        #expect(FileOnDisk.exists(try #require(files.first)))
        // In doubt it may still return to the queue.
        try await stage.jobctl("pick", "1", "1")
        try stage.execute("UPDATE links SET resolved_at = '2026-01-01 00:00:00.000'")
        try stage.put(3, into: "uncertain")
        try await stage.jobctl("prune", "--older-than", "1d", "--rows", "--yes")
        #expect(try stage.texts("SELECT id FROM jobs") == ["1", "3"])
        try await stage.jobctl("resolve", "3", "--abandon")
        try await stage.jobctl("prune", "--older-than", "1d", "--rows", "--yes")
        #expect(try stage.texts("SELECT id FROM jobs") == ["3"])
        let retried = try await stage.jobctl("retry", "3")
        #expect(retried.code == 1 && retried.errors.contains("cannot be made"), "\(retried)")
    }

    @Test func `a wait ends where a source of a source has failed`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("a")
        try await stage.jobctl("enqueue", "t/paint", "image=job:1")
        try await stage.jobctl("enqueue", "t/film", "image=job:2")
        try stage.put(1, into: "failed")
        let waited = try await stage.jobctl("wait", "3")
        #expect(waited.code == 1 && waited.errors.contains("waits for job 1"), "\(waited)")
    }

    @Test func `by SQL a text is no reference where the schema expects words`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("a")
        try stage.execute(
            "INSERT INTO jobs (model, input) VALUES ('\(Stage.sequential)', '{\"text\":\"job:1\"}')")
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "completed"])
        #expect(try stage.text("SELECT sent FROM links") == nil)
    }

    @Test func `picking the same output twice is picking it once`() async throws {
        let stage = try await Stage.completed(1)
        try await stage.jobctl("enqueue", "t/paint", "image=job:1/pick")
        #expect(try await stage.jobctl("pick", "1", "1").errors.contains("no longer waiting for it: 2"))
        let picked = try stage.text("SELECT picked_at FROM outputs")
        #expect(try await stage.jobctl("pick", "1", "1").code == 0)
        #expect(try stage.text("SELECT picked_at FROM outputs") == picked)
        #expect(try stage.number("SELECT waits_for FROM jobs WHERE id = 2") == 0)
        // The same again after it was sent.
        try stage.execute("UPDATE links SET resolved_at = '2026-01-01 00:00:00.000', sent = '[1]'")
        let again = try await stage.jobctl("pick", "1", "1")
        #expect(again.code == 0 && !again.errors.contains("another output"), "\(again)")
    }

    @Test func `validate takes references and fetches none`() async throws {
        let stage = try await Stage.simulated()
        for more in [[], ["--fetch"]] {
            let words = ["validate", Stage.edit, "prompt=x"] + more
            #expect(try await stage.jobctl(words + ["images=job:1/all"]).code == 0)
            let refused = try await stage.jobctl(words + ["images=job:1/x"])
            #expect(refused.code == 65 && refused.errors.contains("is malformed"), "\(refused)")
        }
    }

    @Test func `keys that differ in their bytes name different lines`() async throws {
        let stage = try await Stage.simulated()
        // One letter; the second time written as two.
        let lines = [
            #"{"model":"t/a","input":{"num_images":1},"key":"caf\u00e9"}"#,
            #"{"model":"t/a","input":{"num_images":3},"key":"cafe\u0301"}"#,
            #"{"model":"t/b","input":{"image":"job:caf\u00e9/all"},"key":"last"}"#,
        ]
        let batch = stage.file("batch.jsonl", lines.joined(separator: "\n"))
        for more in [[], ["--make"]] {
            let answer = try await stage.jobctl(["enqueue", "--batch", batch] + more)
            #expect(answer.code == 0, "\(answer)")
        }
        #expect(try stage.texts("SELECT source_id FROM links ORDER BY job_id") == ["1", "4"])
    }
}
