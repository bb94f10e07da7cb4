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

    @Test func `a storage that is down for long is waited for, and the file is fetched only once`()
        async throws
    {
        // Nobody listens there now.
        let port = StorageServer().port
        let stage = try await stage(endpoint: "http://127.0.0.1:\(port)")
        let id = try await stage.enqueue()
        let jobd = try stage.jobd()
        try await eventually("it has tried often") {
            jobd.errors.split(separator: "\n").count { $0.contains("cannot be uploaded") } >= 10
        }
        #expect(try stage.state(of: id) == "downloading")
        let explanation = try await stage.jobctl("explain", String(id))
        #expect(explanation.output.contains("waits for its upload to s3://bucket/p"), "\(explanation)")
        #expect(explanation.output.contains("gave no answer"), "\(explanation)")
        #expect(explanation.output.contains("without limit"), "\(explanation)")
        let doctor = try await stage.jobctl("doctor", "--online", "--json")
        let fault = try doctor.objects().first { $0["check"]?.string == "storage" }
        #expect(fault?["verdict"]?.string == "fault", "\(doctor)")
        #expect(fault?["detail"]?.string?.contains("gave no answer") == true, "\(doctor)")
        // The history does not grow with each try.
        #expect(try stage.number("SELECT count(*) FROM events WHERE kind = 'fault'") <= 3)
        let back = StorageServer(port: port)
        try await stage.wait(for: id, toBe: "completed")
        #expect(back.objects.count == 1)
        #expect(try await stage.statistics()["downloads"]?.integer == 1)
        #expect(try await stage.posts() == 1)
    }

    @Test func `a foreign object of the same name stays what it is`() async throws {
        let stage = try await stage()
        let (server, foreign) = (server, Array("of somebody else".utf8))
        // It is there before jobd looks for the first time.
        server.order { line, _ in
            let words = line.split(separator: " ")
            if words[0] == "HEAD", server.objects.isEmpty {
                server.put(String(words[1].dropFirst("/bucket/".count)), .init(foreign))
            }
            return nil
        }
        let id = try await stage.enqueue()
        let drained = try await stage.drain()
        let object = try object(of: id, stage)
        let parts = object.split(separator: "-2.")
        #expect(parts.count == 2, "\(object)")
        let taken = parts.joined(separator: ".").dropFirst("s3://bucket/".count)
        #expect(server.objects[String(taken)]?.bytes == foreign)
        #expect(drained.errors.contains("another object has the name s3://bucket/\(taken)"), "\(drained)")
        let own = server.objects[String(object.dropFirst("s3://bucket/".count))]?.bytes
        #expect(own == FileOnDisk.bytes(try file(of: id, stage)))
        // Pruning removes only its own.
        #expect(try await stage.jobctl("prune", "--older-than", "0s", "--files", "--yes").code == 0)
        try stage.jobd()
        try await eventually("the object is removed") { server.objects.count == 1 }
        #expect(server.objects[String(taken)]?.bytes == foreign)
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
        // Its thumbnail is made of the copy.
        #expect(server.requests.count { $0.line.hasPrefix("GET /bucket/p/outputs/") } == 1)
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

    @Test func `moved files are fetched from the storage, and checked`() async throws {
        let stage = try await stage("move")
        for number in 1...2 { try await stage.enqueue("fox \(number)") }
        try await stage.drain()
        let here = stage.scratch["here"]
        let fetched = try await stage.jobctl("files", "--fetch", here)
        #expect(fetched.code == 0 && fetched.errors == "", "\(fetched)")
        let objects = try stage.texts("SELECT object FROM outputs ORDER BY job_id").map {
            server.objects[String($0.dropFirst("s3://bucket/".count))]?.bytes
        }
        #expect(fetched.lines.map { FileOnDisk.bytes($0) } == objects)
        let names = try stage.texts("SELECT path FROM outputs ORDER BY job_id").map {
            "\(here)/\($0.suffix(12))"
        }
        #expect(fetched.lines == names)
        let described = stage.scratch["described"]
        #expect(try await stage.jobctl("export", "--embed", described).code == 0)
        #expect(FileOnDisk.names(described).count == 2)
        // One is not what the record says, one is gone.
        let keys = server.objects.keys.sorted()
        server.put(keys[0], .init(Array("another".utf8)))
        server.remove(keys[1])
        let refused = try await stage.jobctl("files", "--fetch", stage.scratch["new"])
        #expect(refused.code == 1 && refused.output == "", "\(refused)")
        #expect(
            refused.errors.split(separator: "\n").count { $0.contains("jobctl verify") } == 2, "\(refused)")
        #expect(FileOnDisk.names(stage.scratch["new"]) == [])
        // A storage that is down is asked once.
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        let before = server.requests.count
        let down = try await stage.jobctl("files", "--fetch", stage.scratch["new"])
        #expect(down.code == 69 && down.errors.contains("doctor --online"), "\(down)")
        #expect(server.requests.count == before + 1)
    }

    @Test func `a copy that is gone here is fetched from the storage`() async throws {
        let stage = try await stage()
        let id = try await stage.enqueue()
        try await stage.drain()
        let path = try file(of: id, stage)
        let bytes = FileOnDisk.bytes(path)
        unlink(path)
        let fetched = try await stage.jobctl("files", "--fetch", stage.scratch["here"])
        #expect(fetched.lines.map { FileOnDisk.bytes($0) } == [bytes], "\(fetched)")
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

    @Test func `a moved file stays here until its object is on record`() async throws {
        let stage = try await stage("move")
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        let id = try await stage.enqueue()
        let jobd = try stage.jobd()
        try await eventually("the file waits for its upload") {
            try stage.number("SELECT count(sha256) FROM outputs") == 1
        }
        let path = try file(of: id, stage)
        let other = try OpenTransaction(stage.database, "BEGIN IMMEDIATE;")
        server.order { _, _ in nil }
        try await eventually("it is uploaded, and cannot be recorded") {
            server.objects.count == 1 && jobd.errors.contains("the store waits")
        }
        #expect(FileOnDisk.exists(path))
        other.end()
        try await eventually("it is gone") { try stage.text("SELECT local FROM outputs") == "gone" }
        #expect(!FileOnDisk.exists(path))
    }

    @Test(arguments: ["move", "copy"]) func `a name that another output has by now is not removed`(
        outputs: String
    ) async throws {
        let stage = try await stage("move")
        let name = "output_name=\"same.{ext}\""
        try await stage.enqueue("one")
        try await stage.drain(name)
        let path = try file(of: 1, stage)
        // As if a crash had come between the removal and its record.
        try await stage.enqueue("two")
        if outputs == "move" {
            server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        }
        let first = try stage.jobd(name, "storage.outputs=\"\(outputs)\"")
        try await eventually("the other file is here") {
            try stage.number(
                "SELECT count(sha256) FROM outputs WHERE job_id = 2 AND state = 'done' = ('\(outputs)' = 'copy')"
            ) == 1
        }
        first.end()
        #expect(try file(of: 2, stage) == path)
        try stage.execute("UPDATE outputs SET local = 'leaving' WHERE job_id = 1")
        let second = try stage.jobd(name, "storage.outputs=\"\(outputs)\"")
        if outputs == "move" {
            try await second.says("cannot be uploaded")
        } else {
            try await eventually("it is settled") {
                try stage.number("SELECT count(*) FROM outputs WHERE local = 'leaving'") == 0
            }
        }
        #expect(FileOnDisk.exists(path))
        server.order { _, _ in nil }
        try await eventually("all is settled") {
            try stage.number("SELECT count(*) FROM outputs WHERE local = 'leaving' OR state <> 'done'") == 0
        }
        #expect(FileOnDisk.exists(path) == (outputs == "copy"))
        #expect(try await stage.jobctl("verify").code == 0)
        #expect(try await stage.statistics()["downloads"]?.integer == 2)
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

    @Test func `old uploads that a crash has left are aborted, and nobody else's`() async throws {
        let stage = try await stage()
        server.begin("p/outputs/000009-1-0123456789ab.mp4")
        server.begin("q/another.mp4")
        try stage.jobd()
        try await eventually("it is aborted") { server.openUploads == ["q/another.mp4"] }
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

    @Test func `what RunComfy no longer has is found in the storage after a restore`() async throws {
        let stage = try await stage("move")
        try await stage.simulate(["--run", "2s"])
        // One copy is from before the download, one from before the upload.
        try await stage.enqueue()
        let first = try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_queue")
        first.end()
        let early = stage.scratch["early.db"]
        try await stage.jobctl("backup", early)
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        let second = try stage.jobd()
        try await eventually("the file waits for its upload") {
            try stage.number("SELECT count(sha256) FROM outputs") == 1
        }
        second.end()
        let late = stage.scratch["late.db"]
        try await stage.jobctl("backup", late)
        server.order { _, _ in nil }
        try await stage.drain()
        let (object, hash) = (try object(of: 1, stage), try stage.text("SELECT sha256 FROM outputs"))
        try await stage.setFaults("file:404")
        for copy in [early, late] {
            #expect(try await stage.jobctl("restore", copy).code == 0)
            try await stage.drain()
            #expect(try stage.state(of: 1) == "completed")
            #expect(try stage.texts("SELECT object || local FROM outputs") == [object + "gone"])
            #expect(try stage.text("SELECT sha256 FROM outputs") == hash)
            #expect(try await stage.jobctl("verify").code == 0)
            #expect(try await stage.jobctl("files", "--fetch", stage.scratch["here"]).code == 0)
        }
        #expect(server.objects.count == 1)
        #expect(try await stage.posts() == 1)
    }

    @Test func `an object that is not known to be the output's is not taken for it`() async throws {
        let stage = try await stage("move")
        try await stage.setFaults("file:404")
        let bytes = Array("GIF89a of another jobd".utf8)
        let hash = SHA256.hexadecimal(of: bytes)
        server.put(
            "p/outputs/000001-1-\(hash.prefix(12)).gif",
            .init(bytes, headers: ["x-amz-meta-sha256": hash, "x-amz-meta-request": "another"]))
        try await stage.enqueue()
        try await stage.drain("retry.attempts=2", "retry.patience=\"0s\"")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "download")
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
