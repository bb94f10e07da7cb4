import JSON
import Scratch
import Testing

/// Work on many jobs: one line for all, and one for each job that could not be done.
@Suite struct BulkTests {
    private let stage = Stage()

    /// Jobs 1 to `count`.
    private func enqueue(_ count: Int, _ more: String...) throws -> Answer {
        try stage.jobctl(["enqueue", Stage.sequential, "text=2 cats", "--repeat", "\(count)"] + more)
    }

    @Test func `many new jobs are one line; their ids in a pipe are what other verbs take`() throws {
        let answer = try enqueue(40)
        #expect(answer.code == 0 && answer.output == "1-40\n", "\(answer)")
        #expect(answer.errors.hasPrefix("enqueued 40 jobs: 1-40\n"), "\(answer)")
        let held = try stage.jobctl("hold", "-", input: answer.output)
        #expect(held.output == "" && held.errors == "held 40 jobs: 1-40\n", "\(held)")
        #expect(try enqueue(2, "-q").output == "41\n42\n")
        #expect(try enqueue(2, "-v").lines == ["43", "44"])
        #expect(try enqueue(2, "--json").objects().count == 2)
        #expect(try stage.jobctl("release", "1-3", "-v").lines == ["1\tqueued", "2\tqueued", "3\tqueued"])
        #expect(try stage.jobctl("hold", "1-3", "-q").output == "1\n2\n3\n")
        #expect(try stage.jobctl("release", "1-3", "--json").objects().count == 3)
    }

    @Test func `on a terminal there is one line, too`() throws {
        let terminal = try PseudoTerminal(
            stage, ["enqueue", Stage.sequential, "text=x", "--repeat", "3"])
        try terminal.shows("enqueued 3 jobs: 1-3")
        #expect(try terminal.finish() == 0)
        #expect(!terminal.screen.text.contains("job 2 is"))
    }

    @Test func `the totals count all that happened, and only what was refused has a line`() throws {
        _ = try enqueue(8)
        for (id, state) in [(2, "completed"), (3, "downloading"), (4, "in_queue"), (6, "cancelled")] {
            try stage.put(Int64(id), into: state)
        }
        let answer = try stage.jobctl("cancel", "1-8", "99")
        #expect(answer.code == 1 && answer.output == "")
        let lines = answer.errors.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("jobctl: job 3 has finished") && lines[1] == "jobctl: no job 99")
        #expect(
            lines[2]
                == "cancelled 4 jobs: 1 5 7-8; requested the cancellation of 1 job: 4; if it comes too late, "
                + "the files are fetched; 2 jobs had ended already, or were being cancelled; "
                + "2 jobs could not be cancelled", "\(answer)")
        let json = try stage.jobctl("cancel", "1-3", "--json")
        #expect(try json.objects().map { $0["id"] } == [.integer(1), .integer(2)])
    }

    @Test func `what a retry of many buys is said once, before`() throws {
        _ = try enqueue(3)
        try stage.execute("UPDATE jobs SET price_usd = 0.25")
        for id in 1...3 as ClosedRange<Int64> { try stage.put(id, into: "failed") }
        let answer = try stage.jobctl("retry", "1-3")
        #expect(
            answer.errors == "retry submits 3 jobs again, which is paid for (about $0.75)\n"
                + "retried 3 jobs: 1-3\n", "\(answer)")
    }
}
