import Glibc
import JSON
import Scratch
import ScriptedServer
import System
import Testing

/// Input files that reach the service by object storage, with the programs themselves. The simulator fetches
/// and decodes what it was sent.
@Suite(.timeLimit(.minutes(10))) struct InputStorageTests {
    private let server = StorageServer()

    private func stage(_ more: String = "") async throws -> Stage {
        let stage = try await Stage.simulated("--fetch-inputs")
        stage.file(
            "config.json",
            """
            {"storage": {"url": "s3://bucket/p", "endpoint": "\(server.url)"}, \(more)
             "retry": {"min": "20ms", "max": "200ms"}, "timeout": {"connect": "2s", "answer": "5s"}}
            """)
        stage.variables = StorageTests.keys.merging(["JOBD_CONFIG": stage.scratch["config.json"]]) { $1 }
        return stage
    }

    private static let picture = FileOnDisk.repository + "/Tests/Fixtures/media/still.png"
    private var bytes: [UInt8] { FileOnDisk.bytes(Self.picture) ?? [] }
    private var hash: String { SHA256.hexadecimal(of: bytes) }

    private func edit(
        _ stage: Stage, _ image: String = InputStorageTests.picture, _ prompt: String = "at night"
    ) async throws
        -> Answer
    { try await stage.jobctl("enqueue", Stage.edit, "prompt=\(prompt)", "images=\(image)", "-q") }

    /// What the simulator says of the last request: the address that it was sent, and what it found there.
    private func lastInput(_ stage: Stage) async throws -> (sent: String, fetched: JSON) {
        let line = try #require(try await stage.ledger().last)
        return (
            try #require(line["input"]?["images"]?.array?.first?.string),
            try #require(line["inputs"]?.array?.first)
        )
    }

    private func expectFetched(_ stage: Stage) async throws {
        let (sent, fetched) = try await lastInput(stage)
        #expect(sent.hasPrefix(server.url + "/bucket/") && sent.contains("X-Amz-Signature="))
        #expect(fetched["sha256"]?.string == hash && fetched["fault"] == .null, "\(fetched)")
    }

    /// Neither the record nor the log has an address that opens the storage.
    private func expectNoSecret(_ stage: Stage, _ logs: String) {
        for text in [FileOnDisk.content(stage.database), FileOnDisk.content(stage.database + "-wal"), logs] {
            #expect(!text.contains("X-Amz-Signature") && !text.contains("hush-hush"))
        }
    }

    private func uploads() -> Int { server.requests.count { $0.line.hasPrefix("PUT ") } }

    private func explanation(_ id: Int64, _ stage: Stage) async throws -> JSONObject {
        try await stage.jobctl("explain", String(id), "--json").object()
    }

    // MARK: - Local files

    @Test func `a picture is uploaded once for all its jobs and the service fetches it`() async throws {
        let stage = try await stage()
        for number in 1...3 { #expect(try await edit(stage, Self.picture, "night \(number)").code == 0) }
        let log = try await stage.drain().errors
        #expect(try stage.jobCount("completed") == 3)
        #expect(server.objects.keys.sorted() == ["p/inputs/\(hash).png"])
        #expect(server.objects["p/inputs/\(hash).png"]?.bytes == bytes)
        #expect(uploads() == 1)
        try await expectFetched(stage)
        expectNoSecret(stage, log)
        #expect(try stage.text("SELECT input FROM jobs")?.contains("file:\(hash).png") == true)
        // Another jobd finds it there.
        #expect(try await edit(stage).code == 0)
        try await stage.drain()
        #expect(try stage.jobCount("completed") == 4)
        #expect(uploads() == 1)
    }

    @Test func `an object that somebody has removed is uploaded anew`() async throws {
        let stage = try await stage()
        #expect(try await edit(stage).code == 0)
        try await stage.drain()
        server.remove("p/inputs/\(hash).png")
        #expect(try await edit(stage).code == 0)
        try await stage.drain()
        #expect(uploads() == 2)
        try await expectFetched(stage)
    }

    @Test func `an outage holds only such jobs and heals without a restart`() async throws {
        let stage = try await stage()
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        #expect(try await edit(stage).code == 0)
        let jobd = try stage.jobd()
        let plain: Int64 = try await stage.enqueue()
        try await stage.wait(for: plain, toBe: "completed")
        try await eventually("the storage is named") {
            try await stage.overview()["troubles"]?.array?.first?["kind"]?.string == "storage"
        }
        #expect(try stage.state(of: 1) == "queued")
        let said = try await explanation(1, stage)
        #expect(said["reason"]?.string == "storage", "\(said)")
        #expect(
            said["text"]?.string?.contains("no & no") == true || said["text"]?.string?.contains("503") == true
        )
        #expect(try stage.number("SELECT count(*) FROM events WHERE job_id = 1 AND kind = 'fault'") >= 1)
        server.order { _, _ in nil }
        try await stage.wait(for: 1, toBe: "completed")
        try await eventually("the trouble is over") {
            try await stage.overview()["troubles"]?.array?.isEmpty == true
        }
        #expect(try await stage.posts() == 2)
        try await expectFetched(stage)
        expectNoSecret(stage, jobd.errors)
    }

    @Test func `wrong credentials wait for right ones`() async throws {
        let stage = try await stage()
        server.accept(keyID: "another")
        #expect(try await edit(stage).code == 0)
        let jobd = try stage.jobd()
        try await jobd.says("it answered 403: the credentials are wrong")
        #expect(try stage.state(of: 1) == "queued")
        server.accept(keyID: "key")
        try await stage.wait(for: 1, toBe: "completed")
        #expect(try await stage.posts() == 1)
        expectNoSecret(stage, jobd.errors)
    }

    @Test(arguments: [true, false]) func `a cut upload is tried again and leaves one object`(arrives: Bool)
        async throws
    {
        let stage = try await stage()
        let cuts = Locked(0)
        server.order { line, _ in
            guard line.hasPrefix("PUT "),
                cuts.withLock({
                    $0 += 1; return $0
                }) <= 2
            else { return nil }
            return arrives ? .deaf : .cut
        }
        #expect(try await edit(stage).code == 0)
        try await stage.drain()
        #expect(server.objects.keys.sorted() == ["p/inputs/\(hash).png"])
        #expect(server.objects["p/inputs/\(hash).png"]?.bytes == bytes)
        try await expectFetched(stage)
        #expect(try await stage.posts() == 1)
    }

    @Test func `a foreign object of the same key is neither sent nor overwritten`() async throws {
        let stage = try await stage()
        let foreign = StorageServer.Object(Array("somebody else's".utf8))
        server.put("p/inputs/\(hash).png", foreign)
        // As long, but another content.
        server.put("p/inputs/\(hash)-2.png", .init(bytes.map { $0 ^ 1 }))
        #expect(try await edit(stage).code == 0)
        try await stage.drain()
        #expect(server.objects["p/inputs/\(hash).png"] == foreign)
        #expect(server.objects["p/inputs/\(hash)-3.png"]?.bytes == bytes)
        try await expectFetched(stage)
    }

    @Test func `a damaged copy is not uploaded`() async throws {
        let stage = try await stage()
        #expect(try await edit(stage).code == 0)
        FileOnDisk.write("damaged", to: stage.state + "/inputs/\(hash).png")
        try await stage.drain()
        #expect(try stage.texts("SELECT state || ' ' || error_kind FROM jobs") == ["failed input"])
        #expect(try await stage.posts() == 0)
        #expect(server.objects.isEmpty)
    }

    @Test func `a cancelled job no longer troubles anybody`() async throws {
        let stage = try await stage()
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        #expect(try await edit(stage).code == 0)
        try stage.jobd()
        try await eventually("the storage is named") {
            try await stage.overview()["troubles"]?.array?.isEmpty == false
        }
        #expect(try await stage.jobctl("cancel", "1").code == 0)
        try await eventually("the trouble is over") {
            try await stage.overview()["troubles"]?.array?.isEmpty == true
        }
    }

    @Test func `the limits of a request hold only where files are inside it`() async throws {
        let stage = try await stage()
        let large = stage.file("large", "x")
        truncate(large, 7 << 20)
        let words = ["enqueue", "t/m", "image=file:\(large)", "--dry-run"]
        #expect(try await stage.jobctl(words).code == 0)
        FileOnDisk.write(
            #"{"storage": {"url": "s3://bucket"}, "inputs": {"via": "data"}}"#,
            to: stage.scratch["config.json"])
        #expect(try await stage.jobctl(words).code == 65)
        FileOnDisk.write("{}", to: stage.scratch["config.json"])
        let refused = try await stage.jobctl(words)
        #expect(refused.code == 65 && refused.errors.contains("set storage.url"), "\(refused)")
        FileOnDisk.write(#"{"inputs": {"via": "storage"}}"#, to: stage.scratch["config.json"])
        let check = try await stage.jobd(options: ["--check"]).answer()
        #expect(check.code == 78 && check.errors.contains("inputs.via=storage needs storage.url"), "\(check)")
    }

    @Test func `a refusal that repeats the address is recorded without its signature`() async throws {
        let stage = try await stage()
        let service = ScriptedServer { peer in
            while let request = peer.receive() {
                let sent = (try? JSON(parsing: request.body))?["image"]?.string ?? ""
                let words = JSON.object(["detail": .string("cannot fetch \(sent)")]).text
                peer.send(ScriptedServer.answer(words, status: "422 Unprocessable Content"))
            }
        }
        stage.url = service.url
        #expect(try await stage.jobctl("enqueue", "t/m", "image=file:\(Self.picture)").code == 0)
        let log = try await stage.drain().errors
        let message = try #require(try stage.text("SELECT error_message FROM jobs"))
        #expect(message.contains("X-Amz-Signature=[signature]"), "\(message)")
        let signature = try #require(
            service.requests.first?.body.split(separator: "X-Amz-Signature=").last?.prefix(64))
        #expect(signature.utf8.count == 64)
        #expect(!FileOnDisk.content(stage.database).contains(signature) && !log.contains(signature))
    }

    // MARK: - Objects

    @Test func `an object of a person is sent as an address in all ways of ordering`() async throws {
        let stage = try await stage()
        server.put("in/a fox+1.png", .init(bytes))
        server.put("in/fox=1.png", .init(bytes))
        let object = "s3://bucket/in/fox=1.png"
        #expect(try await edit(stage, "s3://bucket/in/a fox+1.png").code == 65, "a blank")
        #expect(try await edit(stage, object).code == 0)
        let line = #"{"model":"\#(Stage.edit)","input":{"prompt":"x","images":["\#(object)"]}}"#
        let batch = try stage.jobctl("enqueue", "--batch", "-", "-q", input: line + "\n")
        #expect(batch.code == 0, "\(batch)")
        let like = try await stage.jobctl("enqueue", "--like", "1", "-q")
        #expect(like.code == 0, "\(like)")
        #expect(try await stage.jobctl("rerun", "1", "--yes", "-q").code == 0)
        // As a program writes it that escapes its slashes.
        try stage.execute(
            """
            INSERT INTO jobs (model, input)
            VALUES ('\(Stage.edit)', '{"prompt":"x","images":["s3:\\/\\/bucket\\/in\\/fox=1.png"]}')
            """)
        let dry = try await stage.jobctl("enqueue", Stage.edit, "prompt=x", "images=\(object)", "--dry-run")
        #expect(dry.code == 0 && !dry.output.contains("X-Amz"), "\(dry)")
        let log = try await stage.drain().errors
        #expect(try stage.jobCount("completed") == 5)
        try await expectFetched(stage)
        for request in try await stage.ledger().dropFirst() {
            #expect(request["inputs"]?.array?.first?["fault"] == .null, "\(request)")
        }
        expectNoSecret(stage, log)
        let shown = try await stage.jobctl("show", "4")
        #expect(shown.output.contains(object) && !shown.output.contains("X-Amz"))
        #expect(server.objects.count == 2, "nothing is written")
        #expect(try await stage.jobctl("verify").code == 0)
        #expect(try await stage.jobctl("prune", "--inputs", "--yes").code <= 1)
        #expect(server.objects.count == 2)
    }

    @Test func `an object that is not there fails its job alone`() async throws {
        let stage = try await stage()
        #expect(try await edit(stage, "s3://bucket/missing.png").code == 0)
        try await stage.drain()
        let row = try stage.text("SELECT state || ' ' || error_kind || ' ' || error_message FROM jobs")
        #expect(row == "failed input there is no object s3://bucket/missing.png in the storage")
        #expect(try await stage.posts() == 0)
    }

    @Test(arguments: ["AccessDenied 403 Forbidden", "InternalError 500 Internal Server Error"])
    func `an object that cannot be looked for keeps its job waiting`(fault: String) async throws {
        let stage = try await stage()
        server.put("fox.png", .init(bytes))
        let code = fault.prefix { $0 != " " }
        server.order { _, _ in
            .answer(StorageServer.error(String(code), String(fault.dropFirst(code.utf8.count + 1))))
        }
        #expect(try await edit(stage, "s3://bucket/fox.png").code == 0)
        let jobd = try stage.jobd()
        try await jobd.says("s3://bucket/fox.png cannot be looked for")
        let said = try await explanation(1, stage)
        #expect(said["reason"]?.string == "storage", "\(said)")
        #expect(said["text"]?.string?.contains("s3://bucket/fox.png") == true, "\(said)")
        #expect(try stage.state(of: 1) == "queued")
        server.order { _, _ in nil }
        try await stage.wait(for: 1, toBe: "completed")
        #expect(try await stage.posts() == 1)
    }

    @Test func `without a storage an object is refused, and waits if it came by SQL`() async throws {
        let stage = try await stage()
        let configuration = FileOnDisk.content(stage.scratch["config.json"])
        FileOnDisk.write("{}", to: stage.scratch["config.json"])
        for words in [
            [Stage.edit, "prompt=x", "images=s3://bucket/fox.png"], ["t/m", "image=s3://bucket/fox.png"],
        ] {
            let refused = try await stage.jobctl(["enqueue"] + words + ["--no-validate"])
            #expect(refused.code == 65 && refused.errors.contains("set storage.url"), "\(refused)")
        }
        #expect(try await stage.jobctl("enqueue", "t/m", "text=s3:// is a scheme").code == 0)
        server.put("fox.png", .init(bytes))
        try stage.execute(
            """
            INSERT INTO jobs (model, input)
            VALUES ('\(Stage.edit)', '{"prompt":"x","images":["s3://bucket/fox.png"]}')
            """)
        let jobd = try stage.jobd()
        try await jobd.says("no object storage is configured")
        #expect(try stage.state(of: 2) == "queued")
        FileOnDisk.write(configuration, to: stage.scratch["config.json"])
        kill(jobd.pid, SIGHUP)
        try await stage.wait(for: 2, toBe: "completed")
        try await expectFetched(stage)
    }

    @Test(arguments: ["s3://bucket", "s3://bucket/", "s3://b/x", "s3://bucket/../x", "S3://bucket/fox.png"])
    func `another form of an object is refused`(value: String) async throws {
        let stage = try await stage()
        let refused = try await edit(stage, value)
        #expect(refused.code == 65 && refused.errors.contains("$.images[0]"), "\(refused)")
    }

    @Test func `many jobs that wait for the storage hold back no other job of their model`() async throws {
        let stage = try await stage()
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        let lines = (1...100).map {
            #"{"model":"\#(Stage.edit)","input":{"prompt":"\#($0)","images":["s3://bucket/\#($0).png"]}}"#
        }
        #expect(
            try stage.jobctl("enqueue", "--batch", "-", "-q", input: lines.joined(separator: "\n")).code == 0)
        let last = try await edit(stage, "https://example.invalid/a.png")
        #expect(last.output == "101\n")
        try stage.jobd("retry.max=5m", "retry.min=5m")
        try await eventually("it is sent") { try await stage.posts() == 1 }
        #expect(try stage.jobCount("queued") == 100)
    }
}

/// The same against a real storage, which checks signatures: see `make test-storage`.
@Suite(.enabled(if: RealStorage.endpoint != nil), .timeLimit(.minutes(10))) struct RealStorageInputTests {
    @Test func `a picture on disk and an object of a person reach the service`() async throws {
        let stage = try await Stage.simulated("--fetch-inputs")
        let root = "s3://bucket/inputs-\(UInt32.random(in: 0 ... .max))"
        stage.file(
            "config.json",
            #"{"storage": {"url": "\#(root)", "endpoint": "\#(RealStorage.endpoint ?? "")"}}"#)
        stage.variables = [
            "AWS_ACCESS_KEY_ID": "test:tester", "AWS_SECRET_ACCESS_KEY": "testing",
            "JOBD_CONFIG": stage.scratch["config.json"],
        ]
        let picture = FileOnDisk.repository + "/Tests/Fixtures/media/still.png"
        let object = "\(root)/own/fox=1+a.jpg"
        let client = Program.run(
            "s3cmd", "-q", "-c", RealStorage.clientFile, "put",
            FileOnDisk.repository + "/Tests/Fixtures/media/still.jpg", object)
        #expect(client.code == 0, "\(client)")
        for image in [picture, picture, object, "\(root)/missing.png"] {
            let answer = try await stage.jobctl("enqueue", Stage.edit, "prompt=at night", "images=\(image)")
            #expect(answer.code == 0, "\(answer)")
        }
        let log = try await stage.drain().errors
        #expect(
            try stage.texts("SELECT state FROM jobs ORDER BY id")
                == ["completed", "completed", "completed", "failed"], "\(log)")
        let requests = try await stage.ledger().dropFirst()
        #expect(requests.count == 3)
        for request in requests {
            #expect(request["inputs"]?.array?.first?["fault"] == .null, "\(request)")
        }
        let hash = SHA256.hexadecimal(of: FileOnDisk.bytes(picture) ?? [])
        let copy = stage.scratch["copy"]
        let read = Program.run(
            "s3cmd", "-q", "-c", RealStorage.clientFile, "get", "\(root)/inputs/\(hash).png", copy)
        #expect(read.code == 0, "\(read)")
        #expect(FileOnDisk.bytes(copy) == FileOnDisk.bytes(picture))
        #expect(!log.contains("X-Amz-Signature"))
    }
}
