import Glibc
import JSON
import SQL
import Scratch
import Testing

/// Several jobds on one store in a real PostgreSQL server.
@Suite(.enabled(if: SharedServer.isTested)) struct SharedStoreTests {
    /// A jobd with a state directory of its own.
    private static func jobd(_ name: String, of stage: Stage, _ settings: String...) throws -> Program {
        let settings = settings.flatMap { ["--set", $0] }
        return try stage.jobd(options: ["--state-dir", stage.scratch[name]] + settings)
    }

    private static func stage(_ options: String...) async throws -> Stage {
        let stage = Stage()
        try await stage.simulate(options)
        try await stage.share()
        return stage
    }

    /// No job ends before the faults are taken back.
    private static let unfinished = "--fault=status:500"

    private static func enqueue(_ count: Int, on stage: Stage, _ more: String...) async throws {
        let lines = (1...count).map { number in
            #"{"model":"\#(Stage.sequential)","input":{"text":"fox \#(number)","#
                + #""sequential_image_generation_options":1}}"#
        }
        let file = stage.file("batch.jsonl", lines.joined(separator: "\n"))
        let answer = try await stage.jobctl(["enqueue", "--batch", file, "-q"] + more)
        #expect(answer.code == 0, "\(answer)")
    }

    /// Lets a lease end now. A jobd that is well renews it at once.
    private static func expire(_ daemon: Int64, _ stage: Stage) throws {
        try stage.execute(
            "UPDATE daemons SET lease_until = clock_timestamp() - interval '1 s' WHERE id = \(daemon)")
    }

    private static func daemon(_ name: String, _ stage: Stage) async throws -> Int64 {
        let query =
            "SELECT max(id) FROM daemons WHERE state_dir = '\(stage.scratch[name])' AND ended_at IS NULL"
        try await eventually("\(name) has a lease") { try stage.number(query) > 0 }
        return try stage.number(query)
    }

    /// The most jobs that were at the service at once.
    private static func mostInFlight(_ stage: Stage) throws -> Int64 {
        try stage.number(
            """
            SELECT max(n) FROM (SELECT count(*) AS n FROM jobs AS a JOIN jobs AS b
                ON b.submitted_at <= a.submitted_at AND coalesce(b.finished_at, '9') > a.submitted_at
                GROUP BY a.id) AS overlapping
            """)
    }

    @Test func `two share the work and its limits, and buy nothing twice`() async throws {
        let stage = try await Self.stage("--run", "400ms")
        try await Self.enqueue(30, on: stage)
        let jobds = try ["a", "b"].map { try Self.jobd($0, of: stage, "max_in_flight=4") }
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.posts() == 30)
        #expect(try Self.mostInFlight(stage) <= 4)
        #expect(try stage.number("SELECT count(DISTINCT host) FROM outputs WHERE host IS NOT NULL") == 1)
        for jobd in jobds { #expect(try await jobd.exitCode(after: SIGTERM) == 0, "\(jobd.errors)") }
        #expect(try stage.number("SELECT count(*) FROM daemons WHERE ended_at IS NULL") == 0)
    }

    @Test func `what a dead one followed is taken over, and never sent again`() async throws {
        let stage = try await Self.stage(Self.unfinished)
        try await Self.enqueue(8, on: stage)
        let first = try Self.jobd("a", of: stage)
        try await eventually("all are sent") { try stage.jobCount(where: "request_id IS NOT NULL") == 8 }
        let id = try await Self.daemon("a", stage)
        first.end()
        let second = try Self.jobd("b", of: stage)
        _ = try await Self.daemon("b", stage)
        try Self.expire(id, stage)
        try await second.says("took over")
        try await stage.setFaults([])
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.posts() == 8)
    }

    @Test func `what a dead one was sending is in doubt after the longest time of a POST`() async throws {
        let stage = try await Self.stage("--fault", "submit:hang")
        try await Self.enqueue(1, on: stage)
        let first = try Self.jobd("a", of: stage)
        try await stage.wait(for: 1, toBe: "submitting")
        let id = try await Self.daemon("a", stage)
        first.end()
        let second = try Self.jobd("b", of: stage)
        try Self.expire(id, stage)
        try await eventually("its lease is over") {
            try stage.number("SELECT count(*) FROM daemons WHERE id = \(id) AND ended_at IS NOT NULL") == 1
        }
        // The answer could still come.
        let renewals = try stage.number("SELECT max(beat) FROM daemons")
        try await eventually("it was renewed") {
            try stage.number("SELECT max(beat) FROM daemons") > renewals + 1
        }
        #expect(try stage.state(of: 1) == "submitting")
        try stage.execute("UPDATE daemons SET lease_until = lease_until - interval '80 s' WHERE id = \(id)")
        try await stage.wait(for: 1, toBe: "uncertain")
        try await second.says("job 1 is uncertain")
        #expect(try await stage.posts() == 1)
    }

    @Test func `one that was frozen sends nothing more, and goes on with what is left to it`() async throws {
        let stage = try await Self.stage(Self.unfinished)
        try await Self.enqueue(4, on: stage)
        let first = try Self.jobd("a", of: stage)
        try await eventually("all are sent") { try stage.jobCount(where: "request_id IS NOT NULL") == 4 }
        let id = try await Self.daemon("a", stage)
        first.signal(SIGSTOP)
        let second = try Self.jobd("b", of: stage)
        try Self.expire(id, stage)
        try await second.says("took over")
        first.signal(SIGCONT)
        try await first.says("others have taken over")
        try await stage.setFaults([])
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.posts() == 4)
        #expect(try stage.number("SELECT count(*) FROM events WHERE kind = 'ended'") == 4)
        #expect(try await Self.daemon("a", stage) > id)
        try await Self.enqueue(6, on: stage)
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.posts() == 10)
    }

    @Test func `a late answer to a deposed one settles the job in doubt`() async throws {
        let stage = try await Self.stage("--fault", "submit:hold")
        try await Self.enqueue(1, on: stage)
        let first = try Self.jobd("a", of: stage, "timeout.answer=1h")
        try await eventually("the POST is on the wire") { try await stage.posts() == 1 }
        let id = try await Self.daemon("a", stage)
        first.signal(SIGSTOP)
        // As if it had been stopped for long enough.
        try stage.execute("UPDATE daemons SET lease_until = '2026-01-01' WHERE id = \(id)")
        let second = try Self.jobd("b", of: stage)
        try await stage.wait(for: 1, toBe: "uncertain")
        first.signal(SIGCONT)
        try await first.says("others have taken over")
        try await stage.setFaults()
        try await stage.wait(for: 1, toBe: "completed")
        #expect(try await stage.posts() == 1)
        #expect(try stage.number("SELECT count(*) FROM charges") == 1)
        withExtendedLifetime((first, second)) {}
    }

    @Test func `its own restart goes on at once`() async throws {
        let stage = try await Self.stage(Self.unfinished)
        try await Self.enqueue(3, on: stage)
        let first = try Self.jobd("a", of: stage)
        try await eventually("all are sent") { try stage.jobCount(where: "request_id IS NOT NULL") == 3 }
        first.end()
        let second = try Self.jobd("a", of: stage)
        try await stage.setFaults([])
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.posts() == 3)
        #expect(!second.errors.contains("took over"), "they were its own")
    }

    @Test func `a server that is killed and comes back is waited out`() async throws {
        let server = try SharedServer()
        let stage = Stage()
        try await stage.simulate(["--run", "500ms"])
        try await stage.share(on: server)
        try await Self.enqueue(10, on: stage)
        let jobd = try Self.jobd("a", of: stage, "max_in_flight=3")
        try await eventually("some are sent") { try stage.jobCount(where: "request_id IS NOT NULL") >= 3 }
        server.kill()
        try await jobd.says("cannot be")
        try server.start()
        try await stage.waitUntilAllAre("completed", "uncertain")
        #expect(!jobd.hasEnded)
        let uncertain = try stage.jobCount("uncertain")
        #expect(try await stage.posts() ?? 0 <= 10 && uncertain <= 4)
    }

    @Test func `budgets hold for all of them together`() async throws {
        let stage = try await Self.stage("--run", "200ms")
        try await Self.enqueue(12, on: stage)
        let price = #"models={"bytedance/seedream*":{"price_usd":0.03}}"#
        let jobds = try ["a", "b", "c"].map {
            try Self.jobd($0, of: stage, price, "budget.total_usd=0.16", "max_in_flight=10")
        }
        try await eventually("five are done") { try stage.jobCount("completed") == 5 }
        for jobd in jobds { #expect(try await jobd.exitCode(after: SIGTERM) == 0) }
        #expect(try await stage.posts() == 5)
        #expect(try stage.jobCount("queued") == 7)
    }

    @Test func `while submissions are paused, one tries whether they can go on`() async throws {
        let stage = try await Self.stage("--fault", "submit:500;times=12")
        try await Self.enqueue(40, on: stage)
        let jobds = try ["a", "b", "c"].map {
            try Self.jobd($0, of: stage, "max_submitting=1", "retry.min=100ms", "retry.max=300ms")
        }
        try await eventually("one probes") {
            try stage.number("SELECT count(*) FROM daemon_settings WHERE name = 'prober'") == 1
        }
        try await stage.waitUntilAllAre("completed", "uncertain")
        #expect(try stage.jobCount("uncertain") == 12)
        try await eventually("the pause is over") { try stage.number("SELECT count(*) FROM pauses") == 0 }
        withExtendedLifetime(jobds) {}
    }

    @Test func `hooks are told once`() async throws {
        let stage = try await Self.stage()
        let told = stage.scratch["told"]
        let hook = stage.file("hook.sh", "#!/bin/sh\ncat >>\(told)\n")
        chmod(hook, 0o755)
        try await Self.enqueue(6, on: stage)
        let jobds = try ["a", "b"].map { try Self.jobd($0, of: stage, #"on_finish=["\#(hook)"]"#) }
        try await stage.waitUntilAllAre("completed")
        try await eventually("all are told") {
            (FileOnDisk.text(told) ?? "").split(separator: "\n").count >= 6
        }
        for jobd in jobds { #expect(try await jobd.exitCode(after: SIGTERM) == 0) }
        #expect((FileOnDisk.text(told) ?? "").split(separator: "\n").count == 6)
    }

    /// What a backup of the database would bring back, put in its place.
    private static func goBack(to copy: String, _ stage: Stage) throws {
        let (server, database) = try #require(stage.shared)
        try server.query("DROP DATABASE \(database) WITH (FORCE)")
        try server.query("ALTER DATABASE \(copy) RENAME TO \(database)")
    }

    @Test func `a store that went back in time is noticed, and nothing is sent again`() async throws {
        let stage = try await Self.stage()
        try await Self.enqueue(1, on: stage)
        let (server, database) = try #require(stage.shared)
        let copy = try server.database(from: database)
        let jobd = try Self.jobd("a", of: stage)
        try await stage.wait(for: 1, toBe: "completed")
        try Self.goBack(to: copy, stage)
        try await stage.wait(for: 1, toBe: "held")
        try await jobd.says("submissions are paused until jobctl resume")
        #expect(try await stage.overview()["pauses"]?.array?.count == 1)
        try await Self.enqueue(1, on: stage)
        try await stage.jobctl("resume")
        try await stage.wait(for: 2, toBe: "completed")
        #expect(try stage.state(of: 1) == "held")
        #expect(try await stage.posts() == 2)
    }

    @Test func `a store that is new to a jobd is no older one`() async throws {
        let stage = try await Self.stage()
        try await Self.enqueue(2, on: stage)
        let first = try Self.jobd("a", of: stage)
        try await stage.waitUntilAllAre("completed")
        #expect(try await first.exitCode(after: SIGTERM) == 0)
        // Not a copy of the one before: made by jobctl migrate.
        try await stage.share(on: SharedServer.ofAllTests.get())
        try await Self.enqueue(1, on: stage)
        let second = try Self.jobd("a", of: stage)
        try await stage.waitUntilAllAre("completed")
        #expect(!second.errors.contains("older"), "\(second.errors)")
    }
}
