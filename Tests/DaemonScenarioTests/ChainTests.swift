import JSON
import Scratch
import ScriptedServer
import Testing

/// Jobs that are made from the outputs of others.
@Suite(.serialized) struct ChainTests {
    private let service = FileService { call, peer in
        peer.send(ScriptedServer.answer(ScriptedService.pixel))
        return true
    }

    private func stage() -> Stage { Stage(url: service.server.url) }

    /// What was sent for the jobs of `model`, in order.
    private func sent(_ model: String) throws -> [JSON] {
        try service.server.requests.filter { $0.line.hasPrefix("POST /v1/models/t/\(model) ") }
            .map { try JSON(parsing: $0.body) }
    }

    private func file(_ name: String, _ job: Int, _ position: Int) -> JSON {
        .string("\(service.server.url)/f/\(name)/\(job)/\(position)")
    }

    @Test func `a job waits for its source and is sent the address of its output`() async throws {
        let stage = stage()
        try await stage.jobctl("enqueue", "t/fox-3", "text=fox")
        try await stage.jobctl("enqueue", "t/film-1", "image=job:1/2", "all:=[\"job:1/all\",\"https://a/b\"]")
        try stage.execute(#"INSERT INTO jobs (model, input) VALUES ('t/last-1', '{"video":"job:2"}')"#)
        #expect(try stage.texts("SELECT waits_for FROM jobs ORDER BY id") == ["0", "2", "1"])
        try await stage.drain()
        #expect(
            try stage.texts("SELECT state || waits_for FROM jobs") == Array(repeating: "completed0", count: 3)
        )
        let film = try #require(try sent("film-1").first)
        #expect(film["image"] == file("fox", 1, 2))
        #expect(film["all"]?.array == [1, 2, 3].map { file("fox", 1, $0) } + ["https://a/b"])
        #expect(try sent("last-1").first?["video"] == file("film", 2, 1))
        #expect(try stage.text("SELECT input FROM jobs WHERE id = 2")?.contains("\"job:1/2\"") == true)
        #expect(
            try stage.texts("SELECT path || ' ' || source_id || '/' || output || ' ' || sent FROM links")
                == ["$.all[0] 1/all [1,2,3]", "$.image 1/2 [2]", "$.video 2/1 [1]"])
    }

    @Test func `a pick lets a job go on and picking again changes nothing that was sent`() async throws {
        let stage = stage()
        try await stage.jobctl("enqueue", "t/fox-3", "text=fox")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1/pick")
        try await stage.jobctl("enqueue", "t/many-1", "images:=[\"job:1/pick\"]")
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "queued", "queued"])
        func pick(_ positions: String) throws {
            try stage.execute(
                """
                UPDATE outputs SET picked_at = iif(position IN (\(positions)),
                    strftime('%Y-%m-%d %H:%M:%f', 'now'), NULL) WHERE job_id = 1
                """)
        }
        try pick("1, 3")
        #expect(try stage.texts("SELECT waits_for FROM jobs") == ["0", "1", "0"])
        try pick("2")
        try await stage.drain()
        #expect(try sent("edit-1").map { $0["image"] } == [file("fox", 1, 2)])
        #expect(try sent("many-1").map { $0["images"]?.array } == [[file("fox", 1, 2)]])
        try pick("3")
        try await stage.drain()
        #expect(try sent("edit-1").count == 1)
    }

    @Test func `a source that fails leaves its dependents waiting and a retry lets them go on`() async throws
    {
        let service = ScriptedService()
        let stage = Stage(service)
        try await stage.enqueue(named: "a")
        try await stage.jobctl("enqueue", "t/b", "image=job:1")
        service.end("a", #"{"status":"failed","error":"no"}"#)
        service.end("b")
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["failed", "queued"])
        #expect(try stage.text("SELECT error_kind FROM jobs WHERE id = 1") == "remote")
        let refused = try await stage.jobctl("enqueue", "t/c", "image=job:1")
        #expect(refused.code == 65 && refused.errors.contains("jobctl retry 1"))
        service.end("a")
        try await stage.jobctl("retry", "1")
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "completed"])
    }

    @Test func `a source that makes less than was asked for cancels what waits for it in vain`() async throws
    {
        let stage = stage()
        try await stage.jobctl("enqueue", "t/fox-2", "text=fox")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1/3")
        try await stage.jobctl("enqueue", "t/last-1", "image=job:2")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1/2")
        try await stage.drain()
        #expect(
            try stage.texts("SELECT state FROM jobs") == ["completed", "cancelled", "cancelled", "completed"])
        #expect(
            try stage.text("SELECT error_message FROM jobs WHERE id = 3")
                == "job 1 made no output 3, which $.image asks for")
        let late = try await stage.jobctl("enqueue", "t/edit-1", "image=job:1/3")
        #expect(late.code == 65 && late.errors.contains("made 2 outputs"))
    }

    @Test func `a cancel takes what waits along and names it`() async throws {
        let stage = stage()
        try await stage.jobctl("enqueue", "t/fox-2", "text=fox", "--hold")
        try await stage.jobctl("enqueue", "t/a-1", "image=job:1")
        try await stage.jobctl("enqueue", "t/b-1", "image=job:2", "--hold")
        try await stage.jobctl("enqueue", "t/c-1", "text=x")
        let answer = try await stage.jobctl("cancel", "1")
        #expect(answer.code == 0 && answer.errors.contains("2-3"))
        #expect(
            try stage.texts("SELECT state FROM jobs") == ["cancelled", "cancelled", "cancelled", "queued"])
        let deletion = Program.sqlite3(stage.state + "/jobs.db", "DELETE FROM links")
        #expect(deletion.errors.contains("links are kept"))
    }

    @Test func `a source that others wait for is not deleted and no source is younger`() async throws {
        let stage = try await Stage.completed(1)
        try stage.execute(#"INSERT INTO jobs (model, input) VALUES ('t/x', '{"image":"job:1/pick"}')"#)
        let database = stage.state + "/jobs.db"
        #expect(
            Program.sqlite3(database, "DELETE FROM jobs WHERE id = 1").errors.contains("wait for this one"))
        let bad = [
            "job:3/pick": "not there", "job:99": "not there", "job:1/9": "did not make",
            "job:1/x": "a reference is", "job:1x": "a reference is",
        ]
        for (value, words) in bad {
            let insert = "INSERT INTO jobs (model, input) VALUES ('t/y', '{\"image\":\"\(value)\"}')"
            let answer = Program.sqlite3(database, insert)
            #expect(answer.errors.contains(words), "\(value): \(answer)")
        }
    }

    @Test func `a text that only looks like a reference is sent as it is`() async throws {
        let stage = try await Stage.simulated()
        try await stage.jobctl("enqueue", Stage.sequential, "text=job:77/pick")
        try await stage.jobctl("enqueue", Stage.edit, "prompt=job:1", "images=job:1")
        #expect(try stage.texts("SELECT path FROM links") == ["$.images[0]"])
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "completed"])
        #expect(try await stage.job(2)["input"]?["prompt"]?.string == "job:1")
    }

    @Test func `a key names a source also that of an earlier line and matrix makes a job for each output`()
        async throws
    {
        let stage = stage()
        let lines = [
            #"{"model":"t/fox-3","input":{"num_images":3},"key":"foxes"}"#,
            #"{"model":"t/edit-1","input":{"image":"job:foxes/2"},"key":"night"}"#,
        ]
        let batch = stage.file("batch.jsonl", lines.joined(separator: "\n"))
        #expect(try await stage.jobctl("enqueue", "--batch", batch).code == 0)
        #expect(try await stage.jobctl("enqueue", "t/film-1", "image=job:night").code == 0)
        #expect(try await stage.jobctl("enqueue", "t/each-1", "--matrix", "image=job:foxes/all").code == 0)
        #expect(
            try stage.texts("SELECT source_id || '/' || output FROM links ORDER BY job_id")
                == ["1/2", "2/1", "1/1", "1/2", "1/3"])
        let unknown = try await stage.jobctl("enqueue", "t/film-1", "image=job:cats")
        #expect(unknown.code == 65 && unknown.errors.contains("\"cats\""))
        try await stage.drain()
        #expect(try stage.jobCount("completed") == 6)
    }

    @Test func `an address that is gone is asked for anew and then replaced by the file`() async throws {
        let gone = FileService { call, peer in
            let isGone = call.before > 0 && call.name != "fresh"
            peer.send(
                ScriptedServer.answer(
                    isGone ? "" : ScriptedService.pixel, status: isGone ? "404 Not Found" : "200 OK"))
            return true
        }
        let stage = Stage(url: gone.server.url)
        try await stage.jobctl("enqueue", "t/fox-1", "text=fox")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1")
        try await stage.drain()
        let body = try #require(
            gone.server.requests.first { $0.line.hasPrefix("POST /v1/models/t/edit-1 ") }?.body)
        #expect(try JSON(parsing: body)["image"]?.string?.hasPrefix("data:image/gif;base64,R0lGODlh") == true)
        // Neither is left: nothing is bought.
        Program.run("rm", "-r", stage.state + "/outputs")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1")
        try await stage.drain("retry.attempts=2", "retry.patience=10ms")
        #expect(try stage.text("SELECT error_kind || submissions FROM jobs WHERE id = 3") == "input0")
    }
}

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
}
