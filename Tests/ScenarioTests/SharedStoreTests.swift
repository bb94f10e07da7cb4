import Glibc
import JSON
import Scratch
import Testing

/// jobctl on a store that several machines share, without a jobd.
@Suite(.enabled(if: SharedServer.isInstalled, "needs PostgreSQL: make test-deps"), .timeLimit(.minutes(10)))
struct SharedStoreTests {
    private static let host = Program.run("hostname").output.filter { !$0.isNewline }

    /// A job whose file is on the disk of a machine.
    private func finished(_ stage: Stage, on host: String, path: String = "/big/1.png") async throws -> Int64
    {
        let id: Int64 = try await stage.enqueue()
        try stage.put(id, into: "completed")
        try stage.execute(
            """
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at,
                host)
            VALUES (\(id), 1, 'image', 'https://x.test/\(id)', '\(path)', 3, '\(String(repeating: "a", count: 64))',
                'image/png', 'done', '2026-01-01 00:00:00.000', '\(host)')
            """)
        return id
    }

    @Test func `an order needs no state directory`() async throws {
        let stage = try await Stage.shared()
        let answer = try await stage.jobctl("enqueue", Stage.sequential, "text=a fox", "-q")
        #expect(answer.code == 0 && answer.output == "1\n", "\(answer)")
        for verb in [["list"], ["show", "1"], ["explain", "1"], ["doctor"], ["files"], ["cancel", "1"]] {
            try await stage.jobctl(verb)
        }
        #expect(!FileOnDisk.exists(stage.state))
        #expect(try stage.state(of: 1) == "cancelled")
    }

    @Test func `a file that names the store need be right in nothing else`() async throws {
        let stage = try await Stage.shared()
        let address = stage.variables["JOBD_STORE"] ?? ""
        stage.variables["JOBD_STORE"] = nil
        stage.variables["JOBD_CONFIG"] = stage.file("c.json", #"{"no_key": 1, "store": "\#(address)"}"#)
        let _: Int64 = try await stage.enqueue()
        #expect(try stage.jobCount() == 1)
        stage.variables["JOBD_CONFIG"] = stage.file("d.json", #"{"no_key": 1 /* "store": "x" */}"#)
        let _: Int64 = try await stage.enqueue()
        #expect(FileOnDisk.exists(stage.state + "/jobs.db"))
        // What cannot be read may name one: then nothing else is used.
        stage.variables["JOBD_CONFIG"] = stage.file("e.json", #"{"store": "x""#)
        #expect(try await stage.jobctl("list").code == 78)
    }

    @Test func `it says that no jobd works on the store`() async throws {
        let stage = try await Stage.shared()
        let answer = try await stage.jobctl("enqueue", Stage.sequential, "text=a fox")
        #expect(answer.errors.contains("no jobd works on the store"), "\(answer)")
        let said = try JSON(parsing: try await stage.jobctl("explain", "1", "--json").output)
        #expect(said["reason"]?.string == "no_jobd")
        let overview = try await stage.overview()
        #expect(overview["jobd"]?["running"]?.bool == false)
        #expect(overview["jobds"]?.array?.isEmpty == true)
        #expect(overview["attention"]?.array?.contains { $0.string?.contains("no jobd") == true } == true)
    }

    @Test func `backup and restore name PostgreSQL's programs`() async throws {
        let stage = try await Stage.shared()
        for words in [["backup", stage.scratch["b"]], ["restore", stage.file("c", "x")]] {
            let answer = try await stage.jobctl(words)
            #expect(answer.code == 69, "\(answer)")
            #expect(answer.errors.contains("pg_dump"))
        }
        #expect(!FileOnDisk.exists(stage.scratch["b"]))
        #expect(!FileOnDisk.exists(stage.state))
    }

    @Test func `a file on another machine is named with its host`() async throws {
        let stage = try await Stage.shared()
        let id = try await finished(stage, on: "render2")
        let place = "render2:/big/1.png"
        let files = try await stage.jobctl("files", String(id))
        #expect(files.output == place + "\n" && files.code == 0, "\(files)")
        let object = try await stage.jobctl("files", String(id), "--json").object()
        #expect(object["file"] == .null)
        #expect(object["host"]?.string == "render2")
        for verb in ["show", "explain"] {
            #expect(try await stage.jobctl(verb, String(id)).output.contains(place))
        }
        let opened = try await stage.jobctl("open", String(id))
        #expect(opened.code == 1 && opened.errors.contains(place), "\(opened)")
        #expect(opened.errors.contains("jobctl --host ssh://render2 files \(id) --fetch DIR"))
        let copied = try await stage.jobctl("export", "--embed", stage.scratch["copies"])
        #expect(copied.code == 1 && copied.errors.contains("--host ssh://render2"), "\(copied)")
        let fetched = try await stage.jobctl("files", "--fetch", stage.scratch["here"])
        #expect(fetched.code == 1 && fetched.errors.contains("--host ssh://render2"), "\(fetched)")
        let gallery = try await stage.jobctl("gallery", stage.scratch["gallery"])
        #expect(gallery.errors.contains("neither on this machine"), "\(gallery)")
    }

    @Test func `an object of another machine's file is offered`() async throws {
        let stage = try await Stage.shared()
        let id = try await finished(stage, on: "render2")
        try stage.execute("UPDATE outputs SET object = 's3://bucket/p/1.png'")
        let opened = try await stage.jobctl("open", String(id))
        #expect(opened.code == 1 && opened.errors.contains("jobctl files \(id) --fetch DIR"), "\(opened)")
        #expect(!opened.errors.contains("ssh://"))
    }

    @Test func `verify and prune leave other machines' files to them`() async throws {
        let stage = try await Stage.shared()
        let there = try await finished(stage, on: "render2")
        let here = try await finished(stage, on: Self.host, path: stage.state + "/outputs/2.png")
        let verified = try await stage.jobctl("verify", "--json")
        let summary = try verified.objects().last
        #expect(
            verified.code == 1 && summary?["missing"]?.integer == 1 && summary?["checked"]?.integer == 1,
            "\(verified)")
        #expect(summary?["elsewhere"]?.integer == 1)
        #expect(verified.errors.contains("1 file is on render2"))
        let pruned = try await stage.jobctl(
            "prune", "--older-than", "1s", "--files", "--rows", "--yes", "--json")
        #expect(pruned.code == 0, "\(pruned)")
        #expect(pruned.errors.contains("1 file is on render2"))
        let sums = try pruned.object()
        #expect(sums["rows"]?.integer == 1 && sums["elsewhere"]?.integer == 1, "\(pruned)")
        #expect(try stage.texts("SELECT CAST(id AS text) FROM jobs") == [String(there)])
        #expect(try stage.number("SELECT count(*) FROM outputs WHERE removed_at IS NULL") == 1)
        #expect(here != there)
    }

    @Test func `a local file needs an object storage`() async throws {
        let stage = try await Stage.shared()
        let picture = FileOnDisk.repository + "/Tests/Fixtures/media/still.png"
        for more in [[], ["--no-validate"], ["--dry-run"]] {
            let answer = try await stage.jobctl(
                ["enqueue", Stage.edit, "prompt=x", "images=\(picture)"] + more)
            #expect(answer.code == 65 && answer.errors.contains("storage.url"), "\(answer)")
        }
        #expect(try stage.jobCount() == 0)
        #expect(!FileOnDisk.exists(stage.state))
    }

    @Test func `the words of a search are in the user's own cache`() async throws {
        let stage = try await Stage.shared()
        let id: Int64 = try await stage.enqueue("a vermilion fox")
        for caches in [[:], ["XDG_CACHE_HOME": stage.scratch["caches"]]] {
            let found = try await stage.jobctl("search", "vermilion", "-q", environment: caches)
            #expect(found.output == "\(id)\n", "\(found)")
            let folder = caches["XDG_CACHE_HOME"] ?? stage.folder + "/.cache"
            let names = FileOnDisk.names(folder + "/jobd").filter { $0.hasSuffix(".db") }
            #expect(names.count == 1 && names[0].hasPrefix("search-"), "\(names)")
        }
        #expect(!FileOnDisk.exists(stage.state))
        // Another store has another index.
        let other = try await Stage.shared()
        other.variables["HOME"] = stage.folder
        #expect(try await other.jobctl("search", "vermilion").code == 1)
        #expect(FileOnDisk.names(stage.folder + "/.cache/jobd").filter { $0.hasSuffix(".db") }.count == 2)
        #expect(try await stage.jobctl("search", "vermilion", "-q").output == "\(id)\n")
    }

    @Test func `doctor looks at the server`() async throws {
        let stage = try await Stage.shared()
        let answer = try await stage.jobctl("doctor", "--json")
        let lines = try answer.objects()
        func verdict(_ subject: String) -> String? {
            lines.first { $0["check"]?.string == subject }?["verdict"]?.string
        }
        #expect(verdict("server") == "ok", "\(answer)")
        #expect(verdict("connection") == "ok" && verdict("rights") == "ok")
        // The server of the tests runs without fsync.
        #expect(verdict("durability") == "fault" && answer.code == 1)
        #expect(verdict("jobd") == "warning")
        #expect(verdict("file system") == nil && verdict("log") == nil && verdict("sqlite") == nil)
        #expect(answer.output.contains("fsync is off"))
    }

    @Test func `a wait outlives the server, and says so once`() async throws {
        let server = try SharedServer()
        let stage = try await Stage.shared(on: server)
        let id: Int64 = try await stage.enqueue()
        let waiting = try stage.start(["wait", String(id)])
        let following = try stage.start(["events", "--follow"])
        try await eventually("it waits") { waiting.errors.contains("waiting for job") }
        try await eventually("it follows") { following.output.contains("enqueued") }
        try server.stop()
        for program in [waiting, following] {
            try await eventually("it says so") { program.errors.contains("waiting for the store") }
        }
        try server.start()
        try await stage.jobctl("cancel", String(id))
        let answer = try await waiting.answer()
        #expect(answer.code == 1, "\(answer)")
        #expect(answer.errors.ranges(of: "waiting for the store").count == 1, "\(answer)")
        try await eventually("it goes on") { following.output.contains("ended") }
        following.end()
    }

    @Test func `Ctrl-C ends a wait for a server that is away`() async throws {
        let server = try SharedServer()
        let stage = try await Stage.shared(on: server)
        let id: Int64 = try await stage.enqueue()
        let waiting = try stage.start(["wait", String(id)])
        try await eventually("it waits") { waiting.errors.contains("waiting for job") }
        try server.stop()
        try await eventually("it says so") { waiting.errors.contains("waiting for the store") }
        #expect(try await waiting.exitCode(after: SIGINT) == 130)
        #expect(waiting.errors.contains("jobctl wait \(id)"), "\(waiting.errors)")
    }

    @Test func `a server that stays away stores nothing`() async throws {
        let server = try SharedServer()
        let stage = try await Stage.shared(on: server)
        try server.stop()
        let start = ContinuousClock.now
        let answer = try await stage.jobctl("enqueue", Stage.sequential, "text=a fox")
        #expect(answer.code == 69, "\(answer)")
        #expect(.now - start >= .seconds(14))
        #expect(answer.errors.contains("waiting for the store"))
        try server.start()
        #expect(try stage.jobCount() == 0)
        // And one that comes back in time is waited for.
        try server.stop()
        let early = try stage.start(["enqueue", Stage.sequential, "text=a fox", "-q"])
        try await eventually("it waits") { early.errors.contains("waiting for the store") }
        try server.start()
        let done = try await early.answer()
        #expect(done.code == 0 && done.output == "1\n", "\(done)")
    }

    @Test func `watch tells of the jobds that share the store`() async throws {
        let stage = try await Stage.shared()
        try stage.execute(
            """
            INSERT INTO daemons (host, state_dir, lease_until) VALUES
                ('render1', '/var/lib/jobd', clock_timestamp() + interval '1 h'),
                ('render2', '/var/lib/jobd', clock_timestamp() - interval '11 s')
            """)
        let watching = try stage.start(["watch", "--json"])
        try await eventually("there is a picture") { watching.output.contains("\n") }
        watching.end()
        let first = try JSON(parsing: String(watching.output.split(separator: "\n")[0]))
        #expect(first["jobds"]?.array?.compactMap { $0["host"]?.string } == ["render1", "render2"])
        #expect(first["jobds"]?.array?.compactMap { $0["alive"]?.bool } == [true, false])
        // Its lease lasted for 30 s after its last beat, and ended 11 s ago or more.
        #expect(first["jobds"]?.array?.last?["silent_s"]?.double ?? 0 >= 41)
        let status = try await stage.jobctl()
        #expect(status.output.contains("1 running"), "\(status)")
        #expect(status.output.contains("render1:/var/lib/jobd, last beat"))
        #expect(status.output.contains("render2:/var/lib/jobd, silent for "))
    }
}
