import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// What a cancel costs, and when it is believed.
@Suite(.serialized) struct CancelTests {
    private static let accepted = #"{"outcome":"cancelled","status":"completed"}"#

    private let service = ScriptedService()
    private let stage: Stage

    init() { stage = Stage(service) }

    @discardableResult
    private func wished(_ settings: String...) async throws -> Program {
        service.say("cancel", of: "a", Self.accepted)
        try await stage.enqueue(named: "a")
        let jobd = try stage.jobd("retry.patience=1h")
        try await stage.wait(for: 1, toBe: "in_progress")
        return jobd
    }

    @Test func `the cost of a cancelled job counts against the budget`() async throws {
        service.say("status", of: "*", #"{"status":"completed"}"#)
        service.say("result", of: "*", #"{"status":"cancelled","cost":0.25}"#)
        for number in 1...8 { try await stage.enqueue(named: "job\(number)") }
        try stage.jobd("budget.total_usd=1.0", "max_in_flight=1", #"models={"t/*":{"price_usd":0.25}}"#)
        try await eventually("the budget holds the rest") {
            try stage.text("SELECT reason FROM pauses") == "budget"
        }
        try await eventually("none is under way") {
            try stage.jobCount(where: "state NOT IN ('queued', 'cancelled')") == 0
        }
        #expect(service.posts == 4)
        #expect(try stage.text("SELECT sum(cost_usd) FROM jobs WHERE state = 'cancelled'") == "1.0")
        #expect(try stage.text("SELECT sum(reported_usd) FROM charges") == "1.0")
    }

    @Test(arguments: ["cancelled", "failed", "succeeded"])
    func `a cost that comes late is asked for once more`(status: String) async throws {
        service.say("status", of: "a", #"{"status":"completed"}"#)
        let answer = #"{"status":"\#(status)","output":{},"cost":"#
        service.say("result", of: "a", answer + "null}", then: answer + "0.5}")
        try await stage.enqueue(named: "a")
        try stage.jobd()
        try await eventually("it has ended") { try stage.jobCount(where: "ended_at IS NOT NULL") == 1 }
        #expect(try stage.text("SELECT cost_usd FROM jobs") == "0.5")
        #expect(try stage.text("SELECT reported_usd FROM charges") == "0.5")
        #expect(service.asked("result", of: "a") == 2)
    }

    @Test func `an accepted cancel is confirmed by its result and its cost counts`() async throws {
        try await wished()
        service.say("result", of: "a", #"{"status":"cancelled","cost":0.25}"#)
        try await stage.jobctl("cancel", "1")
        try await stage.wait(for: 1, toBe: "cancelled")
        #expect(service.asked("result", of: "a") >= 1)
        #expect(try stage.text("SELECT reported_usd FROM charges") == "0.25")
    }

    @Test func `an accepted cancel of what has succeeded is fetched`() async throws {
        try await wished()
        service.say("result", of: "a", ScriptedService.done)
        try await stage.jobctl("cancel", "1")
        try await stage.wait(for: 1, toBe: "completed")
    }

    @Test func `an accepted cancel that the result does not confirm is followed`() async throws {
        try await wished()
        try await stage.jobctl("cancel", "1")
        try await eventually("it was asked for") { service.asked("result", of: "a") >= 3 }
        #expect(try stage.state(of: 1) == "in_progress")
        #expect(try stage.text("SELECT cancel_requested_at FROM jobs") != nil)
        service.say("result", of: "a", #"{"status":"cancelled"}"#)
        try await stage.wait(for: 1, toBe: "cancelled")
        #expect(try stage.text("SELECT reported_usd FROM charges") == "0.0")
    }

    @Test func `a request that the service forgets after its cancel is cancelled`() async throws {
        try await wished()
        service.say("result", of: "a", .unknown)
        service.say("status", of: "a", .unknown)
        try await stage.jobctl("cancel", "1")
        try await eventually("it is cancelled") { try stage.state(of: 1) == "cancelled" }
    }

    @Test func `a cancel at the deadline is confirmed too`() async throws {
        service.say("status", of: "a", #"{"status":"in_queue"}"#)
        service.say("cancel", of: "a", Self.accepted)
        service.say("result", of: "a", #"{"status":"cancelled","cost":0.25}"#)
        service.say("status", of: "b", #"{"status":"in_queue"}"#)
        service.say("cancel", of: "b", Self.accepted)
        service.say("result", of: "b", ScriptedService.done)
        for name in ["a", "b"] { try await stage.enqueue(named: name) }
        try await stage.drain("deadline=1s")
        #expect(try stage.text("SELECT error_kind FROM jobs WHERE model = 't/a'") == "deadline")
        #expect(try stage.text("SELECT reported_usd FROM charges WHERE model = 't/a'") == "0.25")
        #expect(try stage.state(named: "b") == "completed")
    }
}
