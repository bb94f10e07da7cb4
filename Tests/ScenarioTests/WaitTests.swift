import Glibc
import JSON
import Scratch
import Testing

@Suite struct WaitTests {
    private let stage = Stage()

    @Test(arguments: [("completed", 0), ("failed", 1), ("cancelled", 1)])
    func `it ends when the job has ended, and says how`(state: String, code: Int32) throws {
        let id = try stage.enqueue("2 cats")
        let child = try stage.start(["wait", "\(id)"])
        try eventually("it is so") { child.errors.contains("not running") }
        try stage.put(id, into: state)
        let answer = try child.answer()
        #expect(answer.code == code && answer.output == "", "\(answer)")
        let says = [
            "completed": "", "failed": "job 1 failed (remote): it went wrong\n",
            "cancelled": "job 1 was cancelled\n",
        ]
        #expect(answer.errors.hasSuffix("it runs\n" + (says[state] ?? "?")), "\(answer)")
    }

    @Test func `it names the jobs, and ends with the paths of their files alone`() throws {
        for id in 1...12 as ClosedRange<Int64> { #expect(try stage.enqueue("2 cats") == id) }
        for id in [1, 2, 4] as [Int64] { try stage.complete(id, with: "GIF89a", as: "\(id).gif") }
        try stage.put(3, into: "failed")
        let answer = try stage.jobctl("wait", "4", "1-3")
        let paths = [4, 1, 2].map { "\(stage.state)/outputs/\($0).gif" }
        #expect(answer.code == 1 && answer.lines == paths, "\(answer)")
        #expect(answer.errors.hasPrefix("waiting for jobs 4, 1, 2, 3\n"))
        #expect(answer.errors.hasSuffix("job 3 failed (remote): it went wrong\n3 of 4 jobs completed\n"))
        #expect(try stage.jobctl("wait", "1-2", "-q").output == "1\n2\n")
        let many = try stage.jobctl("wait", "1-12", "--timeout", "0s")
        #expect(many.code == 75 && many.errors.hasPrefix("waiting for jobs 1-12\n"), "\(many)")
    }

    @Test func `a job that was cancelled with its source waits for nothing any more`() throws {
        try stage.enqueue("2 cats")
        try stage.jobctl("enqueue", "t/paint", "image=job:1")
        try stage.jobctl("cancel", "1")
        let answer = try stage.jobctl("wait", "2")
        #expect(answer.code == 1 && answer.errors.contains("job 2 was cancelled"), "\(answer)")
        #expect(!answer.errors.contains("waits for"), "\(answer)")
    }

    @Test func `on a terminal a long reason is cut to its width`() throws {
        try stage.put(try stage.enqueue("2 cats"), into: "failed")
        let long = String(repeating: "it went wrong ", count: 20)
        try stage.execute("UPDATE jobs SET error_message = '\(long)'")
        let shown = try stage.onTerminal("wait 1", environment: ["NO_COLOR": "1"])
        let line = try #require(shown.output.split(separator: "\r\n").first { $0.contains("failed") })
        #expect(shown.code == 1 && (60...80).contains(line.count) && line.hasSuffix("…"), "\(line)")
        #expect(try stage.jobctl("wait", "1").errors.contains(long))
    }

    @Test func `an enqueue that waits ends with the paths of its files`() throws {
        let child = try stage.start(["enqueue", Stage.sequential, "text=x", "--repeat", "2", "--wait"])
        try eventually("it is so") { child.errors.contains("waiting for jobs 1, 2\n") }
        for id in [1, 2] as [Int64] { try stage.complete(id, with: "GIF89a", as: "\(id).gif") }
        let answer = try child.answer()
        #expect(answer.lines == [1, 2].map { "\(stage.state)/outputs/\($0).gif" }, "\(answer)")
    }

    @Test func `a wait that is mistyped orders nothing`() throws {
        let stage = Stage()
        let answer = try stage.jobctl(
            "enqueue", "seedream-4-0/sequential", "text=2 cats", "--wait", "--timeout", "soon")
        #expect(answer.code == 64 && !FileOnDisk.exists(stage.database), "\(answer)")
    }

    @Test func `it waits for the last of several jobs, and ends with 1 if one failed`() throws {
        let ids = try (0..<3).map { _ in try stage.enqueue("2 cats") }
        try stage.put(ids[0], into: "failed")
        let child = try stage.start(["wait", "--json"] + ids.map { "\($0)" })
        try eventually("it is so") { child.output.hasSuffix("\n") }
        try stage.put(ids[2], into: "completed")
        try stage.put(ids[1], into: "completed")
        let answer = try child.answer()
        #expect(answer.code == 1)
        #expect(Set(try answer.objects().compactMap { $0["id"]?.integer }) == Set(ids))
    }

    @Test func `when the time runs out it ends with 75`() throws {
        let id = try stage.enqueue("2 cats")
        #expect(try stage.jobctl("wait", "\(id)", "--timeout", "50ms").code == 75)
        let answer = try stage.jobctl("enqueue", Stage.sequential, "text=x", "--wait", "--timeout", "50ms")
        #expect(answer.code == 75)
        #expect(try stage.jobCount() == 2)
    }

    @Test func `an enqueue that waits answers as wait does`() throws {
        let child = try stage.start(["enqueue", Stage.sequential, "text=x", "--key", "k", "--wait", "--json"])
        try eventually("it is so") { child.errors != "" }
        try stage.put(1, into: "completed")
        #expect(try child.answer().object()["state"] == "completed")
        let again = try stage.jobctl("enqueue", Stage.sequential, "text=x", "--key", "k", "--wait", "--json")
        #expect(again.code == 0)
        #expect(try again.object()["existing"] == .bool(true))
    }

    @Test func `a job that waits for a person is named`() throws {
        let id = try stage.enqueue("2 cats", "--hold")
        let answer = try stage.jobctl("wait", "\(id)", "--timeout", "0s")
        #expect(answer.errors.contains("jobctl release \(id)"), "\(answer)")
    }

    @Test func `an interrupt ends it with 130`() throws {
        for _ in 0..<13 { try stage.enqueue("2 cats") }
        for (words, says) in [
            ("13", "job 13 waits for jobd\nhint: to wait for it again: jobctl wait 13\n"),
            (
                "1-5 7 9-12",
                "the 10 jobs wait for jobd\nhint: to wait for them again: jobctl wait 1-5 7 9-12\n"
            ),
        ] {
            let child = try stage.start(["wait"] + words.split(separator: " ").map(String.init))
            try eventually("it is so") { child.errors.contains("not running") }
            child.signal(SIGINT)
            let answer = try child.answer()
            #expect(answer.code == 130 && answer.output == "" && answer.errors.hasSuffix(says), "\(answer)")
        }
    }

    @Test func `an unknown job ends with 1`() throws {
        try stage.enqueue("2 cats")
        #expect(try stage.jobctl("wait", "7").code == 1)
    }
}

@Suite struct EventsTests {
    private let stage = Stage()

    @Test func `they are listed in order, of all jobs or of one`() throws {
        let (first, second) = (try stage.enqueue("2 cats"), try stage.enqueue("2 cats"))
        try stage.jobctl("hold", "\(first)")
        let all = try stage.jobctl("events", "--json").objects()
        #expect(all.map { $0["kind"] } == ["enqueued", "enqueued", "held"])
        #expect(all.map { $0["job_id"] } == [.integer(first), .integer(second), .integer(first)])
        #expect(try stage.jobctl("events", "\(first)").lines.count == 2)
        #expect(try stage.jobctl("events", "--limit", "1").lines.count == 1)
        #expect(all.first?.keys == ["id", "job_id", "at", "kind", "detail"])
    }

    @Test func `kinds, times and labels choose events, with a limit and without`() throws {
        let (first, second) = (try stage.enqueue("2 cats", "--label", "x"), try stage.enqueue("2 cats"))
        try stage.jobctl("hold", "\(first)", "\(second)")
        try stage.jobctl("release", "\(second)")
        func kinds(_ words: String...) throws -> [JSON?] {
            try stage.jobctl(["events", "--json"] + words).objects().map { $0["kind"] }
        }
        #expect(try kinds("--kind", "held,released") == ["held", "held", "released"])
        #expect(try kinds("--kind", "held", "--limit", "1") == ["held"])
        #expect(try kinds("--label", "x") == ["enqueued", "held"])
        #expect(try kinds("--label", "x", "--limit", "1") == ["held"])
        #expect(try kinds("\(second)", "--kind", "held") == ["held"])
        #expect(try kinds("--since", "1h").count == 5)
        let then = try #require(try stage.text("SELECT at FROM events WHERE kind = 'held' LIMIT 1"))
        #expect(try kinds("--since", then) == ["held", "held", "released"])
        #expect(try kinds("--since", then, "--limit", "4") == ["held", "held", "released"])
        #expect(try stage.jobctl("events", "--kind", "hold").errors.contains("did you mean held?"))
    }

    @Test func `on a terminal they are shown in words`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.jobctl("set", "\(id)", "--label", "cats")
        let terminal = try PseudoTerminal(stage, ["events"])
        try terminal.shows("changed          label is now cats")
        #expect(try terminal.finish() == 0)
        #expect(!terminal.screen.text.contains("{"))
    }

    @Test func `--follow shows new events, made by jobctl and by sqlite3`() throws {
        try stage.enqueue("2 cats")
        let child = try stage.start(["events", "--follow"])
        defer { child.signal(SIGKILL) }
        func count() -> Int { child.output.split(separator: "\n").count }
        try eventually("it is so") { count() == 1 }
        try stage.enqueue("2 cats")
        try eventually("it is so") { count() == 2 }
        try stage.execute(#"INSERT INTO jobs (model, input) VALUES ('a/b', '{}')"#)
        try eventually("it is so") { count() == 3 }
        child.signal(SIGINT)
        #expect(try child.answer().code == 130)
    }

    @Test func `--follow of one job shows only that job`() throws {
        let (first, second) = (try stage.enqueue("2 cats"), try stage.enqueue("2 cats"))
        let child = try stage.start(["events", "\(first)", "--follow"])
        defer { child.signal(SIGKILL) }
        try eventually("it is so") { child.output != "" }
        try stage.jobctl("hold", "\(second)", "\(first)")
        try eventually("it is so") { child.output.contains("held") }
        child.signal(SIGINT)
        let lines = try child.answer().lines
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.split(separator: "\t")[2] == "\(first)" })
    }
}
