import Glibc
import JSON
import Scratch
import Testing

/// `jobctl watch` where nothing can be drawn.
@Suite struct WatchStreamTests {
    private let stage = Stage()

    @Test func `in a pipe it is a line for each thing that happens`() throws {
        let (first, second) = (try stage.enqueue("2 cats"), try stage.enqueue("2 cats"))
        for (words, expected) in [
            ([], ["\(second)\theld", "\(first)\theld"]), (["\(first)"], ["\(first)\theld"]),
            (["-q"], ["\(second)", "\(first)"]),
        ] {
            let child = try stage.start(["watch"] + words)
            defer { child.signal(SIGKILL) }
            // It says so after it has looked where the events end.
            try eventually("it is so") { child.errors.contains("not running") || words == ["-q"] }
            try eventually("it is so") {
                try stage.jobctl("hold", "\(second)", "\(first)")
                try stage.jobctl("release", "\(second)", "\(first)")
                return child.output.split(separator: "\n").count >= expected.count * 2
            }
            child.signal(SIGINT)
            let answer = try child.answer()
            #expect(answer.code == 130)
            for line in answer.lines where words == ["-q"] { #expect(expected.contains(line)) }
            for line in answer.lines where words != ["-q"] {
                let parts = line.split(separator: "\t")
                #expect(parts.count == 3, "\(answer)")
                #expect(words.isEmpty || parts[1] == "\(first)")
            }
        }
    }

    @Test func `--json is the whole picture, again when it has changed`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "in_progress")
        let child = try stage.start(["watch", "--json"])
        defer { child.signal(SIGKILL) }
        try eventually("it is so") { child.output.hasSuffix("\n") }
        try stage.enqueue("2 cats")
        try eventually("it is so") { child.output.split(separator: "\n").count > 1 }
        child.signal(SIGINT)
        let objects = try child.answer().objects()
        #expect(objects[0]["states"]?["queued"]?.integer == 0)
        #expect(objects[0]["states"]?["in_progress"]?.integer == 1)
        #expect(objects[0]["jobd"]?["running"] == .bool(false))
        #expect(objects[0]["jobs"]?.array?.first?["id"]?.integer == id)
        #expect(objects[1]["states"]?["queued"]?.integer == 1)
    }

    @Test func `a reader that goes away ends it`() throws {
        try stage.enqueue("2 cats")
        let answer = try stage.run("/bin/sh", ["-c", "\(Program.jobctl) watch --json | head -1"])
        #expect(answer.lines.count == 1)
    }

    @Test func `a dumb terminal is not drawn on`() throws {
        try stage.enqueue("2 cats")
        let terminal = try PseudoTerminal(stage, ["watch"], environment: ["TERM": "dumb"])
        try terminal.shows("not running")
        try terminal.waits { screen in
            try stage.enqueue("2 cats")
            return screen.text.contains("enqueued")
        }
        kill(terminal.pid, SIGINT)
        #expect(try terminal.finish() == 130)
        #expect(!terminal.text.contains("\u{1B}"))
    }

    @Test func `what cannot be watched is said`() throws {
        #expect(try stage.jobctl("watch").code == 69)
        try stage.enqueue("2 cats")
        #expect(try stage.jobctl("watch", "7").code == 1)
        #expect(try stage.jobctl("watch", "1", "--label", "x").code == 64)
        #expect(try stage.jobctl("watch", "--state", "sleeping").code == 64)
    }
}
