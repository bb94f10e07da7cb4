import Glibc
import Scratch
import Testing

/// `jobctl watch` on a terminal, judged by what the terminal shows and what the database says.
@Suite struct WatchTests {
    private let stage = Stage()

    private func watch(
        _ words: String..., columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]
    ) throws -> PseudoTerminal {
        try PseudoTerminal(
            stage, ["watch"] + words, environment: environment, columns: columns, rows: rows)
    }

    /// With one job, which waits.
    private func watchOne() throws -> PseudoTerminal {
        try stage.enqueue("2 cats")
        let terminal = try watch()
        try terminal.shows("1 queued")
        return terminal
    }

    @Test func `it draws, follows what happens, and q leaves the terminal as it was`() throws {
        let (id, terminal) = (Int64(1), try watchOne())
        try terminal.shows("not running")
        try terminal.shows("> \(String(repeating: " ", count: 1))\(id)  queued")
        #expect(terminal.screen.modes.contains(1049))
        #expect(!terminal.isAsBefore)
        try stage.put(id, into: "in_progress")
        try terminal.shows("1 in_progress")
        try stage.execute("INSERT INTO jobs (model, input) VALUES ('a/b', '{\"prompt\": \"a red fox\"}')")
        try terminal.shows("a red fox")
        #expect(try terminal.finish(typing: "q") == 0)
        #expect(terminal.isAsBefore)
        #expect(terminal.screen.unknown == [])
    }

    /// SIGABRT is the signal of the program's own traps.
    @Test(
        arguments: [(SIGINT, 130), (SIGTERM, -SIGTERM), (SIGHUP, -SIGHUP), (SIGABRT, -SIGABRT)]
            as [(Int32, Int32)])
    func `a signal finds the terminal restored`(signal: Int32, code: Int32) throws {
        let terminal = try watchOne()
        kill(terminal.pid, signal)
        #expect(try terminal.finish() == code)
        #expect(terminal.isAsBefore)
    }

    @Test func `it blocks no checkpoint`() throws {
        let terminal = try watchOne()
        try stage.enqueue("2 cats")
        try terminal.shows("2 queued")
        // It would be busy if a reader kept its snapshot.
        #expect(try stage.number("PRAGMA wal_checkpoint(TRUNCATE)") == 0)
        try stage.enqueue("2 cats")
        try terminal.shows("3 queued")
    }

    @Test func `Ctrl-C ends it with 130`() throws {
        let terminal = try watchOne()
        #expect(try terminal.finish(typing: "\u{3}") == 130)
        #expect(terminal.isAsBefore)
    }

    @Test func `Ctrl-Z gives the terminal back, and fg draws again`() throws {
        try stage.enqueue("2 cats")
        let script = "set -m; \(Program.jobctl) watch; echo stopped $?; read go; fg >/dev/null; echo ended $?"
        let terminal = try PseudoTerminal(stage, program: "/bin/bash", ["-c", script])
        try terminal.shows("1 queued")
        try terminal.type("\u{1A}", shows: "stopped 148")
        #expect(terminal.isAsBefore)
        terminal.type("\n")
        try terminal.waits { $0.modes.contains(1049) && $0.text.contains("1 queued") }
        try terminal.type("q", shows: "ended 0")
        _ = try terminal.finish()
        #expect(terminal.isAsBefore)
    }

    @Test func `a terminal that vanishes ends it`() throws {
        let terminal = try watchOne()
        terminal.vanish()
        #expect(try [-1, 74].contains(terminal.finish()))
    }

    @Test func `a store that vanishes is said, on the terminal as it was`() throws {
        let terminal = try watchOne()
        #expect(unlink(stage.database) == 0)
        #expect(try terminal.finish() == 69)
        #expect(terminal.isAsBefore)
        #expect(terminal.text.contains("there is no store"))
    }

    @Test func `it follows the size of its terminal, however small`() throws {
        for _ in 0..<30 { try stage.enqueue("2 cats") }
        let terminal = try watch()
        try terminal.waits { $0.lines.last?.contains("q quit") == true }
        for (columns, rows) in [(200, 50), (20, 5), (120, 12), (9, 2), (1, 1), (80, 24)] {
            terminal.resize(columns: columns, rows: rows)
            terminal.type("j")
            try terminal.waits { screen in
                rows < 3 || columns < 20 ? screen.text != "" : screen.lines.last?.contains("q quit") == true
            }
        }
        #expect(try terminal.finish(typing: "q") == 0)
    }

    @Test func `only what has changed is drawn`() throws {
        let terminal = try watchOne()
        let before = terminal.bytes.count
        try stage.enqueue("2 cats")
        try terminal.shows("2 queued")
        let drawn = String(decoding: terminal.bytes[before...], as: UTF8.self)
        #expect(!drawn.contains("[1 all]"), "\(drawn.debugDescription)")
    }

    @Test func `keys cancel, hold and release as the verbs do`() throws {
        let (id, terminal) = (Int64(1), try watchOne())
        try terminal.type("h", shows: "job \(id) is held")
        #expect(try stage.state(of: id) == "held")
        try terminal.type("h", shows: "only a queued job can be held")
        try terminal.type("u", shows: "job \(id) is queued")
        try terminal.type("c", shows: "job \(id) is cancelled")
        #expect(try stage.state(of: id) == "cancelled")
    }

    @Test func `what RunComfy has is cancelled after a question alone`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "in_progress")
        let terminal = try watch()
        try terminal.shows("1 in_progress")
        try terminal.type("c", shows: "[y/N]")
        try terminal.type("x", shows: "nothing was done")
        #expect(try stage.text("SELECT cancel_requested_at FROM jobs") == nil)
        try terminal.type("c", shows: "[y/N]")
        try terminal.type("y", shows: "its cancellation is requested")
        #expect(try stage.text("SELECT cancel_requested_at FROM jobs") != nil)
    }

    @Test func `a retry says what it buys, and asks`() throws {
        let (paid, fetched) = (try stage.enqueue("2 cats"), try stage.enqueue("2 cats"))
        try stage.put(paid, into: "failed", errorKind: "remote")
        try stage.put(fetched, into: "failed", errorKind: "download")
        let prices = stage.file("prices.json", #"{"models":{"bytedance/*":{"price_usd":0.03}}}"#)
        let terminal = try watch("\(paid)", "\(fetched)", columns: 120, environment: ["JOBD_CONFIG": prices])
        try terminal.shows("2 failed")
        // The newest is the first.
        try terminal.type("r", shows: "nothing is bought")
        try terminal.type("y", shows: "job \(fetched) is downloading")
        terminal.type("G")
        try terminal.type("r", shows: "job \(paid) is submitted again, which is paid for again (about $0.")
        #expect(try stage.state(of: paid) == "failed")
        try terminal.type("y", shows: "job \(paid) is queued")
        #expect(try stage.state(of: paid) == "queued")
    }

    @Test func `a retry is priced as the running jobd does`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "failed", errorKind: "input")
        let jobd = try stage.jobd("models.\(Stage.sequential).price_usd=0.07")
        try eventually("jobd runs") { jobd.errors.contains("runs on") }
        let terminal = try watch("\(id)", columns: 120)
        try terminal.shows("1 failed")
        try terminal.type("r", shows: "nothing was bought before (about $0.07)")
    }

    @Test func `a retry buys nothing after it was said that nothing is bought`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "failed", errorKind: "download")
        let terminal = try watch("\(id)")
        try terminal.shows("1 failed")
        try terminal.type("r", shows: "nothing is bought")
        try stage.execute("UPDATE jobs SET error_kind = 'remote'")
        try terminal.type("y", shows: "press r again")
        #expect(try stage.state(of: id) == "failed")
    }

    @Test func `p pauses submissions and resumes them`() throws {
        let terminal = try watchOne()
        try terminal.type("p", shows: "pause submissions?")
        try terminal.type("y", shows: "submissions are paused (by hand")
        #expect(try stage.texts("SELECT reason FROM pauses") == ["hand"])
        try terminal.type("p", shows: "resume them? [y/N]")
        try terminal.type("y", shows: "submissions are resumed")
        #expect(try stage.texts("SELECT reason FROM pauses") == [])
    }

    @Test func `a filter narrows the picture, and Esc ends it`() throws {
        try stage.jobctl("enqueue", Stage.sequential, "text=a red fox")
        try stage.jobctl("enqueue", Stage.sequential, "text=a blue whale", "--label", "sea")
        let terminal = try watch()
        try terminal.shows("a blue whale")
        try terminal.type("/Fox", shows: "/Fox")
        // What is typed there is no command.
        #expect(try stage.texts("SELECT DISTINCT state FROM jobs") == ["queued"])
        terminal.type("\r")
        try terminal.waits { $0.text.contains("a red fox") && !$0.text.contains("a blue whale") }
        try terminal.type("\u{1B}", shows: "a blue whale")
        terminal.type("/sea\r")
        try terminal.waits { !$0.text.contains("a red fox") && $0.text.contains("a blue whale") }
    }

    @Test func `pasted letters are no commands`() throws {
        let (id, terminal) = (Int64(1), try watchOne())
        terminal.type("\u{1B}[200~chhq\u{1B}[201~")
        try terminal.type("\r", shows: "events")
        #expect(try stage.state(of: id) == "queued")
    }

    @Test func `Enter shows all of a job, and Esc goes back`() throws {
        let id = try stage.enqueue("2 cats", "--label", "cats", "--key", "shot-1")
        let terminal = try watch()
        try terminal.shows("1 queued")
        try terminal.type("\r", shows: "shot-1")
        try terminal.shows("enqueued")
        try terminal.type("h", shows: "job \(id) is held")
        try terminal.type("\u{1B}", shows: "1 held")
    }

    @Test func `ten thousand that run are listed, each within reach`() throws {
        let line = #"{"model": "a/b", "input": {"prompt": "x"}}"# + "\n"
        try stage.jobctl("enqueue", "--batch", "-", input: String(repeating: line, count: 10_000))
        try stage.execute(
            """
            UPDATE jobs SET state = 'in_progress', submissions = 1, submitted_at = '2026-01-01 00:00:00.000',
                request_id = 'r-' || id, followed_since = '2026-01-01 00:00:00.000'
            """)
        let terminal = try watch()
        try terminal.shows("10,000 in_progress")
        try terminal.type("G", shows: "> 10000  in_progress")
        try terminal.type("g", shows: ">     1  in_progress")
        #expect(try terminal.finish(typing: "q") == 0)
    }

    @Test func `ids on standard input leave the keys to the terminal`() throws {
        let ids = [try stage.enqueue("2 cats"), try stage.enqueue("2 cats"), try stage.enqueue("2 cats")]
        let script = "echo \(ids[0]) \(ids[2]) | \(Program.jobctl) watch -"
        let terminal = try PseudoTerminal(stage, program: "/bin/sh", ["-c", script])
        try terminal.shows("2 queued")
        #expect(try terminal.finish(typing: "q") == 0)
        #expect(terminal.isAsBefore)
    }

    @Test func `without colour nothing is coloured`() throws {
        try stage.enqueue("2 cats")
        let terminal = try PseudoTerminal(stage, ["watch"], environment: ["NO_COLOR": "1"])
        try terminal.shows("1 queued")
        #expect(try terminal.finish(typing: "q") == 0)
        #expect(!terminal.text.replacing("\u{1B}[0m", with: "").contains(/\u{1B}\[[0-9]+m/))
    }
}

/// The lines of `jobctl wait` on a terminal.
@Suite struct WaitLinesTests {
    private let stage = Stage()

    private func wait(_ ids: [Int64], rows: Int = 24, _ more: String...) throws -> PseudoTerminal {
        try PseudoTerminal(stage, ["wait"] + ids.map { "\($0)" } + more, rows: rows)
    }

    @Test func `each job has its line until all have ended, and then only what they made is left`() throws {
        let ids = try (0..<3).map { _ in try stage.enqueue("2 cats") }
        let terminal = try wait(ids)
        try terminal.shows("0 of 3 jobs have ended")
        try terminal.shows("   2  queued")
        try stage.put(ids[1], into: "in_progress")
        try terminal.shows("   2  in_progress")
        try stage.put(ids[1], into: "completed")
        try terminal.shows("1 of 3 jobs have ended")
        #expect(!terminal.screen.text.contains("completed"))
        try stage.put(ids[0], into: "completed")
        try stage.put(ids[2], into: "failed")
        #expect(try terminal.finish() == 1)
        #expect(!terminal.screen.text.contains("have ended"))
        #expect(terminal.screen.lines.contains("job 3 failed (remote): it went wrong"))
        #expect(terminal.screen.lines.contains("2 of 3 jobs completed"))
    }

    @Test func `an interrupt leaves no line behind`() throws {
        let ids = try (0..<3).map { _ in try stage.enqueue("2 cats") }
        let terminal = try wait(ids)
        try terminal.shows("0 of 3 jobs have ended")
        #expect(try terminal.finish(typing: "\u{3}") == 130)
        #expect(!terminal.screen.text.contains("queued"), "\(terminal.screen.text)")
        #expect(!terminal.screen.text.contains("have ended"))
    }

    @Test func `Ctrl-Z leaves no line behind, and fg continues`() throws {
        let ids = try (0..<2).map { _ in try stage.enqueue("2 cats") }
        let script =
            "set -m; \(Program.jobctl) wait \(ids[0]) \(ids[1]); echo stopped $?; read go; fg; echo ended $?"
        let terminal = try PseudoTerminal(stage, program: "/bin/bash", ["-c", script])
        try terminal.shows("0 of 2 jobs have ended")
        try terminal.type("\u{1A}", shows: "stopped 148")
        #expect(!terminal.screen.text.contains("have ended"))
        try terminal.type("\n", shows: "0 of 2 jobs have ended")
        for id in ids { try stage.put(id, into: "completed") }
        try terminal.shows("ended 0")
        #expect(!terminal.screen.text.contains("have ended"))
    }

    @Test func `more jobs than lines are counted`() throws {
        let ids = try (0..<20).map { _ in try stage.enqueue("2 cats") }
        let terminal = try wait(ids, rows: 6, "--timeout", "1h")
        try terminal.shows("… and 17 more")
        try terminal.shows("0 of 20 jobs have ended")
        #expect(try terminal.finish(typing: "\u{3}") == 130)
    }

    @Test func `a time that runs out leaves its word alone`() throws {
        let ids = try (0..<3).map { _ in try stage.enqueue("2 cats") }
        let terminal = try wait(ids, "--timeout", "1s")
        #expect(try terminal.finish() == 75)
        #expect(terminal.screen.text.contains("3 of 3 jobs have not ended in time"))
        #expect(!terminal.screen.text.contains("0 of 3"))
        let one = try stage.jobctl("wait", "\(ids[0])", "--timeout", "0s")
        #expect(one.code == 75 && one.errors.contains("job \(ids[0]) has not ended in time"), "\(one)")
    }

    @Test func `each object on a terminal is on its own line`() throws {
        let ids = try (0..<2).map { _ in try stage.enqueue("2 cats") }
        let terminal = try PseudoTerminal(stage, ["wait", "--json"] + ids.map { "\($0)" }, columns: 2000)
        try terminal.shows("0 of 2 jobs have ended")
        for id in ids { try stage.put(id, into: "completed") }
        #expect(try terminal.finish() == 0)
        #expect(terminal.screen.lines.filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.count == 2)
        #expect(!terminal.screen.text.contains("have ended"))
    }
}
