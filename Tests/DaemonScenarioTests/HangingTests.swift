import Glibc
import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// Calls that hang hold up nothing but themselves.
@Suite(.serialized) struct HangingTests {
    private func stage(hanging count: Int, at call: String) async throws -> Stage {
        let stage = try await Stage.simulated("--run", "1s")
        for number in 1...count {
            try await stage.enqueue("stuck \(number) [[fault: \(call):hang]]", "--priority", "1")
        }
        return stage
    }

    private func waitUntilAllHang(_ stage: Stage, _ count: Int, _ call: String) async throws {
        try await eventually("\(count) calls hang") {
            try stage.jobCount(where: "request_id IS NOT NULL") >= count
        }
    }

    private func completeHealthyJobs(_ stage: Stage, _ count: Int) async throws {
        var ids: [Int64] = []
        for number in 1...count { ids.append(try await stage.enqueue("healthy \(number)")) }
        for id in ids { try await stage.wait(for: id, toBe: "completed") }
    }

    @Test(arguments: ["status", "result"])
    func `more hanging looks than there are places for looks`(call: String) async throws {
        let stage = try await stage(hanging: 70, at: call)
        try stage.jobd("max_in_flight=200", "max_submitting=16", "timeout.answer=1h", "poll.max=100ms")
        try await waitUntilAllHang(stage, 70, call)
        try await Task.sleep(for: .seconds(2))
        try await completeHealthyJobs(stage, 8)
    }

    @Test func `jobs whose calls time out do not slow the others down`() async throws {
        let stage = try await stage(hanging: 20, at: "status")
        try stage.jobd("max_in_flight=200", "max_submitting=16", "timeout.answer=6s")
        try await eventually("all have timed out twice") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'fault'") >= 20
        }
        let start = ContinuousClock.now
        try await completeHealthyJobs(stage, 12)
        // It would take minutes if each of their looks were waited for; a busy machine is slow by itself.
        #expect(ContinuousClock.now - start < .seconds(120))
    }

    @Test func `cancels that hang keep no job from being fetched`() async throws {
        let stage = try await stage(hanging: 20, at: "cancel")
        try stage.jobd("max_in_flight=200", "max_submitting=16", "timeout.answer=1s")
        try await waitUntilAllHang(stage, 20, "cancel")
        try await stage.jobctl("cancel", "1-20")
        for number in 1...8 { try await stage.enqueue("healthy \(number)") }
        try await stage.waitUntilAllAre("completed")
    }

    @Test func `while all POSTs hang a reload is taken and a stop ends`() async throws {
        let stage = try await stage(hanging: 4, at: "submit")
        let jobd = try stage.jobd("max_submitting=4", "timeout.answer=5s")
        try await eventually("all POSTs are on the wire") { try stage.jobCount("submitting") == 4 }
        jobd.signal(SIGHUP)
        try await jobd.says("was read again")
        #expect(try stage.jobCount("submitting") == 4)
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(try stage.jobCount("uncertain") == 4)
    }
}
