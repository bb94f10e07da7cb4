import Glibc
import JSON
import Scratch
import Testing

/// The program `jobd` itself: how it starts, what it refuses, and how it ends.
@Suite(.serialized) struct ProgramTests {
    @Test func `a second one on the same directory names the first`() async throws {
        let stage = try await Stage.simulated()
        let first = try stage.jobd()
        try await first.says("runs on")
        let second = try stage.jobd()
        #expect(try await second.exitCode() == 69)
        #expect(second.errors.contains("pid \(first.pid)"))
        #expect(!first.hasEnded)
    }

    @Test func `what only the start needed of the program leaves the memory`() async throws {
        let stage = try await Stage.simulated()
        let jobd = try stage.jobd()
        try await jobd.says("runs on")
        try await eventually("\(FileOnDisk.content("/proc/\(jobd.pid)/status"))") {
            guard let all = jobd.memory("VmHWM"), let own = jobd.memory("RssAnon"),
                let program = jobd.memory("RssFile")
            else { return false }
            return program * 4 < (all - own) * 3
        }
        try await stage.enqueue()
        try await stage.wait(for: 1, toBe: "completed")
    }

    @Test func `drain ends if everything left waits for a person`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:500;times=1")
        try await stage.enqueue("doubted")
        try await stage.enqueue("held", "--hold")
        try await stage.enqueue("later", "--not-before", "1h")
        try await stage.enqueue("done")
        try await stage.drain("max_submitting=1")
        #expect(
            try stage.texts("SELECT state FROM jobs ORDER BY id") == [
                "uncertain", "held", "queued", "completed",
            ])
    }

    @Test func `drain waits for what is to be tried again`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:429;times=3", "--fault", "file:500;times=3")
        try await stage.enqueue()
        try await stage.drain()
        #expect(try stage.state(of: 1) == "completed")
    }

    @Test func `drain ends if submissions are paused by hand and fetches first`() async throws {
        let stage = try await Stage.simulated("--queue", "300ms")
        try await stage.enqueue("on its way")
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_queue")
        _ = try await jobd.exitCode(after: SIGKILL)
        try await stage.enqueue("waits")
        try await stage.jobctl("pause")
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs ORDER BY id") == ["completed", "queued"])
    }

    @Test(arguments: ["submit:401", "submit:402", "token:reject"])
    func `drain ends with 77 if the account is refused`(fault: String) async throws {
        let stage = try await Stage.simulated("--fault", fault)
        try await stage.enqueue()
        let jobd = try await stage.drain(code: 77)
        #expect(jobd.errors.contains("HTTP 40"))
        #expect(try stage.state(of: 1) == "queued")
    }

    @Test func `drain ends with 77 if even what is followed is refused`() async throws {
        let stage = try await Stage.simulated("--queue", "1h")
        try await stage.enqueue()
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_queue")
        _ = try await jobd.exitCode(after: SIGTERM)
        try await stage.setFaults("token:reject")
        try await stage.drain(code: 77)
        #expect(try stage.state(of: 1) == "in_queue")
    }

    @Test func `drain does not wait for a model that may not be sent`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue()
        try await stage.drain(#"models={"bytedance/*":{"max_in_flight":0}}"#)
        #expect(try stage.state(of: 1) == "queued")
    }

    @Test func `without a token drain and check end with 77`() async throws {
        let stage = try await Stage.simulated()
        for option in ["--drain", "--check"] {
            let jobd = try stage.jobd(options: [option], environment: ["RUNCOMFY_TOKEN": ""])
            #expect(try await jobd.exitCode() == 77, "\(option)")
            #expect(jobd.errors.contains("token"))
        }
    }

    @Test func `check says what it found and touches nothing`() async throws {
        let stage = try await Stage.simulated()
        let empty = try stage.jobd(options: ["--check"])
        #expect(try await empty.exitCode() == 0, "\(empty.errors)")
        #expect(empty.output.contains("not there yet") && !empty.output.contains(Stage.token))
        #expect(FileOnDisk(stage.state) == nil)
        try await stage.enqueue()
        let there = try stage.jobd(options: ["--check"])
        #expect(try await there.exitCode() == 0)
        #expect(there.output.contains("schema") && there.output.contains("$RUNCOMFY_TOKEN"))
        #expect(try stage.state(of: 1) == "queued")
    }

    private static let commandLines: [(options: [String], code: Int32)] = [
        (["--nonsense"], 64), (["operand"], 64), (["--set"], 64), (["--set", "max_in_flihgt=1"], 78),
        (["--set", "max_in_flight=0"], 78), (["--set", "poll.min=soon"], 78), (["--set", "nothing"], 64),
        (["--set", "api_url=http://example.com"], 78), (["--config", "/nowhere/config.json"], 66),
        (["--set", "output_name={nonsense}"], 78), (["--help"], 0), (["--version"], 0),
    ]

    @Test(arguments: commandLines)
    func `a wrong command line is refused with its code`(options: [String], code: Int32) async throws {
        let stage = Stage()
        let jobd = try stage.start(options, program: "jobd")
        #expect(try await jobd.exitCode() == code)
        #expect((code == 0 ? jobd.output : jobd.errors).isEmpty == false)
        if options.last == "max_in_flihgt=1" { #expect(jobd.errors.contains("max_in_flight")) }
    }

    @Test(arguments: ["--config", "--state-dir", "--set"])
    func `a newline in what jobd is told starts no line of the log`(option: String) async throws {
        let stage = Stage()
        let jobd = try stage.start([option, "/dev/null/x\nforged: line"], program: "jobd")
        #expect(try await jobd.exitCode() != 0)
        #expect(jobd.errors.contains(#"/dev/null/x\nforged: line"#), "\(jobd.errors)")
        #expect(!jobd.errors.split(separator: "\n").contains { $0.hasPrefix("forged") }, "\(jobd.errors)")
    }

    @Test func `the configuration file is read again and a faulty one changes nothing`() async throws {
        let stage = try await Stage.simulated()
        let file = stage.file(
            "config.json", #"{"models": {"bytedance/*": {"max_in_flight": 0}}, /* none */ }"#)
        try await stage.enqueue()
        let jobd = try stage.jobd(options: ["--config", file])
        try await jobd.says("runs on")
        FileOnDisk.write(#"{"max_in_flight": "many"}"#, to: file)
        jobd.signal(SIGHUP)
        try await jobd.says("stays as it was")
        #expect(jobd.errors.contains("max_in_flight"))
        #expect(try stage.state(of: 1) == "queued")
        FileOnDisk.write("{}", to: file)
        jobd.signal(SIGHUP)
        try await stage.wait(for: 1, toBe: "completed")
    }

    /// What is in flight counts by the limits as they are now, also when it left under others.
    @Test func `limits that a reload changes count what is in flight`() async throws {
        let stage = try await Stage.simulated("--queue", "1500ms", "--run", "0")
        let file = stage.file("config.json", #"{"max_in_flight": 2}"#)
        for number in 1...5 { try await stage.enqueue("fox \(number)") }
        let jobd = try stage.jobd(options: ["--config", file])
        try await eventually("two are there") { try stage.jobCount("in_queue") == 2 }
        FileOnDisk.write(#"{"models": {"bytedance/*": {"max_in_flight": 3}}}"#, to: file)
        jobd.signal(SIGHUP)
        #expect(try await stage.mostInFlight() == 3)
    }

    @Test func `it leaves nothing in the log file of the database and no socket`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue()
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "completed")
        #expect(try await jobd.exitCode(after: SIGINT) == 0)
        #expect((FileOnDisk(stage.state + "/jobs.db-wal")?.size ?? 0) == 0)
        #expect(FileOnDisk(stage.state + "/wake") == nil)
        #expect(Program.sqlite3(stage.database, "PRAGMA integrity_check").output == "ok\n")
    }
}
