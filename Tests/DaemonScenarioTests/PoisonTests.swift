import JSON
import Scratch
import Testing

/// One job that is refused in the account's name, while others pass: the fault is its own, and holds up
/// nobody.
@Suite(.serialized) struct PoisonTests {
    /// Enqueues a job whose prompt the service refuses as if the account were at fault.
    private func poison(_ stage: Stage, _ fault: String = "submit:html-403", priority: Int = 9) async throws
        -> Int64
    { try await stage.enqueue("a bad fox [[fault: \(fault)]]", "--priority", "\(priority)") }

    /// Enqueues plain jobs in one go.
    private func good(_ stage: Stage, _ count: Int) throws {
        try stage.execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO jobs (model, input)
            SELECT '\(Stage.sequential)', '{"text":"fox ' || i || '","sequential_image_generation_options":1}' FROM n
            """)
    }

    private func sendings(_ stage: Stage, of id: Int64) throws -> Int64 {
        try stage.number("SELECT count(*) FROM events WHERE kind = 'submitting' AND job_id = \(id)")
    }

    private func expectBlamed(_ stage: Stage, _ id: Int64, _ answer: String) async throws {
        try await stage.wait(for: id, toBe: "failed")
        #expect(try stage.text("SELECT error_kind FROM jobs WHERE id = \(id)") == "input")
        let message = try stage.text("SELECT error_message FROM jobs WHERE id = \(id)") ?? ""
        #expect(message.contains(answer), "\(message)")
        #expect(try sendings(stage, of: id) <= 5)
        try await eventually("the pause is over") { try stage.number("SELECT count(*) FROM pauses") == 0 }
    }

    @Test(arguments: [
        ("submit:html-403", 4, 4, "HTTP 403"), ("submit:402", 1, 1, "HTTP 402"),
        ("submit:403", 2, 1, "HTTP 403"), ("submit:200-error-400004", 3, 4, "HTTP 200"),
    ])
    func `one poison job fails and all others pass`(
        fault: String, inFlight: Int, submitting: Int, answer: String
    )
        async throws
    {
        let stage = try await Stage.simulated()
        let bad = try await poison(stage, fault)
        try good(stage, 12)
        let jobd = try stage.jobd("max_in_flight=\(inFlight)", "max_submitting=\(submitting)")
        try await expectBlamed(stage, bad, answer)
        try await stage.waitUntilAllAre("completed", "failed")
        #expect(try stage.jobCount("completed") == 12)
        #expect(try await stage.accepted() == 12)
        #expect(jobd.errors.contains("job \(bad)"), "\(jobd.errors)")
    }

    @Test func `several poison jobs at the head fail and all others pass`() async throws {
        let stage = try await Stage.simulated()
        var bad: [Int64] = []
        for _ in 1...5 { bad.append(try await poison(stage, "submit:402")) }
        try good(stage, 16)
        try stage.jobd("max_submitting=1")
        for id in bad { try await expectBlamed(stage, id, "HTTP 402") }
        try await stage.waitUntilAllAre("completed", "failed")
        #expect(try stage.jobCount("failed") == 5)
    }

    @Test func `a single good job is enough to blame the other for a token fault`() async throws {
        // It runs for as long as this takes: the looks at it show that the token is good.
        let stage = try await Stage.simulated("--run", "120s")
        let bad = try await poison(stage)
        try stage.jobd("max_submitting=4")
        try await eventually("it was refused") { try stage.number("SELECT count(*) FROM pauses") == 1 }
        try good(stage, 1)
        try await stage.wait(for: bad, toBe: "failed")
        #expect(try stage.text("SELECT error_kind FROM jobs WHERE id = \(bad)") == "input")
        try await eventually("the pause is over") { try stage.number("SELECT count(*) FROM pauses") == 0 }
    }

    @Test func `a service that refuses every submission costs no job its life though looks are answered`()
        async throws
    {
        let stage = try await Stage.simulated("--run", "120s")
        try await stage.enqueue("runs")
        let jobd = try stage.jobd("max_submitting=2")
        try await stage.wait(for: 1, toBe: "in_progress")
        try await stage.setFaults("submit:html-403")
        try good(stage, 4)
        try await eventually("each was tried several times") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'submitting'") > 25
        }
        #expect(try stage.jobCount("failed") == 0, "\(jobd.errors)")
        try await stage.setFaults([])
        try await eventually("all are taken") { try stage.jobCount(where: "request_id IS NULL") == 0 }
    }

    @Test func `where only poison is left it is the account as far as anyone knows`() async throws {
        let stage = try await Stage.simulated()
        let bad = try await poison(stage)
        let other = try await poison(stage)
        try stage.jobd("max_submitting=1")
        try await eventually("both were tried several times") {
            try sendings(stage, of: bad) > 2 && sendings(stage, of: other) > 2
        }
        #expect(try stage.jobCount("failed") == 0)
        let detail = try stage.text("SELECT detail FROM pauses WHERE reason = 'token'") ?? ""
        #expect(detail.contains("job \(bad)") || detail.contains("job \(other)"), "\(detail)")
        #expect(detail.contains("HTTP 403"), "\(detail)")
        // Others that come show whose fault it is.
        try good(stage, 6)
        for id in [bad, other] { try await stage.wait(for: id, toBe: "failed") }
        try await stage.waitUntilAllAre("completed", "failed")
    }

    @Test func `an account that is empty now and then costs no job its life`() async throws {
        let stage = try await Stage.simulated("--balance", "0.05")
        try await stage.enqueue()
        try good(stage, 9)
        let jobd = try stage.jobd("max_submitting=2")
        try await eventually("all are completed: \(jobd.errors)") {
            // Enough for one job and a half.
            _ = try await stage.ask("/_sim/balance?usd=0.05", posting: "")
            try await Task.sleep(for: .milliseconds(150))
            return try stage.jobCount("completed") == 10
        }
        #expect(try await stage.accepted() == 10)
    }

    @Test func `a drain does not take one job's fault for the account's`() async throws {
        let stage = try await Stage.simulated()
        let bad = try await poison(stage)
        try good(stage, 6)
        try await stage.drain("max_submitting=1")
        #expect(try stage.state(of: bad) == "failed")
        #expect(try stage.jobCount("completed") == 6)
    }

    @Test func `a restart in the middle loses nothing of that`() async throws {
        let stage = try await Stage.simulated()
        let bad = try await poison(stage)
        try good(stage, 6)
        let first = try stage.jobd("max_submitting=1", "retry.min=1h", "retry.max=1h")
        try await eventually("it is paused") { try stage.text("SELECT reason FROM pauses") == "token" }
        _ = try await first.exitCode(after: 9)
        try stage.jobd("max_submitting=1")
        try await expectBlamed(stage, bad, "HTTP 403")
        try await stage.waitUntilAllAre("completed", "failed")
        #expect(try await stage.accepted() == 6)
    }
}
