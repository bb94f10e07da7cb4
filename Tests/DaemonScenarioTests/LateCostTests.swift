import JSON
import Scratch
import Testing

/// A service that knows the cost only after it has named the outputs.
@Suite struct LateCostTests {
    private let service = ScriptedService()
    private let stage: Stage

    init() { stage = Stage(service) }

    private static func result(_ more: String) -> ScriptedService.Word {
        .init(body: #"{"status":"succeeded","output":"OWN/f/NAME"\#(more)}"#)
    }

    /// Runs a job of which `/result` says this first, then that.
    private func run(_ first: String, then: ScriptedService.Word? = nil) async throws {
        service.end("late")
        service.say("result", of: "late", Self.result(first), then ?? Self.result(first))
        try await stage.enqueue(named: "late")
        try await stage.drain("timeout.answer=1h")
        #expect(try stage.state(of: 1) == "completed")
    }

    @Test func `a cost that was not known with the result is asked for once more, and recorded`() async throws
    {
        try await run(#","cost":null"#, then: Self.result(#","cost":0.25"#))
        #expect(try await stage.job(1)["cost_usd"]?.double == 0.25)
        #expect(try stage.text("SELECT reported_usd FROM spending") == "0.25")
        #expect(try stage.number("SELECT count(*) FROM outputs WHERE state = 'done'") == 1)
        let day = try #require(try stage.text("SELECT path FROM outputs")).prefix { $0 != "/" }
        let sidecar = FileOnDisk.content(stage.state + "/outputs/\(day)/000001.json")
        #expect(sidecar.contains("\"cost_usd\": 0.25"), "\(sidecar)")
    }

    @Test func `a service that does not answer the question keeps no job from its end`() async throws {
        try await run(#","cost":null"#, then: .nothing)
        #expect(service.asked("result", of: "late") == 2)
    }

    @Test(arguments: [(#","cost":null"#, 2), ("", 1), (#","cost":0.5"#, 1)])
    func `nobody waits for the cost, and a service that never mentions it is not asked again`(
        cost: String, asked: Int
    )
        async throws
    {
        try await run(cost)
        #expect(service.asked("result", of: "late") == asked)
    }
}
