import Glibc
import JSON
import SQL
import Scratch
import Testing

/// What old history becomes: by hand, and by the configuration's retention.
@Suite(.serialized) struct CareTests {
    private func files(of stage: Stage) -> [String] {
        Program.run("find", stage.state + "/outputs", "-type", "f").output.split(separator: "\n").map(
            String.init)
    }

    @Test func `files inputs and rows go each on their own`() async throws {
        let stage = try await Stage.completed()
        try await stage.enqueue("left waiting")
        #expect(files(of: stage).count == 6)
        #expect(try await stage.jobctl("prune", "--older-than", "1h", "--files", "--yes").code == 1)

        #expect(try await stage.jobctl("prune", "--older-than", "0s", "--files", "--yes").code == 0)
        #expect(files(of: stage).isEmpty)
        #expect(
            try stage.number("SELECT count(*) FROM outputs WHERE state = 'done' AND removed_at IS NOT NULL")
                == 3)
        #expect(try stage.number("SELECT count(*) FROM files") == 0)
        // What was removed on purpose is not missed.
        #expect(try await stage.jobctl("verify").code == 0)

        #expect(try await stage.jobctl("prune", "--older-than", "0s", "--inputs", "--yes").code == 0)
        #expect(
            try stage.texts("SELECT input FROM jobs WHERE input_removed_at IS NOT NULL") == [
                "{}", "{}", "{}",
            ])
        #expect(
            try stage.texts("SELECT kind FROM events WHERE job_id = 1 ORDER BY id DESC LIMIT 2") == [
                "changed", "changed",
            ])

        #expect(try await stage.jobctl("prune", "--older-than", "0s", "--rows", "--yes").code == 0)
        #expect(try stage.texts("SELECT id || state FROM jobs") == ["4queued"])
        #expect(try stage.number("SELECT count(*) FROM outputs") == 0)
        #expect(try stage.number("SELECT count(DISTINCT job_id) FROM events WHERE job_id IS NOT NULL") == 1)
        // The money is not forgotten, and no id comes again.
        #expect(try stage.number("SELECT count(*) FROM charges") == 3)
        #expect(try await stage.enqueue("the next") == 5)
        #expect(try await stage.jobctl("prune", "--older-than", "0s", "--rows", "--yes").code == 1)
    }

    @Test func `only what was chosen goes`() async throws {
        let stage = try await Stage.completed()
        try await stage.jobctl("set", "2", "--label", "keep")
        try await stage.jobctl("set", "3", "--label", "drop")
        let look = try await stage.jobctl(
            "prune", "--older-than", "0s", "--rows", "--files", "--label", "drop", "-n")
        #expect(look.output == "3\n")
        #expect(look.errors.contains("1 job, 1 file"))
        #expect(try stage.jobCount() == 3)
        let answer = try await stage.jobctl(
            "prune", "--older-than", "0s", "--rows", "--files", "--label", "drop", "--yes", "--json")
        #expect(try JSON(parsing: answer.output)["files"] == .integer(1))
        #expect(try stage.texts("SELECT id FROM jobs") == ["1", "2"])
        #expect(files(of: stage).count == 4)
        #expect(!files(of: stage).contains { $0.contains("000003") })
        #expect(try await stage.jobctl("verify").code == 0)
    }

    @Test(
        arguments: [
            (["--older-than", "0s", "--yes"], 64), (["--rows", "--yes"], 64),
            (["--older-than", "x", "--rows"], 64),
            (["--older-than", "0s", "--rows"], 64), (["1", "--older-than", "0s", "--rows", "--yes"], 64),
            (["--older-than", "0s", "--rows", "--state", "queued", "--yes"], 64),
        ] as [([String], Int32)])
    func `nothing is pruned that was not asked for plainly`(words: [String], code: Int32) async throws {
        let stage = try await Stage.completed(1)
        let program = try stage.start(["prune"] + words)
        #expect(try await program.exitCode() == code, "\(program.errors)")
        #expect(try stage.jobCount() == 1)
        #expect(files(of: stage).count == 2)
    }

    @Test func `files of no job are listed, and those that jobd made are removed when asked`() async throws {
        let stage = try await Stage.completed()
        func foreign() async throws -> [String: String] {
            let lines = try await stage.jobctl("verify", "--foreign", "--json").objects()
            let found = lines.map { ($0["path"]?.string ?? "", $0["origin"]?.string ?? "") }
            return Dictionary(found) { $1 }
        }
        let paths = try stage.texts("SELECT path FROM outputs ORDER BY job_id")
        let outputs = stage.state + "/outputs/"
        let day = String(paths[0].prefix { $0 != "/" })
        #expect(try await foreign() == [:])
        // One is damaged and set aside, one is pruned, one deleted by SQL; and a person has files there.
        rename(outputs + paths[0], outputs + paths[0] + ".damaged")
        #expect(
            try await stage.jobctl("prune", "--older-than", "0s", "--rows", "--yes", "--label", "none").code
                == 1)
        try await stage.jobctl("set", "2", "--label", "drop")
        try await stage.jobctl("prune", "--older-than", "0s", "--rows", "--yes", "--label", "drop")
        #expect(Program.sqlite3(stage.database, "DELETE FROM jobs WHERE id = 3").code == 0)
        #expect(try stage.number("SELECT count(*) FROM outputs WHERE job_id > 1") == 0)
        #expect(try stage.number("SELECT count(*) FROM events WHERE job_id > 1") == 0)
        for name in ["note.txt", "\(day)/000002-9.png", "000009.json", "x.damaged", ".000044-1.part"] {
            FileOnDisk.write("mine", to: outputs + name)
        }
        FileOnDisk.write("part", to: outputs + "\(day)/.000001-1.part")
        let all = try await foreign()
        #expect(
            all == [
                paths[0] + ".damaged": "damaged", paths[1]: "left", "\(day)/000002.json": "left",
                paths[2]: "left", "\(day)/000003.json": "left", "\(day)/.000001-1.part": "temporary",
                "note.txt": "unknown", "\(day)/000002-9.png": "unknown", "000009.json": "unknown",
                "x.damaged": "unknown", ".000044-1.part": "unknown",
            ])
        #expect(try await stage.jobctl("verify", "--foreign", "1").code == 64)
        #expect(try await stage.jobctl("prune", "--foreign", "--rows", "--yes").code == 64)
        // Nobody is there to say yes.
        #expect(try await stage.jobctl("prune", "--foreign").code == 64)
        let look = try await stage.jobctl("prune", "--foreign", "--dry-run")
        #expect(
            look.lines.count == 6
                && look.errors.contains(
                    "kept 5 files that jobd did not make; jobctl verify --foreign lists them"),
            "\(look)")
        #expect(try await foreign() == all)
        // Somebody has changed one of them since.
        FileOnDisk.write("my picture", to: outputs + paths[2])
        let answer = try await stage.jobctl("prune", "--foreign", "--yes", "--json")
        #expect(
            answer.code == 1 && answer.errors.contains("was changed after its job was pruned"), "\(answer)")
        #expect(try answer.object()["files"] == .integer(5) && answer.object()["failed"] == .integer(1))
        #expect(try await foreign().filter { $0.value != "unknown" } == [paths[2]: "left"])
        #expect(FileOnDisk.text(outputs + paths[2]) == "my picture")
        #expect(FileOnDisk.exists(outputs + "\(day)/000001.json"))
        #expect(try stage.texts("SELECT path FROM left_files") == [paths[2]])
        #expect(try await stage.jobctl("prune", "--foreign", "--yes").code == 1)
        unlink(outputs + paths[2])
        #expect(try await stage.jobctl("prune", "--foreign", "--yes").errors.contains("nothing to prune"))
    }

    @Test func `no link is followed out of the outputs`() async throws {
        let stage = try await Stage.completed(1)
        let treasure = stage.scratch["treasure"]
        mkdir(treasure, 0o700)
        let path = try #require(try stage.text("SELECT path FROM outputs"))
        let day = String(path.prefix { $0 != "/" })
        let name = String(path.dropFirst(day.count + 1))
        FileOnDisk.write("precious", to: treasure + "/" + name)
        rename(stage.state + "/outputs/" + day, stage.scratch["moved"])
        symlink(treasure, stage.state + "/outputs/" + day)
        let answer = try await stage.jobctl("prune", "--older-than", "0s", "--files", "--rows", "--yes")
        #expect(answer.code == 1 && answer.errors.contains("symbolic link"), "\(answer)")
        #expect(FileOnDisk.text(treasure + "/" + name) == "precious")
        // What could not be removed is not forgotten either.
        #expect(try stage.number("SELECT count(*) FROM outputs WHERE removed_at IS NULL") == 1)
    }

    @Test func `a path outside of the outputs is left alone`() async throws {
        let stage = try await Stage.completed(1)
        let outside = stage.file("mine.png", "mine")
        for path in [outside, "../mine.png"] {
            try stage.execute("UPDATE outputs SET path = '\(path)'")
            FileOnDisk.write("mine", to: stage.state + "/mine.png")
            #expect(try await stage.jobctl("prune", "--older-than", "0s", "--files", "--yes").code == 1)
            #expect(FileOnDisk.text(outside) == "mine")
            #expect(FileOnDisk.text(stage.state + "/mine.png") == "mine")
        }
    }

    @Test func `a pruned input is never submitted again`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: result:failed]]")
        try await stage.drain()
        #expect(try await stage.jobctl("prune", "--older-than", "0s", "--inputs", "--yes").code == 0)
        let answer = try await stage.jobctl("retry", String(id))
        #expect(answer.code == 1)
        #expect(answer.errors.contains("pruned") && answer.errors.contains("jobctl enqueue"), "\(answer)")
        // Nor by a person with sqlite3.
        let byHand = Program.sqlite3(
            stage.database,
            """
            UPDATE jobs SET state = 'queued', ended_at = NULL, error_kind = NULL, request_id = NULL,
                followed_since = NULL, submitted_at = NULL
            """)
        #expect(byHand.code != 0)
        #expect(try await stage.accepted() == 1)
    }

    @Test func `retention does it by itself`() async throws {
        let stage = try await Stage.completed()
        let folder = stage.file("config.json", #"{"retention": {"files": "1s", "inputs": "1s"}}"#)
        try await eventually("a second has gone by") {
            try stage.jobCount(where: "julianday('now') - julianday(ended_at) > 1.5 / 86400") == 3
        }
        let waiting = try await stage.enqueue("waits", "--hold")
        #expect(try await stage.jobctl("search", "fox", "-q").output == "3\n2\n1\n")
        let jobd = try stage.jobd(options: ["--config", folder])
        try await eventually("the files are gone") { files(of: stage).isEmpty }
        try await eventually("the inputs are gone") { try stage.jobCount(where: "input = '{}'") == 3 }
        try await eventually("their words are gone from what search knows") {
            Program.run("grep", "-qa", "fox", stage.state + "/search.db").code == 1
        }
        #expect(try stage.jobCount() == 4)
        FileOnDisk.write(#"{"retention": {"rows": "1s"}}"#, to: folder)
        jobd.signal(SIGHUP)
        try await eventually("the rows are gone") {
            try stage.texts("SELECT id FROM jobs") == [String(waiting)]
        }
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(jobd.errors.contains("retention: forgot 3 jobs"))
    }

    @Test func `metrics are what prometheus reads`() async throws {
        let stage = try await Stage.simulated()
        let path = stage.scratch["jobd.prom"]
        try await stage.enqueue()
        let failing = try await stage.enqueue("a fox [[fault: result:failed]]")
        let jobd = try stage.jobd("metrics_file=\(path)")
        try await stage.wait(for: failing, toBe: "failed")
        try await stage.wait(for: 1, toBe: "completed")
        try await eventually("the ends are counted") {
            let page = FileOnDisk.text(path) ?? ""
            return page.contains("jobd_jobs_ended_total{state=\"completed\",error_kind=\"\"} 1\n")
                && page.contains("jobd_jobs_ended_total{state=\"failed\",error_kind=\"remote\"} 1\n")
        }
        let page = try #require(FileOnDisk.text(path))
        #expect(page.contains("\njobd_up 1\n"))
        #expect(page.contains("\njobd_submissions_total{result=\"accepted\"} 2\n"))
        #expect(page.contains("\njobd_output_files_total 1\n"))
        #expect(page.contains("\njobd_job_run_seconds_count 1\n"))
        #expect(page.contains("\njobd_jobs{state=\"queued\"} 0\n"))
        #expect(FileOnDisk(path)?.mode == 0o644)
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(FileOnDisk.text(path)?.contains("\njobd_up 0\n") == true)
        #expect(FileOnDisk(path + ".new") == nil)
    }

    @Test func `the metrics show money as people write it`() async throws {
        let stage = try await Stage.completed()
        // Three times 0.1 is 0.30000000000000004 in binary.
        try stage.connection().execute("UPDATE charges SET reported_usd = 0.1")
        let path = stage.scratch["jobd.prom"]
        try stage.jobd("metrics_file=\(path)")
        try await eventually("the metrics are there") { FileOnDisk.text(path) != nil }
        #expect(FileOnDisk.text(path)?.contains("\njobd_spent_today_usd 0.3\n") == true)
    }

    @Test func `the doctor names what is wrong and ends with one`() async throws {
        let stage = try await Stage.completed(1)
        func look(_ words: String...) async throws -> (code: Int32, verdicts: [String: String], text: String)
        {
            let program = try stage.start(
                ["doctor", "--json"] + words, environment: ["RUNCOMFY_TOKEN": Stage.token])
            let code = try await program.exitCode()
            var verdicts: [String: String] = [:]
            for line in program.output.split(separator: "\n") {
                let json = try JSON(parsing: line)
                verdicts[json["check"]?.string ?? ""] = json["verdict"]?.string
            }
            return (code, verdicts, program.output)
        }
        let well = try await look("--balance", "--api-url", stage.url)
        #expect(well.code == 0, "\(well.text)")
        for check in ["configuration", "state", "file system", "space", "database", "token", "balance"] {
            #expect(well.verdicts[check] == "ok", "\(check): \(well.text)")
        }
        #expect(well.verdicts["jobd"] == "warning")
        #expect(well.verdicts["sqlite"] == "ok" && well.verdicts["log"] == nil)
        #expect(!well.text.contains(Stage.token))

        try await stage.setFaults("token:reject")
        #expect(try await look("--online", "--api-url", stage.url).verdicts["token"] == "fault")
        // Nobody is asked who was not to be asked.
        #expect(try await look("--api-url", stage.url).verdicts["token"] == "ok")
        #expect(try await look("--set", "max_in_flight=0").verdicts["configuration"] == "fault")

        chmod(stage.state, 0o755)
        let open = try await look()
        #expect(open.code == 1)
        #expect(open.verdicts["state"] == "fault")
        chmod(stage.state, 0o700)

        let jobd = try stage.jobd("min_free=900TiB")
        try await eventually("jobd runs") { try await look().verdicts["jobd"] == "ok" }
        // By the configuration of the running jobd, unless another is named.
        #expect(try await look().verdicts["space"] == "fault")
        #expect(try await look("--set", "min_free=0").verdicts["space"] == "ok")
        jobd.end()
        FileOnDisk.write("no database at all, but some text in its place", to: stage.database)
        let damaged = try await look()
        #expect(damaged.code == 1)
        #expect(damaged.verdicts["database"] == "fault")
    }

    @Test func `a check warns of prices that a budget cannot see`() async throws {
        let stage = try await Stage.completed(1)
        try await stage.jobctl("enqueue", "some/model", "a=b")
        let quiet = try stage.jobd(options: ["--check"])
        #expect(try await quiet.exitCode() == 0)
        #expect(!quiet.errors.contains("price"))
        let warned = try stage.jobd("budget.day_usd=1", options: ["--check"])
        #expect(try await warned.exitCode() == 0)
        #expect(warned.errors.contains("some/model"))
        let told = try stage.jobd("budget.day_usd=1", "models.*.price_usd=0.1", options: ["--check"])
        #expect(try await told.exitCode() == 0)
        #expect(!told.errors.contains("some/model"), "\(told.errors)")
    }
}
