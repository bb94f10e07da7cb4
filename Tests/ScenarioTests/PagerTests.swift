import Scratch
import Testing

/// Long texts on a terminal go through a pager.
@Suite struct PagerTests {
    private let stage = Stage()

    /// A pager that says that it was there, and how `less` would behave.
    private func pager() -> String {
        stage.file("pager", "echo \"paged with $LESS, token <$RUNCOMFY_TOKEN>\"; cat")
        return "sh \(stage.scratch["pager"])"
    }

    @Test(arguments: [
        "show 1", "help", "help sql", "list --help", "--help", "events", "explain 1", "stats --by failure",
        "models show \(Stage.sequential)",
    ])
    func `it shows everything that the verb writes`(words: String) throws {
        try stage.enqueue("2 cats")
        let environment = ["JOBCTL_PAGER": pager(), "RUNCOMFY_TOKEN": Stage.token]
        let answer = try stage.onTerminal(words, columns: 100, environment: environment)
        #expect(answer.code == 0 && answer.output.hasPrefix("paged with FRX, token <>\r\n"), "\(answer)")
        let direct = try stage.onTerminal(words, columns: 100)
        #expect(lines(answer.output) == lines(direct.output) + 1)
    }

    private func lines(_ text: String) -> Int { text.split(separator: "\r\n").count }

    @Test func `that the store is waited for is said at once`() throws {
        try stage.enqueue("2 cats")
        let holder = try OpenTransaction(
            stage.database,
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE jobs SET label = 'x';")
        let terminal = try PseudoTerminal(stage, ["show", "1"], environment: ["JOBCTL_PAGER": pager()])
        try terminal.shows("waiting for the store")
        #expect(!terminal.text.contains("paged"))
        holder.end()
        #expect(try terminal.finish() == 0)
        #expect(terminal.text.contains("paged with FRX"))
    }

    @Test(arguments: [
        "list", "show 1 --json", "show 1 -q", "show 1 | cat", "events -q", "models",
    ])
    func `it is left alone by lists, programs and pipes`(words: String) throws {
        try stage.enqueue("2 cats")
        let answer = try stage.onTerminal(words, environment: ["JOBCTL_PAGER": pager()])
        #expect(!answer.output.contains("paged"), "\(answer)")
    }

    @Test func `JOBCTL_PAGER counts before PAGER, and LESS stays as it is`() throws {
        try stage.enqueue("2 cats")
        let words = "show 1"
        let both = ["JOBCTL_PAGER": pager(), "PAGER": "false", "LESS": "S"]
        #expect(try stage.onTerminal(words, environment: both).output.hasPrefix("paged with S"))
        for none in ["", " ", "cat"] {
            let answer = try stage.onTerminal(words, environment: ["JOBCTL_PAGER": none, "PAGER": pager()])
            #expect(answer.code == 0 && answer.output.contains("job 1"), "\(answer)")
            #expect(!answer.output.contains("paged"))
        }
        let shell = "env -u JOBCTL_PAGER \(Program.jobctl) show 1"
        let terminal = try PseudoTerminal(
            stage, program: "/bin/sh", ["-c", shell], environment: ["PAGER": "tr a-z A-Z | cat"])
        #expect(try terminal.finish() == 0)
        #expect(terminal.text.contains("JOB 1"))
    }

    @Test func `without the program, and with one that is closed early, nothing is an error`() throws {
        let line = #"{"model": "a/b", "input": {"text": "a fox in the snow"}}"# + "\n"
        let lines = String(repeating: line, count: 900)
        try stage.jobctl("enqueue", "--batch", "-", input: lines)
        let missing = try stage.onTerminal("show 1 2000", environment: ["JOBCTL_PAGER": "no-such-pager -x"])
        #expect(missing.code == 1 && missing.output.contains("job 1"), "\(missing)")
        let closed = try stage.onTerminal("show 1-900 2000", environment: ["JOBCTL_PAGER": "head -n 1"])
        #expect(closed.code == 1 && !closed.output.contains("job 900"))
        // What is said comes after the text.
        #expect(closed.output.hasSuffix("jobctl: no job 2000\r\n"), "\(closed)")
    }
}
