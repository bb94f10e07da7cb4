import Glibc
import JSON
import Scratch
import ScriptedServer
import Testing

/// How jobs end that do not simply succeed.
@Suite(.serialized) struct EndingTests {
    @Test(arguments: [
        "code", "message", "error", "error-object", "error-array", "detail", "failure-reason", "none",
    ])
    func `a failure at RunComfy is reported in its words`(shape: String) async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: result:failed;body=\(shape)]]")
        try await stage.drain()
        let job = try await stage.job(id)
        #expect(job["state"]?.string == "failed")
        #expect(job["error_kind"]?.string == "remote")
        let message = job["error_message"]?.string ?? ""
        #expect(message.contains(shape == "none" ? "no reason" : "simulated failure of the model"))
        #expect(try await stage.accepted() == 1)
    }

    @Test func `success without output is a failure that a retry looks at again for nothing`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: result:empty;times=1]]")
        try stage.jobd()
        try await stage.wait(for: id, toBe: "failed")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "output")
        try await stage.jobctl("retry", String(id))
        try await stage.wait(for: id, toBe: "completed")
        #expect(try await stage.accepted() == 1)
        #expect(try stage.number("SELECT submissions FROM jobs") == 1)
    }

    @Test func `a download that failed is retried without buying again`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: file:404;times=3]]")
        try stage.jobd("retry.attempts=3", "retry.patience=0s")
        try await stage.wait(for: id, toBe: "failed")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "download")
        #expect(try stage.text("SELECT error_message FROM jobs")?.contains("404") == true)
        try await stage.jobctl("retry", String(id))
        try await stage.wait(for: id, toBe: "completed")
        #expect(try await stage.accepted() == 1)
    }

    @Test func `a retry of what failed at RunComfy buys again`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: result:failed]]")
        try stage.jobd()
        try await stage.wait(for: id, toBe: "failed")
        let first = try stage.text("SELECT request_id FROM jobs")
        let answer = try await stage.jobctl("retry", String(id))
        #expect(answer.errors.contains("paid"))
        try await eventually("it is bought again") { try await stage.accepted() == 2 }
        try await stage.wait(for: id, toBe: "failed")
        #expect(try stage.text("SELECT request_id FROM jobs") != first)
        #expect(try stage.number("SELECT submissions FROM jobs") == 2)
    }

    @Test func `a cancel while RunComfy has the job queued is sent and ends the job`() async throws {
        let stage = try await Stage.simulated("--queue", "1h")
        let id = try await stage.enqueue()
        try stage.jobd("poll.max=10s")
        try await stage.wait(for: id, toBe: "in_queue")
        try await stage.jobctl("cancel", String(id))
        try await stage.wait(for: id, toBe: "cancelled")
        #expect(try await stage.ledger().first?["cancelled"]?.integer == 1)
        #expect(try stage.number("SELECT count(*) FROM charges WHERE reported_usd = 0") == 1)
    }

    @Test func `what cannot be cancelled is fetched`() async throws {
        let stage = try await Stage.simulated("--queue", "0", "--run", "700ms")
        let id = try await stage.enqueue()
        try stage.jobd()
        try await stage.wait(for: id, toBe: "in_progress")
        try await stage.jobctl("cancel", String(id))
        try await stage.wait(for: id, toBe: "completed")
        #expect(try await stage.ledger().last?["cancel_calls"]?.integer == 1)
    }

    @Test(arguments: ["cancel:500", "cancel:html-502", "cancel:404", "cancel:blank", "cancel:cut-before"])
    func `a cancel that is never answered keeps no job from being fetched`(fault: String) async throws {
        let stage = try await Stage.simulated("--queue", "3s", "--fault", fault)
        let id = try await stage.enqueue()
        try stage.jobd()
        try await stage.wait(for: id, toBe: "in_queue")
        try await stage.jobctl("cancel", String(id))
        try await stage.wait(for: id, toBe: "completed")
        #expect(try await stage.ledger().last?["cancel_calls"]?.integer ?? 0 > 0)
    }

    @Test func `a cancel wished while the post is on the wire is sent after it`() async throws {
        let stage = try await Stage.simulated("--queue", "1h", "--fault", "submit:hold")
        let id = try await stage.enqueue()
        try stage.jobd()
        try await stage.wait(for: id, toBe: "submitting")
        try await stage.jobctl("cancel", String(id))
        try await stage.setFaults()
        try await stage.wait(for: id, toBe: "cancelled")
        #expect(try await stage.ledger().first?["cancelled"]?.integer == 1)
    }

    @Test func `a cancel by the service ends the job`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: result:cancelled]]")
        try stage.jobd()
        try await stage.wait(for: id, toBe: "cancelled")
    }

    @Test func `the deadline ends a job that never ends and cancels it first`() async throws {
        let stage = try await Stage.simulated("--queue", "1h")
        let id = try await stage.enqueue()
        let running = try await stage.enqueue("a fox [[fault: job:queue=0]] [[fault: job:run=1h]]")
        try stage.jobd("deadline=1s")
        try await stage.wait(for: id, toBe: "failed")
        try await stage.wait(for: running, toBe: "failed")
        #expect(try stage.jobCount(where: "error_kind = 'deadline'") == 2)
        #expect(try await stage.ledger().first?["cancelled"]?.integer == 1)
    }

    @Test func `what cannot be cancelled at its deadline is looked at once more`() async throws {
        let stage = try await Stage.simulated(
            "--queue", "0", "--run", "0", "--fault", "cancel:not-cancellable")
        // The first answer about each is old; by the next it is over. Of eight first looks within ten
        // seconds, at least one comes after the deadline. Those before it are followed by one much later.
        for _ in 1...8 { try await stage.enqueue("a fox [[fault: status:word=in_queue;times=1]]") }
        try stage.jobd("max_in_flight=8", "deadline=1s", "poll.min=10s", "poll.max=10s")
        try await eventually("a job completes") { try stage.jobCount(where: "state = 'completed'") > 0 }
        #expect(try await stage.ledger().contains { ($0["cancel_calls"]?.integer ?? 0) > 0 })
        #expect(try stage.jobCount(where: "state = 'failed'") == 0)
    }

    @Test func `a deadline of a reload counts for jobs under way`() async throws {
        let stage = try await Stage.simulated("--queue", "1h")
        let file = stage.file("config.json", #"{"deadline": "1h"}"#)
        let id = try await stage.enqueue()
        let jobd = try stage.jobd(options: ["--config", file])
        try await stage.wait(for: id, toBe: "in_queue")
        FileOnDisk.write(#"{"models": {"bytedance/*": {"deadline": "1s"}}}"#, to: file)
        jobd.signal(SIGHUP)
        try await stage.wait(for: id, toBe: "failed")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "deadline")
    }

    @Test func `the deadline is not judged by the clock alone`() async throws {
        let stage = try await Stage.simulated("--queue", "300ms", "--run", "300ms")
        let id = try await stage.enqueue()
        let first = try stage.jobd("deadline=1s")
        try await stage.wait(for: id, toBe: "in_queue")
        _ = try await first.exitCode(after: SIGKILL)
        // It finishes while nobody looks, and the deadline passes.
        try await eventually("it has ended at RunComfy") {
            try await stage.ledger().first?["ended"]?.integer == 1
        }
        try await Task.sleep(for: .seconds(1))
        try stage.jobd("deadline=1s")
        try await stage.wait(for: id, toBe: "completed")
    }

    @Test func `a job added by SQL that breaks the schema fails without a POST`() async throws {
        let stage = try await Stage.simulated()
        try await stage.jobctl("enqueue", Stage.sequential, "text=valid", "--hold")
        for index in 1...6 {
            try stage.execute(
                "INSERT INTO jobs (model, input) VALUES ('\(Stage.sequential)', '{\"image_size\": \(index)}')"
            )
        }
        try stage.execute(
            "INSERT INTO jobs (model, input) VALUES ('\(Stage.sequential)', '{\"text\": \"a valid one\"}')")
        try stage.jobd()
        try await stage.wait(for: 8, toBe: "completed")
        for id in 2...7 {
            let job = try await stage.job(Int64(id))
            #expect(job["error_kind"]?.string == "input", "\(job.text)")
            #expect(job["error_message"]?.string?.contains("text") == true)
            #expect(job["submissions"]?.integer == 0)
        }
        #expect(try await stage.posts() == 1)
    }

    /// Another program changes the row of a job that jobd follows. jobd continues, and still counts it as in
    /// flight.
    @Test func `a job that others changed is taken up again`() async throws {
        let stage = try await Stage.simulated("--queue", "0", "--run", "1s")
        let id = try await stage.enqueue()
        try stage.jobd("max_in_flight=1")
        try await stage.wait(for: id, toBe: "in_progress")
        try stage.execute("UPDATE jobs SET state = 'in_queue' WHERE id = \(id)")
        try await stage.enqueue("second")
        try await stage.enqueue("third")
        #expect(try await stage.mostInFlight() == 1)
    }

    @Test func `a request adopted by hand is followed`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:cut-after")
        let id = try await stage.enqueue()
        try stage.jobd()
        try await stage.wait(for: id, toBe: "uncertain")
        let request = try #require(try await stage.ledger().last?["request_id"]?.string)
        #expect(try await stage.jobctl("resolve", String(id), "--adopt", request).code == 0)
        try await stage.wait(for: id, toBe: "completed")
        #expect(try await stage.accepted() == 1)
    }

    @Test func `an uncertain job abandoned is over`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:500")
        let id = try await stage.enqueue()
        try stage.jobd()
        try await stage.wait(for: id, toBe: "uncertain")
        #expect(try await stage.jobctl("cancel", String(id)).code == 1)
        #expect(try await stage.jobctl("resolve", String(id), "--abandon").code == 0)
        #expect(try stage.state(of: id) == "cancelled")
    }
}
