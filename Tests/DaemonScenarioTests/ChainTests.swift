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

    @Test func `a drain ends after the chain, also while a budget holds back others`() async throws {
        let stage = stage()
        try await stage.jobctl("enqueue", "t/dear-1", "text=fox", "--label", "dear")
        try await stage.jobctl("enqueue", "t/fox-1", "text=fox")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:2")
        try await stage.drain(
            #"models={"t/*":{"price_usd":0.1}}"#, #"budget.labels={"dear":{"total_usd":0.05}}"#)
        #expect(
            try stage.texts("SELECT state FROM jobs ORDER BY id") == ["queued", "completed", "completed"])
    }

    @Test func `a drain sends what is behind refused jobs, also while a budget holds back others`()
        async throws
    {
        let stage = try await Stage.simulated()
        try await stage.jobctl("enqueue", "t/dear", "text=fox")
        // More than one claim looks at.
        try stage.execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
            INSERT INTO jobs (model, input) SELECT '\(Stage.sequential)', '{"text": 7}' FROM n;
            INSERT INTO jobs (model, input) VALUES
                ('\(Stage.sequential)', '{"text": "a fox", "sequential_image_generation_options": 1}');
            """)
        try await stage.drain(
            "max_in_flight=1", "budget.total_usd=0.05",
            #"models={"t/*":{"price_usd":0.1},"bytedance/*":{"price_usd":0.03}}"#)
        #expect(try stage.state(of: 1) == "queued" && stage.state(of: 202) == "completed")
        #expect(try stage.jobCount("failed") == 200)
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
        for state in ["failed", "completed"] {
            try stage.put(1, into: state)
            let answer = Program.sqlite3(database, "DELETE FROM jobs WHERE id = 1")
            #expect(answer.errors.contains("wait for this one"), "\(state): \(answer)")
        }
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

    @Test func `an address that is gone is asked for anew`() async throws {
        let stage = stage()
        try await stage.jobctl("enqueue", "t/fox-1", "text=fox")
        try await stage.drain()
        service.move()
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1")
        try await stage.drain()
        let address = service.server.url + "/f/fox/1/1/1"
        #expect(try sent("edit-1").map { $0["image"] } == [.string(address)])
        #expect(try stage.text("SELECT url FROM outputs WHERE job_id = 1") == address)
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "completed"])
    }

    @Test func `what was cancelled beforehand stays so and may be retried`() async throws {
        let stage = stage()
        try await stage.jobctl("enqueue", "t/fox-2", "text=fox")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1/3", "other=job:1/4")
        try await stage.jobctl("enqueue", "t/last-1", "image=job:2")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1/2")
        #expect(try await stage.jobctl("cancel", "2").errors.contains("3"))
        try await stage.jobctl("cancel", "4")
        try await stage.drain()
        #expect(
            try stage.texts("SELECT state FROM jobs") == ["completed", "cancelled", "cancelled", "cancelled"])
        #expect(try stage.number("SELECT count(*) FROM events WHERE job_id = 2 AND kind = 'ended'") == 1)
        #expect(try sent("edit-1").isEmpty)
        let refused = try await stage.jobctl("retry", "2")
        #expect(refused.code == 1 && refused.errors.contains("cannot be made"), "\(refused)")
        try await stage.jobctl("retry", "4")
        try await stage.drain()
        #expect(try sent("edit-1").map { $0["image"] } == [file("fox", 1, 2)])
    }

    @Test func `an input that jobd cannot read fails alone and does not block its model`() async throws {
        let stage = stage()
        try await stage.jobctl("enqueue", "t/fox-1", "text=fox")
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        try stage.execute(
            """
            INSERT INTO jobs (model, input, validation)
            VALUES ('t/edit-1', '{"image":"job:1","deep":\(deep)}', 'waived'),
                ('t/edit-1', '{"image":"job:1"}', 'waived')
            """)
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "failed", "completed"])
        #expect(
            try stage.text("SELECT error_kind || submissions || error_message FROM jobs WHERE id = 2")?
                .hasPrefix("input0the input is malformed JSON: nested deeper") == true)
    }
}
