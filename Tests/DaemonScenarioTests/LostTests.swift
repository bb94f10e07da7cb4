import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// When a request that the service does not know is lost, and when it is the service that is in trouble.
@Suite(.serialized) struct LostTests {
    private let service = ScriptedService()
    private let stage: Stage

    init() { stage = Stage(service) }

    private func waitForLooks(_ count: Int, at names: [String]) async throws {
        let before = names.map { service.asked("status", of: $0) }
        try await eventually("each was looked at \(count) times more") {
            zip(names, before).allSatisfy { service.asked("status", of: $0) >= $1 + count }
        }
    }

    @Test(arguments: [
        ScriptedService.Word(body: "not here", status: "404 Not Found"),
        .init(body: #"{"message":"no Route matched with those values"}"#, status: "404 Not Found"),
        .init(body: "<html>nothing</html>", status: "404 Not Found"),
        .init(body: "", status: "410 Gone"),
        .init(body: #"{"error_code":400001,"error_message":"invalid"}"#, status: "400 Bad Request"),
        .unknown,
    ])
    func `a service that answers not found for all costs no job its life`(_ word: ScriptedService.Word)
        async throws
    {
        let names = (1...8).map { "job\($0)" }
        try await stage.enqueue(named: "first")
        service.end("first")
        for name in names { try await stage.enqueue(named: name) }
        try stage.jobd("retry.patience=100ms", "max_submitting=9")
        for name in names { try await eventually("sent") { try stage.state(named: name) == "in_progress" } }
        service.say("status", of: "*", word)
        try await waitForLooks(12, at: names)
        #expect(try stage.jobCount("in_progress") == 8)
        for name in names { service.end(name) }
        try await stage.waitUntilAllAre("completed")
        #expect(service.posts == 9)
    }

    @Test func `one unknown request among others that are answered is lost after the patience`() async throws
    {
        for name in ["a", "b"] { try await stage.enqueue(named: name) }
        try stage.jobd("retry.patience=1s")
        for name in ["a", "b"] {
            try await eventually("sent") { try stage.state(named: name) == "in_progress" }
        }
        let start = ContinuousClock.now
        service.say("status", of: "a", .unknown)
        try await eventually("it is lost") { try stage.state(named: "a") == "failed" }
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(try stage.text("SELECT error_kind FROM jobs WHERE model = 't/a'") == "lost")
        #expect(try stage.state(named: "b") == "in_progress")
    }

    @Test func `if no other is in flight a request that has ended is the witness`() async throws {
        try await stage.enqueue(named: "old")
        service.end("old")
        try stage.jobd("retry.patience=500ms")
        try await eventually("it is there") { try stage.state(named: "old") == "completed" }
        service.say("status", of: "old", .unknown)
        service.say("status", of: "a", .unknown)
        try await stage.enqueue(named: "a")
        try await eventually("looked at") { service.asked("status", of: "a") >= 15 }
        #expect(try stage.state(named: "a") == "in_queue")
        let asked = service.asked("status", of: "old")
        #expect(asked > 1)
        service.say("status", of: "old", #"{"status":"completed"}"#)
        try await eventually("it is lost") { try stage.state(named: "a") == "failed" }
    }

    @Test func `of the only request ever the service's own word suffices`() async throws {
        service.say("status", of: "a", .unknown)
        try await stage.enqueue(named: "a")
        try await stage.drain("retry.patience=500ms")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "lost")
    }

    @Test func `a retry of a lost job asks for its request once more and continues`() async throws {
        service.say("status", of: "a", .unknown)
        try await stage.enqueue(named: "a")
        try stage.jobd("retry.patience=300ms")
        try await stage.wait(for: 1, toBe: "failed")
        let answer = try await stage.jobctl("retry", "1")
        #expect(answer.code == 0 && !answer.errors.contains("submitted again"), "\(answer)")
        try await eventually("it is lost again") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'ended'") == 2
        }
        #expect(
            try stage.text("SELECT error_message FROM jobs")?.contains("jobctl retry 1 --resubmit") == true)
        service.end("a")
        try await stage.jobctl("retry", "1")
        try await stage.wait(for: 1, toBe: "completed")
        #expect(service.posts == 1)
    }

    @Test func `what is still lost after a retry ends promptly whatever the patience`() async throws {
        service.say("status", of: "a", .unknown)
        try await stage.enqueue(named: "a")
        try await stage.drain("retry.patience=300ms")
        try await stage.jobctl("retry", "1")
        try await stage.drain("retry.patience=1h")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "lost")
        // Bought again in any case.
        service.say("status", of: "a", #"{"status":"completed"}"#)
        service.say("result", of: "a", ScriptedService.done)
        try await stage.jobctl("retry", "1", "--resubmit", "--yes")
        try await stage.drain()
        #expect(try stage.state(of: 1) == "completed")
        #expect(service.posts == 2)
    }
}
