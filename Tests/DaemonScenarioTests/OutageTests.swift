import JSON
import Scratch
import Testing

/// An outage of the service: it costs a handful of uncertain jobs, never the queue.
@Suite(.serialized) struct OutageTests {
    @Test func `an outage costs a handful of jobs and heals by itself`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:500")
        for number in 1...20 { try await stage.enqueue("fox \(number)") }
        try stage.jobd("max_submitting=3", "retry.min=300ms", "retry.max=1h")
        try await eventually("it is paused") { try stage.text("SELECT reason FROM pauses") == "outage" }
        // One at a time is tried, at growing distances.
        try await eventually("some were tried") { try stage.jobCount("uncertain") >= 5 }
        let uncertain = try stage.jobCount("uncertain")
        #expect(uncertain <= 9)
        try await stage.setFaults()
        try await stage.waitUntilAllAre("completed", "uncertain")
        #expect(try stage.number("SELECT count(*) FROM pauses") == 0)
        let lost = try stage.jobCount("uncertain")
        #expect(lost <= uncertain + 2)
        let accepted = try await stage.accepted() ?? 0
        #expect(accepted == 20 - lost)
    }

    @Test func `a service that cannot be reached costs no job at all`() async throws {
        let stage = try await Stage.simulated()
        let simulator = try #require(stage.simulator)
        simulator.end()
        for number in 1...8 { try await stage.enqueue("fox \(number)") }
        try stage.jobd()
        try await eventually("it is paused") { try stage.text("SELECT reason FROM pauses") == "outage" }
        #expect(try stage.number("SELECT sum(submissions) FROM jobs") == 0)
        #expect(try stage.jobCount(where: "error_message IS NOT NULL") > 0)
        try await stage.simulate()
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.accepted() == 8)
        #expect(try stage.number("SELECT count(*) FROM pauses") == 0)
    }

    @Test func `an outage from before a restart is tried with one job`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:500")
        for number in 1...12 { try await stage.enqueue("fox \(number)") }
        let first = try stage.jobd("max_submitting=2", "retry.min=1h", "retry.max=1h")
        try await eventually("it is paused") { try stage.text("SELECT reason FROM pauses") == "outage" }
        try await eventually("all POSTs are over") { try stage.jobCount("submitting") == 0 }
        let before = try stage.jobCount("uncertain")
        _ = try await first.exitCode(after: 15)
        try stage.jobd("max_submitting=2", "retry.min=1h", "retry.max=1h")
        try await eventually("one more was tried") { try stage.jobCount("uncertain") > before }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try stage.jobCount("uncertain") == before + 1)
    }

    @Test func `polls that fail never end a job`() async throws {
        let stage = try await Stage.simulated(
            "--fault", "status:500;p=0.4", "--fault", "status:html-520;p=0.4", "--fault",
            "status:cut-before;p=0.3", "--fault", "status:200-error-500001;p=0.3", "--fault",
            "status:unknown-word;p=0.3", "--fault", "status:blank;p=0.2", "--fault", "result:html-504;p=0.4",
            "--fault", "result:not-yet;p=0.3", "--fault", "result:404;p=0.2", "--fault",
            "status:429;retry-after=0;p=0.2")
        for number in 1...6 { try await stage.enqueue("fox \(number)") }
        try stage.jobd("max_submitting=16", "retry.max=50ms", "poll.max=50ms")
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.accepted() == 6)
    }

    @Test func `a service that asks for quiet is left alone`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:429;retry-after=2;times=1")
        try await stage.enqueue("one")
        let jobd = try stage.jobd("retry.max=10s")
        try await eventually("the first was sent") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'fault'") > 0
        }
        let other = try await stage.enqueue("two")
        try await stage.wait(for: other, toBe: "completed")
        let waited = """
            SELECT (julianday(submitted_at) - julianday(at)) * 86400 > 1.9 FROM jobs, events
            WHERE jobs.id = \(other) AND kind = 'fault'
            """
        #expect(try stage.text(waited) == "1")
        #expect(try Stage.processorTime(of: jobd.pid) < .seconds(1))
    }

    @Test func `pages and refusals for some jobs are no outage`() async throws {
        let stage = try await Stage.simulated()
        for number in 1...4 {
            try await stage.enqueue("fox \(number) [[fault: submit:html-413]]", "--priority", "1")
        }
        for number in 1...4 {
            try await stage.enqueue("fox \(number) [[fault: submit:429;times=1]]", "--priority", "1")
        }
        let good = try await stage.enqueue("a good fox")
        let jobd = try stage.jobd("max_submitting=4", "retry.min=20ms", "retry.max=100ms")
        try await stage.wait(for: good, toBe: "completed")
        for id in 5...8 { try await stage.wait(for: Int64(id), toBe: "completed") }
        #expect(!jobd.errors.contains("paused"), "\(jobd.errors)")
        #expect(try stage.number("SELECT sum(submissions) FROM jobs") == 5)
    }

    @Test func `a submission that is not wanted now does not keep what is paid for waiting`() async throws {
        let stage = try await Stage.simulated("--queue", "1s")
        let paid = try await stage.enqueue()
        try stage.jobd("retry.max=1h")
        try await stage.wait(for: paid, toBe: "in_queue")
        let later = try await stage.enqueue("later [[fault: submit:429;retry-after=3000]]")
        try await eventually("it is not wanted") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'fault' AND job_id = \(later)") > 0
        }
        try await stage.wait(for: paid, toBe: "completed")
    }

    @Test func `a row of looks without an answer is said and slows down`() async throws {
        let stage = try await Stage.simulated("--fault", "result:404")
        let id = try await stage.enqueue()
        let jobd = try stage.jobd("retry.min=100ms", "retry.max=1h")
        try await eventually("it is in the job's history") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'fault' AND job_id = \(id)") == 1
        }
        #expect(jobd.errors.contains("warning: job \(id): HTTP 404"))
        try await stage.setFaults()
        try await stage.wait(for: id, toBe: "completed")
    }
}

extension Stage {
    /// Waits until all jobs are completed, and returns how many were in flight at most.
    func mostInFlight() async throws -> Int64 {
        var most: Int64 = 0
        try await eventually("all are completed") {
            most = max(most, try jobCount(where: "state IN ('submitting', 'in_queue', 'in_progress')"))
            return try jobCount(where: "state <> 'completed'") == 0
        }
        return most
    }

    /// The processor time that a process has used, by `/proc`.
    static func processorTime(of pid: Int32) throws -> Duration {
        let text = try #require(FileOnDisk.text("/proc/\(pid)/stat"))
        let fields = text.split(separator: ")").last?.split(separator: " ").map(String.init) ?? []
        // Behind the name: state is the first field, then utime and stime are the 12th and 13th.
        let ticks = (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
        return .milliseconds(ticks * 10)
    }
}
