import Glibc
import JSON
import Testing

/// `jobctl watch` where nothing can be drawn.
@Suite struct WatchStreamTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test func `in a pipe it is a line for each thing that happens`() throws {
        let (first, second) = (try sandbox.enqueue(), try sandbox.enqueue())
        for (words, expected) in [
            ([], ["\(second)\theld", "\(first)\theld"]), (["\(first)"], ["\(first)\theld"]),
            (["-q"], ["\(second)", "\(first)"]),
        ] {
            let child = try sandbox.start(["watch"] + words)
            defer { child.signal(SIGKILL) }
            // It says so after it has looked where the events end.
            try child.waits { child.errorsSoFar.contains("not running") || words == ["-q"] }
            try child.waits {
                try sandbox.jobctl("hold", "\(second)", "\(first)")
                try sandbox.jobctl("release", "\(second)", "\(first)")
                return child.outputSoFar.split(separator: "\n").count >= expected.count * 2
            }
            child.signal(SIGINT)
            let answer = child.finish()
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
        let id = try sandbox.enqueue()
        try sandbox.put(id, into: "in_progress")
        let child = try sandbox.start(["watch", "--json"])
        defer { child.signal(SIGKILL) }
        try child.waits { child.outputSoFar.hasSuffix("\n") }
        try sandbox.enqueue()
        try child.waits { child.outputSoFar.split(separator: "\n").count > 1 }
        child.signal(SIGINT)
        let objects = try child.finish().objects()
        #expect(objects[0]["states"]?["queued"]?.integer == 0)
        #expect(objects[0]["states"]?["in_progress"]?.integer == 1)
        #expect(objects[0]["jobd"]?["running"] == .bool(false))
        #expect(objects[0]["jobs"]?.array?.first?["id"]?.integer == id)
        #expect(objects[1]["states"]?["queued"]?.integer == 1)
    }

    @Test func `a reader that goes away ends it`() throws {
        try sandbox.enqueue()
        let answer = try sandbox.run("/bin/sh", ["-c", "\(Sandbox.program) watch --json | head -1"])
        #expect(answer.lines.count == 1)
    }

    @Test func `a dumb terminal is not drawn on`() throws {
        try sandbox.enqueue()
        let terminal = try PseudoTerminal(
            Sandbox.program, ["watch"], environment: sandbox.environment.merging(["TERM": "dumb"]) { $1 })
        try terminal.shows("not running")
        try terminal.waits { screen in
            try sandbox.enqueue()
            return screen.text.contains("enqueued")
        }
        kill(terminal.processID, SIGINT)
        #expect(terminal.finish() == 130)
        #expect(!terminal.text.contains("\u{1B}"))
    }

    @Test func `what cannot be watched is said`() throws {
        #expect(try sandbox.jobctl("watch").code == 69)
        try sandbox.enqueue()
        #expect(try sandbox.jobctl("watch", "7").code == 1)
        #expect(try sandbox.jobctl("watch", "1", "--label", "x").code == 64)
        #expect(try sandbox.jobctl("watch", "--state", "sleeping").code == 64)
    }
}
