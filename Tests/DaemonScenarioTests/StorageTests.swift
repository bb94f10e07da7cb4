import Glibc
import JSON
import Scratch
import ScriptedServer
import System
import Testing

/// Outputs in object storage, with the programs themselves.
@Suite(.timeLimit(.minutes(10))) struct StorageTests {
    let server = StorageServer()

    static let keys = ["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hush-hush"]

    /// A stage whose programs know the storage.
    private func stage(_ outputs: String = "copy", endpoint: String? = nil) async throws -> Stage {
        let stage = try await Stage.simulated()
        stage.file(
            "config.json",
            """
            {"storage": {"url": "s3://bucket/p", "endpoint": "\(endpoint ?? server.url)", "outputs": "\(outputs)"},
             "retry": {"min": "20ms", "max": "200ms"}, "timeout": {"connect": "2s", "answer": "5s"}}
            """)
        stage.variables = Self.keys.merging(["JOBD_CONFIG": stage.scratch["config.json"]]) { $1 }
        return stage
    }

    private func object(of id: Int64, _ stage: Stage) throws -> String {
        try #require(try stage.text("SELECT object FROM outputs WHERE job_id = \(id)"))
    }

    private func file(of id: Int64, _ stage: Stage) throws -> String {
        stage.state + "/outputs/" + (try stage.text("SELECT path FROM outputs WHERE job_id = \(id)") ?? "")
    }

    @Test func `a copy is in both places and the record says where`() async throws {
        let stage = try await stage()
        let id = try await stage.enqueue()
        try await stage.drain()
        let object = try object(of: id, stage)
        let hash = try #require(try stage.text("SELECT sha256 FROM outputs"))
        #expect(object.hasPrefix("s3://bucket/p/outputs/000001-1-\(hash.prefix(12))."))
        let key = String(object.dropFirst("s3://bucket/".count))
        #expect(server.objects[key]?.bytes == FileOnDisk.bytes(try file(of: id, stage)))
        let shown = try await stage.job(id)["outputs"]?.array?.first
        #expect(shown?["object"]?.string == object)
        #expect(shown?["file"]?.string == (try file(of: id, stage)))
        #expect(try await stage.jobctl("verify").code == 0)
        #expect(try stage.text("SELECT object FROM files") == object)
    }

    @Test func `an outage keeps the job and its file and heals without a restart`() async throws {
        let stage = try await stage()
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        let id = try await stage.enqueue()
        let jobd = try stage.jobd()
        try await eventually("the storage is named") {
            try await stage.overview()["troubles"]?.array?.first?["kind"]?.string == "storage"
        }
        #expect(try stage.state(of: id) == "downloading")
        #expect(FileOnDisk.exists(try file(of: id, stage)))
        let explanation = try await stage.jobctl("explain", String(id), "--json").object()
        #expect(explanation["reason"]?.string == "storage")
        server.order { _, _ in nil }
        try await stage.wait(for: id, toBe: "completed")
        try await eventually("the trouble is over") {
            try await stage.overview()["troubles"]?.array?.isEmpty == true
        }
        #expect(try await stage.posts() == 1)
        #expect(!jobd.errors.contains("hush"))
    }

    @Test func `wrong credentials are named once and new ones are taken up`() async throws {
        let stage = try await stage()
        let credentials = stage.file(
            "credentials", "[default]\naws_access_key_id=old\naws_secret_access_key=hush-hush\n")
        stage.variables = stage.variables.filter { !$0.key.hasPrefix("AWS_") }
        stage.variables["AWS_SHARED_CREDENTIALS_FILE"] = credentials
        let ids = [try await stage.enqueue("one"), try await stage.enqueue("two")]
        let jobd = try stage.jobd()
        try await jobd.says("(storage)")
        try await eventually("both wait") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'fault' AND detail GLOB '*upload*'")
                >= 2
        }
        FileOnDisk.write(
            "[default]\naws_access_key_id=key\naws_secret_access_key=hush-hush\n", to: credentials)
        for id in ids { try await stage.wait(for: id, toBe: "completed") }
        try await jobd.says("this is over")
        #expect(
            jobd.errors.split(separator: "\n").count {
                $0.contains("cannot be used (storage)") && !$0.contains("over")
            } == 1)
        #expect(!FileOnDisk.content(stage.database).contains("hush-hush"))
    }

    @Test func `a moved file is only in the storage and everything knows it`() async throws {
        let stage = try await stage("move")
        let id = try await stage.enqueue()
        try await stage.drain()
        let (object, path) = (try object(of: id, stage), try file(of: id, stage))
        #expect(!FileOnDisk.exists(path))
        #expect(try stage.text("SELECT local FROM outputs") == "gone")
        #expect(try stage.texts("SELECT path FROM files WHERE path IS NOT NULL").isEmpty)
        #expect(try await stage.job(id)["outputs"]?.array?.first?["file"] == .null)
        #expect(try await stage.jobctl("verify").code == 0)
        #expect(try await stage.jobctl("show", String(id)).output.contains(object))
        #expect(try await stage.jobctl("files").errors.contains("only in the object storage"))
        let gallery = stage.scratch["gallery"]
        #expect(try await stage.jobctl("gallery", gallery).code == 0)
        let fetched = FileOnDisk.names(gallery + "/files").compactMap {
            FileOnDisk.bytes(gallery + "/files/" + $0)
        }
        let key = String(object.dropFirst("s3://bucket/".count))
        #expect(fetched == [try #require(server.objects[key]).bytes])
        server.remove(key)
        let verdict = try await stage.jobctl("verify")
        #expect(verdict.code == 1)
        #expect(verdict.output.contains("missing"))
    }

    @Test func `a lost object is fetched again from RunComfy`() async throws {
        let stage = try await stage("move")
        let id = try await stage.enqueue()
        try await stage.drain()
        let key = String(try object(of: id, stage).dropFirst("s3://bucket/".count))
        server.remove(key)
        #expect(try await stage.jobctl("verify", "--repair").code == 1)
        try await stage.drain()
        #expect(server.objects[key] != nil)
        #expect(try await stage.jobctl("verify").code == 0)
        #expect(try await stage.posts() == 1)
    }

    @Test func `pruned files leave no object`() async throws {
        for outputs in ["copy", "move"] {
            let stage = try await stage(outputs)
            _ = try await stage.enqueue("\(outputs)")
            try await stage.drain()
            #expect(server.objects.count == 1)
            let words = ["prune", "--older-than", "0s", "--files", "--rows", "--yes"]
            #expect(try await stage.jobctl(words).code == 0)
            #expect(try stage.number("SELECT count(*) FROM removed_objects") == 1)
            try stage.jobd()
            try await eventually("the object is removed") { server.objects.isEmpty }
        }
    }

    @Test(arguments: ["copy", "move"]) func `a crash at any time loses nothing and leaves no second object`(
        outputs: String
    ) async throws {
        let stage = try await stage(outputs)
        for number in 1...6 { try await stage.enqueue("fox \(number)") }
        // A crash during a POST would leave a job uncertain, whatever the storage does.
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        let first = try stage.jobd()
        try await stage.waitUntilAllAre("downloading")
        first.end()
        server.order { _, _ in nil }
        for round in 0..<12 {
            let jobd = try stage.jobd()
            let target = server.requests.count + 1 + round % 5
            try await eventually("some requests") {
                try server.requests.count >= target || stage.jobCount("completed") == 6
            }
            jobd.end()
        }
        try await stage.drain()
        #expect(try stage.jobCount("completed") == 6)
        #expect(server.objects.count == 6)
        #expect(try await stage.posts() == 6)
        #expect(try await stage.jobctl("verify").code == 0)
        let leaving = try stage.number("SELECT count(*) FROM outputs WHERE local = 'leaving'")
        #expect(leaving == 0)
    }

    @Test func `doctor tries the storage and leaves nothing there`() async throws {
        let stage = try await stage()
        let answer = try await stage.jobctl(
            "doctor", "--online", "--json", environment: ["RUNCOMFY_TOKEN": Stage.token])
        let line = try answer.objects().first { $0["check"]?.string == "storage" }
        #expect(line?["verdict"]?.string == "ok", "\(answer)")
        #expect(line?["detail"]?.string?.contains("GET yes") == true)
        #expect(server.objects.isEmpty)
        server.accept(keyID: "another")
        let refused = try await stage.jobctl("doctor", "--online", "--json")
        let fault = try refused.objects().first { $0["check"]?.string == "storage" }
        #expect(fault?["verdict"]?.string == "fault")
        #expect(!refused.output.contains("hush"))
    }
}

/// The same against a real storage: see `make test-storage`.
@Suite(.enabled(if: RealStorage.endpoint != nil), .timeLimit(.minutes(10))) struct RealStorageScenarioTests {
    @Test func `moved files are read from the storage by others and removed by prune`() async throws {
        let stage = try await Stage.simulated()
        let root = "s3://bucket/scenario-\(UInt32.random(in: 0 ... .max))"
        stage.file(
            "config.json",
            """
            {"storage": {"url": "\(root)", "endpoint": "\(RealStorage.endpoint ?? "")", "outputs": "move"}}
            """)
        stage.variables = [
            "AWS_ACCESS_KEY_ID": "test:tester", "AWS_SECRET_ACCESS_KEY": "testing",
            "JOBD_CONFIG": stage.scratch["config.json"],
        ]
        for number in 1...3 { try await stage.enqueue("fox \(number)") }
        try await stage.drain()
        #expect(try stage.jobCount("completed") == 3)
        #expect(try await stage.jobctl("verify").code == 0)
        for object in try stage.texts("SELECT object FROM outputs") {
            let copy = stage.scratch["copy"]
            let client = Program.run(
                "s3cmd", "-q", "-c", RealStorage.clientFile, "get", "--force", object, copy)
            #expect(client.code == 0, "\(client)")
            let bytes = try #require(FileOnDisk.bytes(copy))
            #expect(
                try stage.text("SELECT sha256 FROM outputs WHERE object = '\(object)'")
                    == SHA256.hexadecimal(of: bytes))
        }
        let doctor = try await stage.jobctl("doctor", "--online")
        #expect(doctor.output.contains("GET yes, HEAD no"), "\(doctor)")
        #expect(try await stage.jobctl("prune", "--older-than", "0s", "--files", "--yes").code == 0)
        try stage.jobd()
        try await eventually("the objects are removed") {
            Program.run("s3cmd", "-c", RealStorage.clientFile, "ls", "-r", root).output.isEmpty
        }
    }
}
