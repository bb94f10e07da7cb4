import JSON
import Scratch
import ScriptedServer
import Testing

/// What an answer to the POST means, row by row.
@Suite(.serialized) struct AnswerTests {
    /// Jobs whose prompts order a fault for their own POST; all are sent side by side, so that nothing pauses
    /// the account.
    private func settled(_ faults: [String]) async throws -> (stage: Stage, jobs: [(Int64, String)]) {
        let stage = try await Stage.simulated()
        var jobs: [(Int64, String)] = []
        for fault in faults { jobs.append((try await stage.enqueue("a fox [[fault: \(fault)]]"), fault)) }
        try stage.jobd("max_submitting=64", "timeout.answer=1s")
        try await stage.waitUntilAllAre("completed", "failed", "uncertain", "cancelled")
        #expect(try stage.number("SELECT count(*) FROM pauses") == 0)
        return (stage, jobs)
    }

    @Test func `what was certainly not bought is tried again and bought once`() async throws {
        let faults = [
            "submit:429;times=2", "submit:429;retry-after=0;times=1", "submit:503;retry-after=0;times=2",
            "submit:html-404;times=1", "submit:html-429;times=1", "submit:413;body=none;times=1",
            "submit:html-400;times=2",
        ]
        let (stage, jobs) = try await settled(faults)
        for (id, fault) in jobs {
            #expect(try stage.state(of: id) == "completed", "\(fault)")
            #expect(try stage.number("SELECT submissions FROM jobs WHERE id = \(id)") == 1, "\(fault)")
            #expect(try stage.number("SELECT count(*) FROM charges WHERE job_id = \(id)") == 1, "\(fault)")
            #expect(
                try stage.number("SELECT count(*) FROM events WHERE job_id = \(id) AND kind = 'fault'") > 0)
        }
    }

    @Test func `a refusal of the service is final and costs nothing`() async throws {
        let faults = [
            "submit:400", "submit:404;body=message", "submit:409;body=error", "submit:422;body=detail-array",
            "submit:422;body=detail", "submit:400;body=error-object", "submit:451;body=error-array",
            "submit:200-error-400001", "submit:200-error-422001",
        ]
        let (stage, jobs) = try await settled(faults)
        for (id, fault) in jobs {
            let job = try await stage.job(id)
            #expect(job["state"]?.string == "failed", "\(fault)")
            #expect(job["error_kind"]?.string == "input", "\(fault)")
            #expect(job["error_message"]?.string?.contains("simulated fault") == true, "\(job.text)")
            #expect(job["submissions"]?.integer == 0, "\(fault)")
            #expect(try stage.number("SELECT count(*) FROM charges WHERE job_id = \(id)") == 0, "\(fault)")
        }
    }

    @Test func `what nobody can know is uncertain and never sent again`() async throws {
        let faults = [
            "submit:500", "submit:502;accept", "submit:503", "submit:html-520", "submit:html-504;accept",
            "submit:cut-before", "submit:cut-after", "submit:cut-body", "submit:no-id", "submit:bad-id",
            "submit:blank", "submit:html", "submit:200-error-500001", "submit:hang",
            "submit:500;retry-after=1",
        ]
        let (stage, jobs) = try await settled(faults)
        for (id, fault) in jobs {
            let job = try await stage.job(id)
            #expect(job["state"]?.string == "uncertain", "\(fault)")
            #expect(job["submissions"]?.integer == 1, "\(fault)")
            #expect(job["request_id"] == .null, "\(fault)")
            #expect(job["error_message"]?.string?.isEmpty == false, "\(fault)")
            // An answer that cannot be read is kept for a person.
            let detail = try stage.text(
                "SELECT detail FROM events WHERE job_id = \(id) AND kind = 'uncertain'")
            #expect(fault != "submit:bad-id" || detail?.contains("etc/passwd") == true)
            #expect(try stage.number("SELECT count(*) FROM charges WHERE job_id = \(id)") == 1, "\(fault)")
            let posts = try await stage.posts()
            #expect(posts == Int64(faults.count), "\(fault)")
        }
    }

    @Test func `on uncertain sends a job once more and then holds`() async throws {
        let stage = try await Stage.simulated()
        let healed = try await stage.enqueue("a fox [[fault: submit:cut-before;times=1]]")
        let doubted = try await stage.enqueue("a fox [[fault: submit:cut-after]]")
        try stage.jobd("on_uncertain=resubmit", "max_submitting=64")
        try await stage.wait(for: healed, toBe: "completed")
        try await eventually("it was sent twice") {
            try stage.number("SELECT submissions FROM jobs WHERE id = \(doubted)") == 2
        }
        try await stage.wait(for: doubted, toBe: "uncertain")
        #expect(try await stage.posts() == 4)
    }

    /// The service gives two jobs the same request: nobody can know what became of the second one.
    @Test func `an ID that another job has leaves the job uncertain`() async throws {
        let server = ScriptedServer { peer in
            while let request = peer.receive() {
                let body =
                    request.line.hasPrefix("POST")
                    ? #"{"request_id":"the-same-for-all"}"# : #"{"status":"in_progress"}"#
                peer.send(ScriptedServer.answer(body))
            }
        }
        let stage = Stage(url: server.url)
        let first = try await stage.enqueue("one")
        try stage.jobd()
        try await stage.wait(for: first, toBe: "in_progress")
        let second = try await stage.enqueue("two")
        try await stage.wait(for: second, toBe: "uncertain")
        #expect(try stage.state(of: first) == "in_progress")
    }

    @Test func `an answer that nobody here can decode is kept byte for byte and said in words`() async throws
    {
        let server = ScriptedServer { peer in
            guard peer.receive() != nil else { return }
            peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 6\r\n\r\n")
            peer.send([0x0B, 0x02, 0x80, 0xFF, 0, 3])
        }
        let stage = Stage(url: server.url)
        let id = try await stage.enqueue()
        try stage.jobd()
        try await stage.wait(for: id, toBe: "uncertain")
        let detail = try #require(try stage.text("SELECT detail FROM events WHERE kind = 'uncertain'"))
        let kept = try JSON(parsing: detail)
        #expect(kept["answer_base64"]?.string == "CwKA/wAD" && kept["answer_encoding"]?.string == "br")
        let shown = try await stage.jobctl("show", "\(id)").output
        #expect(shown.contains("the answer was 6 bytes that are not text (br): answer_base64"), "\(shown)")
    }
}
