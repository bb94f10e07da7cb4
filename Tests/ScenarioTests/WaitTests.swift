import Glibc
import JSON
import Testing

@Suite struct WaitTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test(arguments: [("completed", 0), ("failed", 1), ("cancelled", 1)])
    func `it ends when the job has ended, and says how`(state: String, code: Int32) throws {
        let id = try sandbox.enqueue()
        let child = try sandbox.start(["wait", "\(id)"])
        try child.waits { child.errorsSoFar.contains("not running") }
        try sandbox.put(id, into: state)
        let answer = child.finish()
        #expect(answer.code == code, "\(answer)")
        #expect(answer.output.hasPrefix("\(id)\t\(state)\t"))
    }

    @Test func `of several it waits for the last, and one that failed makes it a no`() throws {
        let ids = try (0..<3).map { _ in try sandbox.enqueue() }
        try sandbox.put(ids[0], into: "failed")
        let child = try sandbox.start(["wait", "--json"] + ids.map { "\($0)" })
        try child.waits { child.outputSoFar.hasSuffix("\n") }
        try sandbox.put(ids[2], into: "completed")
        try sandbox.put(ids[1], into: "completed")
        let answer = child.finish()
        #expect(answer.code == 1)
        #expect(Set(try answer.objects().compactMap { $0["id"]?.integer }) == Set(ids))
    }

    @Test func `its time runs out with 75`() throws {
        let id = try sandbox.enqueue()
        #expect(try sandbox.jobctl("wait", "\(id)", "--timeout", "50ms").code == 75)
        let answer = try sandbox.jobctl(
            "enqueue", Sandbox.sequential, "text=x", "--wait", "--timeout", "50ms")
        #expect(answer.code == 75)
        #expect(try sandbox.jobCount() == 2)
    }

    @Test func `an enqueue that waits answers as wait does`() throws {
        let child = try sandbox.start([
            "enqueue", Sandbox.sequential, "text=x", "--key", "k", "--wait", "--json",
        ])
        try child.waits { child.errorsSoFar != "" }
        try sandbox.put(1, into: "completed")
        #expect(try child.finish().object()["state"] == "completed")
        let again = try sandbox.jobctl(
            "enqueue", Sandbox.sequential, "text=x", "--key", "k", "--wait", "--json")
        #expect(again.code == 0)
        #expect(try again.object()["existing"] == .bool(true))
    }

    @Test func `a job that waits for a person is named`() throws {
        let id = try sandbox.enqueue("--hold")
        let answer = try sandbox.jobctl("wait", "\(id)", "--timeout", "0s")
        #expect(answer.errors.contains("jobctl release \(id)"), "\(answer)")
    }

    @Test func `an interrupt ends it with 130`() throws {
        let id = try sandbox.enqueue()
        let child = try sandbox.start(["wait", "\(id)"])
        try child.waits { child.errorsSoFar != "" }
        child.signal(SIGINT)
        #expect(child.finish().code == 130)
    }

    @Test func `an unknown job is a no`() throws {
        try sandbox.enqueue()
        #expect(try sandbox.jobctl("wait", "7").code == 1)
    }
}

@Suite struct EventsTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test func `they are told in order, of all jobs or of one`() throws {
        let (first, second) = (try sandbox.enqueue(), try sandbox.enqueue())
        try sandbox.jobctl("hold", "\(first)")
        let all = try sandbox.jobctl("events", "--json").objects()
        #expect(all.map { $0["kind"] } == ["enqueued", "enqueued", "held"])
        #expect(all.map { $0["job_id"] } == [.integer(first), .integer(second), .integer(first)])
        #expect(try sandbox.jobctl("events", "\(first)").lines.count == 2)
        #expect(try sandbox.jobctl("events", "--limit", "1").lines.count == 1)
        #expect(all.first?.keys == ["id", "job_id", "at", "kind", "detail"])
    }

    @Test func `on a terminal they are told in words`() throws {
        let id = try sandbox.enqueue()
        try sandbox.jobctl("set", "\(id)", "--label", "cats")
        let terminal = try PseudoTerminal(Sandbox.program, ["events"], environment: sandbox.environment)
        try terminal.shows("changed          label is now cats")
        #expect(terminal.finish() == 0)
        #expect(!terminal.screen.text.contains("{"))
    }

    @Test func `--follow sees what comes, by jobctl and by sqlite3`() throws {
        try sandbox.enqueue()
        let child = try sandbox.start(["events", "--follow"])
        defer { child.signal(SIGKILL) }
        func count() -> Int { child.outputSoFar.split(separator: "\n").count }
        try child.waits { count() == 1 }
        try sandbox.enqueue()
        try child.waits { count() == 2 }
        try sandbox.change(#"INSERT INTO jobs (model, input) VALUES ('a/b', '{}')"#)
        try child.waits { count() == 3 }
        child.signal(SIGINT)
        #expect(child.finish().code == 130)
    }

    @Test func `--follow of one job keeps to it`() throws {
        let (first, second) = (try sandbox.enqueue(), try sandbox.enqueue())
        let child = try sandbox.start(["events", "\(first)", "--follow"])
        defer { child.signal(SIGKILL) }
        try child.waits { child.outputSoFar != "" }
        try sandbox.jobctl("hold", "\(second)", "\(first)")
        try child.waits { child.outputSoFar.contains("held") }
        child.signal(SIGINT)
        let lines = child.finish().lines
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.split(separator: "\t")[2] == "\(first)" })
    }
}
