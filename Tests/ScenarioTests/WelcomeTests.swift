import JSON
import Scratch
import Testing

/// What a person sees who has never ordered anything.
@Suite struct WelcomeTests {
    private let stage = Stage()

    @Test func `without a store, jobctl says what to type next`() throws {
        let answer = try stage.jobctl()
        #expect(answer.code == 0 && answer.errors == "", "\(answer)")
        for words in [
            "not running, \(stage.state)", "jobd 2>jobd.log &", "jobctl enqueue",
            "jobctl wait 1", "jobsim",
        ] {
            #expect(answer.output.contains(words), "\(answer)")
        }
        #expect(answer.lines.dropFirst().allSatisfy { $0.count <= 80 }, "\(answer)")
        #expect(!FileOnDisk.exists(stage.state))
        let object = try stage.jobctl("--json").object()
        #expect(object["state_dir"] == .string(stage.state))
        #expect(object["states"]?["queued"] == .integer(0))
    }

    @Test func `with a store but no job it does so, too, and with a job no longer`() throws {
        try stage.jobctl("enqueue", "--batch", "-", input: "")
        #expect(try stage.jobctl().output.contains("There are no jobs yet"))
        try stage.enqueue("2 cats")
        #expect(!(try stage.jobctl().output.contains("There are no jobs yet")))
    }

    @Test func `beside a running jobd it does not say how to try another one`() throws {
        try stage.jobd()
        try eventually("it runs") { try stage.jobctl("--json").object()["jobd"]?["running"] == .bool(true) }
        let answer = try stage.jobctl()
        #expect(answer.output.contains("There are no jobs yet"), "\(answer)")
        #expect(!answer.output.contains("JOBD_API_URL") && !answer.output.contains("jobsim"), "\(answer)")
    }

    @Test func `what it says can be typed`() throws {
        let lines = try stage.jobctl().lines.map { $0.split(separator: " ").joined(separator: " ") }
        let order = try #require(lines.first { $0.hasPrefix("jobctl enqueue") })
        let words = try #require(order.split(separator: "'").first.map { "\($0)'a fox' -q" })
        let terminal = try PseudoTerminal(
            stage, program: "/bin/sh", ["-c", "exec \(Program.jobctl) \(words.dropFirst("jobctl ".count))"])
        #expect(try terminal.finish() == 0)
        #expect(try stage.jobCount() == 1)
    }
}
