import Glibc
import JSON
import SQL
import Scratch
import Testing

@Suite(.enabled(if: SharedServer.isInstalled, "needs PostgreSQL: make test-deps"))
struct MoveStoreTests {
    private let stage = Stage()

    private func moved(_ prepare: (Stage) throws -> Void = { _ in }) throws -> MovedStore {
        for _ in 0..<3 { try stage.enqueue("2 cats") }
        try prepare(stage)
        return try MovedStore(stage, on: SharedServer.ofAllTests.get())
    }

    /// Rows of every table, with whatever a text and a number may be.
    private func fill(_ stage: Stage) throws {
        let file = try stage.connection()
        try file.execute(
            """
            DROP TRIGGER jobs_insert_guard;
            DROP TRIGGER charges_insert_guard;
            DROP TRIGGER links_insert_guard;
            """
        )
        let then = "2026-01-01 00:00:00.000"
        for (number, text) in Self.oddTexts.enumerated() {
            let id = 100 + number
            try file.run(
                """
                INSERT INTO jobs (id, model, input, label, state, request_id, followed_since, submissions,
                    submitted_at, ended_at, error_kind, error_message, remote_status, created_at)
                VALUES (?1, 'm', json_object('prompt', ?2), ?2, 'failed', ?3, ?4, 1, ?4, ?4, 'remote', ?2, ?2,
                    ?4)
                """, id, text, "r\(number)", then)
            try file.run(
                "INSERT INTO events (job_id, at, kind, detail) VALUES (?1, ?2, 'fault', json_array(?3))",
                id, then, text)
            try file.run(
                """
                INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, width,
                    height,
                    duration_s, state, downloaded_at, picked_at, object)
                VALUES (?1, 1, 'image', ?2, ?2, ?3, ?4, ?2, 1, 1, 0.1, 'done', ?5, ?5, 's3://b/' || ?1)
                """, id, text, Int64.max, String(repeating: "a", count: 64), then)
            try file.run(
                """
                INSERT INTO outputs (job_id, position, kind, url, duration_s)
                VALUES (?1, ?2, 'file', 'x', 5e-324)
                """,
                id, Int64.max)
            try file.run("INSERT INTO left_files VALUES (?1, ?2, ?3, ?1)", text, id, Int64.max)
            try file.run("INSERT INTO input_files VALUES (?1, ?2, ?2, ?2)", id, text)
            try file.run("INSERT INTO removed_objects VALUES (?1)", "s3://b/\(text)x")
            try file.run("INSERT INTO marks VALUES (?1, ?2)", text, Int64.min)
            try file.run("INSERT INTO models VALUES (?1, json_object('x', ?1), ?2)", text, then)
            try file.run("INSERT INTO daemon_settings VALUES (?1, ?1)", "x" + text)
            try file.run("INSERT INTO changed_picks VALUES (?1, ?2)", id, number)
            try file.run("INSERT INTO links VALUES (?1, ?2, 1, 'all', ?3, '[1]')", id, text, then)
        }
        for (number, amount) in Self.oddNumbers.enumerated() {
            try file.run(
                """
                INSERT INTO charges (job_id, submission, at, model, estimated_usd, reported_usd, label)
                VALUES (?1, 1, ?2, 'm', ?3, -?3, ?4)
                """, 100 + number, then, amount, number % 2 == 0 ? "cats" : nil)
            try file.run(
                "UPDATE jobs SET priority = ?2, cost_usd = ?3, price_usd = abs(?3) WHERE id = ?1",
                100 + number,
                number % 2 == 0 ? Int64.max : Int64.min, amount)
        }
        try file.run("INSERT INTO pauses VALUES ('hand', ?1, ?2)", Self.oddTexts[0], then)
        try file.execute("UPDATE sqlite_sequence SET seq = 9007199254740993 WHERE name = 'jobs'")
    }

    private static let oddTexts = [
        "it's \"quoted\"", "two\nlines\r\n", "\\N", "\\.", "a\\tb\t\\", "🦊🏳️‍🌈 é e\u{301}", " ", "",
        "\u{FEFF}x\u{FFFF}\u{10FFFF}",
        "\u{1}\u{7F}\u{85}\u{2028}", "NULL", "{\"a\":1}", "$1 ?1 %s ''",
        String(repeating: "long \\ and \n wide 🦊 ", count: 90),
    ]
    private static let oddNumbers = [
        0.1 + 0.2, -0.0, Double.leastNonzeroMagnitude, 1.7976931348623157e308, .infinity, 1e-9,
        123456789.123456789, 1e15, -1e22,
        1.0 / 3,
    ]

    @Test func `every row of every table arrives, whatever it holds`() throws {
        let store = try moved(fill)
        let long = String(repeating: #"\"\\ 🦊\n"#, count: 200_000)
        try stage.connection().run(
            "INSERT INTO jobs (model, input, created_at) VALUES ('m', ?1, '2026-01-01 00:00:00.000')",
            "{\"prompt\":\"\(long)\"}")
        for (name, query) in try store.tables() where name != "daemon_settings" {
            #expect(try stage.connection().first(query) { _ in true } == true, "\(name) has no row")
        }
        let answer = try store.move()
        #expect(answer.code == 0 && answer.errors == "", "\(answer)")
        #expect(try store.differences() == [])
        // Ids go on, and the files are this machine's.
        let next = try stage.jobctl("enqueue", "m", "a=b", "-q", "--no-validate", "--store", store.address)
        #expect(next.output == "9007199254740995\n", "\(next)")
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        #expect(
            try store.target().all("SELECT DISTINCT host, state FROM outputs ORDER BY state") {
                [$0.optionalText(0), $0.text(1)]
            } == [[host, "done"], [nil, "pending"]])
    }

    @Test func `it says what was moved, and what comes next`() throws {
        let store = try moved { try $0.put(2, into: "submitting") }
        let answer = try store.move()
        #expect(answer.code == 0 && answer.errors == "", "\(answer)")
        for words in [
            "moved 3 jobs and 4 other rows to \(store.address)", "1 job that jobd was sending when it ended",
            "\"store\": \"\(store.address)\"",
        ] { #expect(answer.output.contains(words), "\(words): \(answer)") }
        #expect(try store.target().first("SELECT state FROM jobs WHERE id = 2") { $0.text(0) } == "uncertain")
        #expect(try store.differences() == [])
        let again = try store.move("--json").object()
        #expect(again["moved"] == .bool(true))
    }

    @Test func `a dry run moves nothing`() throws {
        let store = try moved()
        let answer = try store.move("--dry-run")
        #expect(answer.code == 0 && answer.output.contains("would move 3 jobs"), "\(answer)")
        #expect(try store.count("jobs") == 0 && stage.jobCount() == 3)
        #expect(try stage.jobctl("list", "-q").lines.count == 3)
        #expect(try stage.jobctl("list", "--store", store.address).code == 0)
        let object = try store.move("--dry-run", "--json").object()
        #expect(object["moved"] == .bool(false) && object["rows"]?["jobs"]?.integer == 3)
    }

    @Test func `the old store refuses everyone, and names the new one`() throws {
        let store = try moved()
        let copy = stage.scratch["copy.db"]
        try stage.jobctl("backup", copy)
        #expect(try store.move().code == 0)
        for words in [["list"], ["enqueue", "m", "a=b"], ["pause"], []] {
            let answer = try stage.jobctl(words)
            #expect(answer.code == 69 && answer.errors.contains(store.address), "\(answer)")
        }
        let jobd = try stage.jobd().answer()
        #expect(jobd.code == 69 && jobd.errors.contains(store.address), "\(jobd)")
        let sql = Program.sqlite3(stage.database, "INSERT INTO jobs (model, input) VALUES ('m', '{}')")
        #expect(sql.code != 0 && sql.errors.contains("was moved to postgresql://"), "\(sql)")
        #expect(Program.sqlite3(stage.database, "UPDATE jobs SET state = 'held'").code != 0)
        #expect(Program.sqlite3(stage.database, "SELECT count(*) FROM jobs").output == "3\n")
        let elsewhere = try MovedStore(stage, on: store.server)
        let second = try elsewhere.move()
        #expect(second.code == 69 && second.errors.contains(store.address), "\(second)")
        // The copy of before is a store as any other.
        #expect(try stage.jobctl("restore", copy).code == 0)
        #expect(try stage.jobctl("list", "--state", "held", "-q").lines.count == 3)
        #expect(try store.move().code == 69, "the new store is in use")
    }

    @Test func `what PostgreSQL cannot hold is named before anything moves`() throws {
        let store = try moved {
            try $0.execute(
                """
                UPDATE jobs SET remote_status = CAST(x'C3' AS TEXT) WHERE id = 2;
                UPDATE jobs SET error_message = 'a' || char(0) || 'b' WHERE id = 3;
                INSERT INTO daemon_settings VALUES ('x', CAST(x'EDA080' AS TEXT));
                """)
        }
        for options in [["--dry-run"], []] {
            let answer = try stage.jobctl(["move-store", store.address] + options)
            #expect(answer.code == 65, "\(answer)")
            for words in [
                "jobs 2: remote_status is not valid UTF-8", "jobs 3: error_message holds a NUL",
                "daemon_settings x: value is not valid UTF-8",
            ] { #expect(answer.errors.contains(words), "\(words): \(answer)") }
        }
        #expect(try stage.jobctl("list", "-q").lines.count == 3)
        #expect(try stage.jobctl("list", "--store", store.address).code == 0, "it is open and empty")
    }

    @Test func `a row that the new store refuses is named, and nothing has moved`() throws {
        let store = try moved { stage in
            let label = (0..<3000).map { _ in "0123456789abcdef".randomElement().map(String.init) ?? "" }
            try stage.connection().run("UPDATE jobs SET label = ?1 WHERE id = 2", label.joined())
        }
        let answer = try store.move()
        #expect(answer.code == 65 && answer.errors.contains("jobs 2 cannot be moved: "), "\(answer)")
        #expect(try stage.jobctl("list", "-q").lines.count == 3)
        #expect(try stage.jobctl("enqueue", "m", "a=b", "--store", store.address).code == 0, "as before")
    }

    @Test func `jobs to send with local files need a storage`() throws {
        let store = try moved { stage in
            try stage.execute(
                """
                INSERT INTO input_files
                VALUES (2, '$.images[0]', 'x.png', NULL), (3, '$.images[0]', 'x.png', NULL)
                """)
            try stage.put(3, into: "completed")
        }
        let answer = try store.move()
        #expect(answer.code == 65 && answer.errors.contains("could not send: 2; "), "\(answer)")
        #expect(answer.errors.contains("storage.url"))
        #expect(try stage.jobCount() == 3 && store.count("jobs") == 0)
        let storage = try store.move("--set", "storage.url=s3://bucket")
        #expect(storage.code == 0, "\(storage)")
        #expect(try store.differences() == [])
    }

    @Test func `a target that is not ready is refused, and nothing changes`() throws {
        let store = try moved()
        let bare = try store.server.database()
        let noSchema = try stage.jobctl("move-store", store.server.address(bare))
        #expect(noSchema.code == 69 && noSchema.errors.contains("jobctl migrate"), "\(noSchema)")
        #expect(try stage.jobctl("enqueue", "m", "a=b", "--store", store.address).code == 0)
        let used = try store.move()
        #expect(used.code == 69 && used.errors.contains("not empty: it has jobs"), "\(used)")
        let leased = try MovedStore(stage, on: store.server)
        try leased.target().execute(
            """
            INSERT INTO daemons (host, state_dir, lease_until)
            VALUES ('far', '/x', now() + interval '1 minute')
            """
        )
        let busy = try leased.move()
        #expect(busy.code == 69 && busy.errors.contains("a jobd on far uses"), "\(busy)")
        let guest = try MovedStore(stage, on: store.server)
        try store.server.query("CREATE ROLE guest_of_\(guest.name) LOGIN")
        try guest.target().execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest_of_\(guest.name)")
        let denied = try stage.jobctl(
            "move-store",
            "postgresql:///\(guest.name)?host=\(store.server.folder)&user=guest_of_\(guest.name)")
        #expect(denied.code == 77 && denied.errors.contains("only postgres"), "\(denied)")
        #expect(try stage.jobctl("move-store", "nonsense").code == 78)
        #expect(try stage.jobctl("move-store").code == 64)
        try stage.hold()
        let running = try guest.move()
        #expect(running.code == 69 && running.errors.contains("pid \(getpid())"), "\(running)")
        #expect(try stage.jobCount() == 3 && guest.count("jobs") == 0)
    }

    @Test func `a store that jobs are moved into refuses everyone but the same move`() throws {
        let store = try moved()
        try store.target().execute(
            """
            INSERT INTO daemon_settings (name, value)
            VALUES ('store_state', 'arriving'), ('store_source', 'far:/var/lib/jobd')
            """)
        for words in [["list"], ["enqueue", "m", "a=b"], ["migrate", "--dry-run"], ["pause"]] {
            let answer = try stage.jobctl(words + ["--store", store.address])
            let isRefused = answer.code == 69 && answer.errors.contains("far:/var/lib/jobd")
            #expect(isRefused != (words[0] == "migrate"), "\(answer)")
        }
        let jobd = try stage.jobd(options: ["--store", store.address]).answer()
        #expect(jobd.code == 69 && jobd.errors.contains("move-store"), "\(jobd)")
        let other = try store.move()
        #expect(other.code == 69 && other.errors.contains("far:/var/lib/jobd"), "\(other)")
    }

    @Test func `whenever it is killed, the same command finishes it`() throws {
        for round in 0..<10 {
            let stage = Stage()
            for _ in 0..<3 { try stage.enqueue("2 cats") }
            try fill(stage)
            let store = try MovedStore(stage, on: SharedServer.ofAllTests.get())
            // Shorter and shorter, so that most are killed on the way.
            for pause in [60, 40, 20].map({ $0 + round * 5 }) {
                let program = try stage.start(["move-store", store.address])
                usleep(UInt32(pause) * 1000)
                program.end()
                let usable = try [["list"], ["list", "--store", store.address]].filter {
                    try stage.jobctl($0).code == 0 && (stage.jobCount() > 0)
                }
                let isTarget = try store.count("jobs") > 0
                #expect(usable.count < 2 || !isTarget, "both are usable")
            }
            let answer = try store.move()
            #expect(answer.code == 0, "\(answer)")
            #expect(try store.differences() == [])
            #expect(try stage.jobctl("list", "-q", "--limit", "1", "--store", store.address).code == 0)
            #expect(try stage.jobctl("list").code == 69)
        }
    }

    @Test func `a server that dies in between changes nothing`() throws {
        let server = try SharedServer()
        for round in 0..<4 {
            let stage = Stage()
            try stage.enqueue("2 cats")
            try fill(stage)
            let store = try MovedStore(stage, on: server)
            let program = try stage.start(["move-store", store.address])
            usleep(UInt32(40 + 30 * round) * 1000)
            server.kill()
            // While one of its processes lives, it does not start anew.
            try eventually("the server is back") { (try? server.start()) != nil }
            let code = try program.exitCode()
            #expect(code == 0 || code == 69, "\(program.errors)")
            if code == 69 {
                #expect(
                    program.errors.contains("jobctl: the shared store cannot be reached"), "\(program.errors)"
                )
            }
            #expect(try store.move().code == 0)
            #expect(try store.differences() == [])
        }
    }

    @Test func `jobd on the new store goes on where the old one was`() async throws {
        let stage = try await Stage.simulated("--run", "2s")
        for number in 0..<3 { try await stage.enqueue("fox \(number)") }
        let jobd = try stage.jobd()
        try await eventually("all are sent") { try stage.jobCount(where: "request_id IS NOT NULL") == 3 }
        jobd.end()
        try await stage.enqueue("a later one")
        let store = try MovedStore(stage, on: SharedServer.ofAllTests.get())
        #expect(try store.move().code == 0)
        let after = try await stage.jobd(options: ["--store", store.address, "--drain"]).answer()
        #expect(after.code == 0, "\(after)")
        #expect(
            try store.target().all("SELECT state, submissions FROM jobs") { "\($0.text(0)) \($0.integer(1))" }
                == Array(repeating: "completed 1", count: 4))
        #expect(try await stage.statistics()["accepted"]?.integer == 4)
    }
}
