import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// Answers about another request than was asked for, and more outputs than any job has.
@Suite(.serialized) struct MistakenAnswerTests {
    private let service = ScriptedService()
    private let stage: Stage

    init() { stage = Stage(service) }

    @Test(arguments: [
        #""request_id":"other""#, #""request_id":"a","model":"t/other""#, #""model_id":"t/other""#,
        #""request_id":7"#,
    ])
    func `a result for another request or model is never believed`(name: String) async throws {
        service.end("a", #"{\#(name),"status":"succeeded","output":"OWN/f/b"}"#)
        try await stage.enqueue(named: "a")
        try stage.jobd()
        try await eventually("it was asked again and again") { service.asked("result", of: "a") >= 4 }
        #expect(try stage.number("SELECT count(*) FROM outputs") == 0)
        #expect(["in_queue", "in_progress"].contains(try stage.state(of: 1)))
        service.end("a", #"{"request_id":"a","model":"t/a","status":"succeeded","output":"OWN/f/a"}"#)
        try await stage.wait(for: 1, toBe: "completed")
    }

    @Test func `a status or a cancel for another request is never believed`() async throws {
        service.say("status", of: "a", #"{"request_id":"other","status":"completed"}"#)
        service.say("cancel", of: "b", #"{"request_id":"other","outcome":"cancelled"}"#)
        for name in ["a", "b"] { try await stage.enqueue(named: name) }
        try stage.jobd()
        try await eventually("b is in progress") { try stage.state(named: "b") == "in_progress" }
        try await stage.jobctl("cancel", "2")
        try await eventually("both were asked again and again") {
            service.asked("status", of: "a") >= 4 && service.asked("cancel", of: "b") >= 3
        }
        #expect(service.asked("result", of: "a") == 0)
        #expect(service.asked("result", of: "b") == 0)
        #expect(try stage.state(named: "b") == "in_progress")
    }

    @Test func `more outputs than any job has fail and are never cut`() async throws {
        let urls = (1...10_050).map { #""OWN/f/\#($0)""# }.joined(separator: ",")
        service.end("a", #"{"status":"succeeded","cost":0.5,"output":[\#(urls)]}"#)
        try await stage.enqueue(named: "a")
        try await stage.drain()
        #expect(try stage.text("SELECT error_kind FROM jobs") == "output")
        #expect(try stage.text("SELECT error_message FROM jobs")?.contains("10050") == true)
        #expect(try stage.number("SELECT count(*) FROM outputs") == 0)
        #expect(try stage.text("SELECT reported_usd FROM charges") == "0.5")
    }
}
