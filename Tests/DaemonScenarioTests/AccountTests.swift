import Glibc
import JSON
import Scratch
import Testing

/// Faults of the account: submissions pause and say why, no job is lost, and it heals without a restart.
@Suite(.serialized) struct AccountTests {
    private func pause(_ stage: Stage) async throws -> String? {
        try await stage.overview()["pauses"]?.array?.first?["reason"]?.string
    }

    @Test(arguments: [
        ("submit:401", "token"), ("submit:403", "token"), ("submit:402", "balance"),
        ("submit:no-balance", "balance"), ("submit:no-balance;as=400", "balance"),
        ("token:reject;as=400", "token"), ("token:reject;as=401", "token"), ("token:reject;as=403", "token"),
        ("submit:200-error-400002", "balance"), ("submit:200-error-400004", "token"),
        ("submit:401;body=none", "token"), ("submit:402;body=none", "balance"),
        ("submit:html-403", "token"),
    ])
    func `a refused account pauses and heals by itself`(fault: String, reason: String) async throws {
        let stage = try await Stage.simulated("--fault", fault)
        for number in 1...3 { try await stage.enqueue("fox \(number)") }
        let jobd = try stage.jobd()
        try await eventually("it is paused for the \(reason)") { try await pause(stage) == reason }
        let overview = try await stage.overview()
        #expect(overview["pauses"]?.array?.first?["detail"]?.string?.isEmpty == false)
        #expect(overview["attention"]?.array?.isEmpty == false)
        #expect(try stage.jobCount(where: "state IN ('queued', 'submitting')") == 3)
        #expect(try stage.number("SELECT sum(submissions) FROM jobs") == 0)
        try await stage.setFaults()
        try await stage.waitUntilAllAre("completed")
        #expect(try await pause(stage) == nil)
        #expect(try await stage.accepted() == 3)
        #expect(!jobd.errors.contains(Stage.token))
    }

    @Test func `an empty balance heals by paying in`() async throws {
        let stage = try await Stage.simulated("--balance", "0.05")
        for number in 1...3 { try await stage.enqueue("fox \(number)") }
        try stage.jobd()
        try await eventually("it is paused for the balance") { try await pause(stage) == "balance" }
        let accepted = try await stage.accepted() ?? 0
        #expect(accepted < 3)
        _ = try await stage.ask("/_sim/balance?usd=10", posting: "")
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.accepted() == 3)
    }

    @Test func `resume tries at once`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:402")
        try await stage.enqueue()
        try stage.jobd("retry.min=1h", "retry.max=1h")
        try await eventually("it is paused") { try await pause(stage) == "balance" }
        try await stage.setFaults()
        try await stage.jobctl("resume")
        try await stage.waitUntilAllAre("completed")
    }

    @Test func `without a token it starts and says so and takes one from a reload`() async throws {
        let stage = try await Stage.simulated()
        let file = stage.file("token", "")
        try await stage.enqueue()
        let jobd = try stage.jobd("token_file=\(file)", environment: ["RUNCOMFY_TOKEN": ""])
        try await eventually("it is paused for the token") { try await pause(stage) == "token" }
        #expect(try stage.jobCount("queued") == 1)
        FileOnDisk.write("wrong-token\n", to: file)
        jobd.signal(SIGHUP)
        try await eventually("the wrong one was tried") {
            try await stage.posts() ?? 0 >= 0 && jobd.errors.contains("HTTP 401")
        }
        #expect(try await pause(stage) == "token")
        FileOnDisk.write(Stage.token + "\n", to: file)
        jobd.signal(SIGHUP)
        try await stage.waitUntilAllAre("completed")
        #expect(try await pause(stage) == nil)
        #expect(jobd.errors.contains("read again; the token is new, from \(file)"))
        jobd.signal(SIGHUP)
        try await jobd.says("read again; the token is the same")
        FileOnDisk.write("", to: file)
        jobd.signal(SIGHUP)
        try await jobd.says("read again; there is no token any more")
        #expect(!jobd.errors.contains(Stage.token) && !jobd.errors.contains("wrong-token"))
    }

    @Test func `a token that is refused while jobs are followed loses none`() async throws {
        let stage = try await Stage.simulated("--queue", "200ms", "--run", "200ms")
        let id = try await stage.enqueue()
        try stage.jobd()
        try await stage.wait(for: id, toBe: "in_queue")
        try await stage.setFaults("token:reject")
        try await eventually("it is paused for the token") { try await pause(stage) == "token" }
        #expect(try stage.jobCount(where: "ended_at IS NULL") == 1)
        try await stage.setFaults()
        try await stage.wait(for: id, toBe: "completed")
        // Nothing waits to be sent, and yet the pause ends: the looks were answered.
        try await eventually("the pause is over") { try await pause(stage) == nil }
        #expect(try await stage.accepted() == 1)
    }

    @Test func `the token is nowhere`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:401;times=1", "--fault", "result:echo")
        let id = try await stage.enqueue("a fox [[fault: file:404;times=1]]")
        let jobd = try stage.jobd()
        try await jobd.says("runs on")
        let command = FileOnDisk.text("/proc/\(jobd.pid)/cmdline") ?? ""
        #expect(command.contains("api-url") && !command.contains(Stage.token))
        try await stage.wait(for: id, toBe: "completed")
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        let found = Program.run(
            "grep", "-rlaF", "--exclude=*-jobsim.*", "--exclude-dir=simulator", Stage.token,
            stage.scratch.path,
        )
        #expect(found.output.isEmpty && found.code == 1, "\(found.output)")
        #expect(try await stage.statistics()["tokens_at_files"]?.integer == 0)
        // The path of an output's URL encodes the account.
        #expect(!jobd.errors.contains("/files/"))
    }
}
