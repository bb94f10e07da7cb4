import Glibc
import JSON
import Scratch
import Testing

/// The program `jobd` itself: how it starts, what it refuses, and how it ends.
@Suite(.serialized) struct ProgramTests {
    @Test func aSecondOneOnTheSameDirectoryNamesTheFirst() async throws {
        let stage = try await Stage()
        let first = try stage.jobd()
        try await eventually("it runs") { first.errors.contains("runs on") }
        let second = try stage.jobd()
        #expect(try await second.exitCode() == 69)
        #expect(second.errors.contains("pid \(first.pid)"))
        #expect(!first.hasEnded)
    }

    @Test func drainEndsWhereOnlyPersonsAreLeft() async throws {
        let stage = try await Stage(simulator: "--fault", "submit:500;times=1")
        try await stage.enqueue("doubted")
        try await stage.enqueue("held", "--hold")
        try await stage.enqueue("later", "--not-before", "1h")
        try await stage.enqueue("done")
        let jobd = try stage.jobd("max_submitting=1", options: ["--drain"])
        #expect(try await jobd.exitCode() == 0, "\(jobd.errors)")
        #expect(
            try stage.texts("SELECT state FROM jobs ORDER BY id") == [
                "uncertain", "held", "queued", "completed",
            ])
    }

    @Test func drainWaitsForWhatIsToBeTriedAgain() async throws {
        let stage = try await Stage(simulator: "--fault", "submit:429;times=3", "--fault", "file:500;times=3")
        try await stage.enqueue()
        let jobd = try stage.jobd(options: ["--drain"])
        #expect(try await jobd.exitCode() == 0)
        #expect(try stage.state(of: 1) == "completed")
    }

    @Test func drainEndsAtOnceWherePausedByHandAndFetchesFirst() async throws {
        let stage = try await Stage(simulator: "--queue", "300ms")
        try await stage.enqueue("on its way")
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_queue")
        jobd.signal(SIGKILL)
        _ = try await jobd.exitCode()
        try await stage.enqueue("waits")
        try await stage.jobctl("pause")
        let second = try stage.jobd(options: ["--drain"])
        #expect(try await second.exitCode() == 0)
        #expect(try stage.texts("SELECT state FROM jobs ORDER BY id") == ["completed", "queued"])
    }

    @Test(arguments: ["submit:401", "submit:402", "token:reject"])
    func drainEndsWith77WhereTheAccountStandsInTheWay(fault: String) async throws {
        let stage = try await Stage(simulator: "--fault", fault)
        try await stage.enqueue()
        let jobd = try stage.jobd(options: ["--drain"])
        #expect(try await jobd.exitCode() == 77)
        #expect(jobd.errors.contains("HTTP 40"))
        #expect(try stage.state(of: 1) == "queued")
    }

    @Test func drainEndsWith77WhereEvenWhatIsFollowedIsRefused() async throws {
        let stage = try await Stage(simulator: "--queue", "1h")
        try await stage.enqueue()
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_queue")
        jobd.signal(SIGTERM)
        _ = try await jobd.exitCode()
        try await stage.setFaults("token:reject")
        let second = try stage.jobd(options: ["--drain"])
        #expect(try await second.exitCode() == 77)
        #expect(try stage.state(of: 1) == "in_queue")
    }

    @Test func drainDoesNotWaitForAModelThatMayNotBeSent() async throws {
        let stage = try await Stage()
        try await stage.enqueue()
        let jobd = try stage.jobd(#"models={"bytedance/*":{"max_in_flight":0}}"#, options: ["--drain"])
        #expect(try await jobd.exitCode() == 0)
        #expect(try stage.state(of: 1) == "queued")
    }

    @Test func withoutATokenDrainAndCheckEndWith77() async throws {
        let stage = try await Stage()
        for option in ["--drain", "--check"] {
            let jobd = try stage.jobd(options: [option], environment: ["RUNCOMFY_TOKEN": ""])
            #expect(try await jobd.exitCode() == 77, "\(option)")
            #expect(jobd.errors.contains("token"))
        }
    }

    @Test func checkSaysWhatItFoundAndTouchesNothing() async throws {
        let stage = try await Stage()
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
    func whatIsWrittenWronglyIsSaid(options: [String], code: Int32) async throws {
        let stage = try Stage(in: ScratchDirectory())
        let jobd = try Program(
            "jobd", options, environment: stage.environment, record: stage.scratch["jobd"])
        #expect(try await jobd.exitCode() == code)
        #expect((code == 0 ? jobd.output : jobd.errors).isEmpty == false)
        if options.last == "max_in_flihgt=1" { #expect(jobd.errors.contains("max_in_flight")) }
    }

    @Test func theConfigurationFileIsReadAgainAndAFaultyOneChangesNothing() async throws {
        let stage = try await Stage()
        let file = stage.scratch["config.json"]
        FileOnDisk.write(#"{"models": {"bytedance/*": {"max_in_flight": 0}}, /* none */ }"#, to: file)
        try await stage.enqueue()
        let jobd = try stage.jobd(options: ["--config", file])
        try await eventually("it runs") { jobd.errors.contains("runs on") }
        FileOnDisk.write(#"{"max_in_flight": "many"}"#, to: file)
        jobd.signal(SIGHUP)
        try await eventually("it says what is wrong") { jobd.errors.contains("stays as it was") }
        #expect(jobd.errors.contains("max_in_flight"))
        #expect(try stage.state(of: 1) == "queued")
        FileOnDisk.write("{}", to: file)
        jobd.signal(SIGHUP)
        try await stage.wait(for: 1, toBe: "completed")
    }

    /// What is in flight counts by the limits as they are now, also when it left under others.
    @Test func limitsThatAReloadNamesAnewCountWhatIsInFlight() async throws {
        let stage = try await Stage(simulator: "--queue", "1500ms", "--run", "0")
        let file = stage.scratch["config.json"]
        FileOnDisk.write(#"{"max_in_flight": 2}"#, to: file)
        for number in 1...5 { try await stage.enqueue("fox \(number)") }
        let jobd = try stage.jobd(options: ["--config", file])
        try await eventually("two are there") {
            try stage.number("SELECT count(*) FROM jobs WHERE state = 'in_queue'") == 2
        }
        FileOnDisk.write(#"{"models": {"bytedance/*": {"max_in_flight": 3}}}"#, to: file)
        jobd.signal(SIGHUP)
        var most: Int64 = 0
        try await eventually("all are completed") {
            most = max(
                most,
                try stage.number(
                    "SELECT count(*) FROM jobs WHERE state IN ('submitting', 'in_queue', 'in_progress')"))
            return try stage.number("SELECT count(*) FROM jobs WHERE state <> 'completed'") == 0
        }
        #expect(most == 3)
    }

    @Test func itLeavesNothingInTheLogFileOfTheDatabaseAndNoSocket() async throws {
        let stage = try await Stage()
        try await stage.enqueue()
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "completed")
        jobd.signal(SIGINT)
        #expect(try await jobd.exitCode() == 0)
        #expect((FileOnDisk(stage.state + "/jobs.db-wal")?.size ?? 0) == 0)
        #expect(FileOnDisk(stage.state + "/wake") == nil)
        #expect(Command.sqlite3(stage.state + "/jobs.db", "PRAGMA integrity_check").output == "ok\n")
    }

    @Test func anOlderDatabaseThatIsNotOursIsLeftUntouched() async throws {
        let stage = try await Stage()
        _ = Command.run(["mkdir", stage.state])
        _ = Command.sqlite3(stage.state + "/jobs.db", "CREATE TABLE mine (a)")
        let before = FileOnDisk.bytes(stage.state + "/jobs.db")
        let jobd = try stage.jobd()
        #expect(try await jobd.exitCode() == 69)
        #expect(FileOnDisk.bytes(stage.state + "/jobs.db") == before)
    }
}
