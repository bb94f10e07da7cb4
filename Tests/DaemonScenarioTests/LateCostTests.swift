import HTTP
import JSON
import Scratch
import ScriptedServer
import Synchronization
import Testing

/// A service that knows the cost only after it has named the outputs.
@Suite struct LateCostTests {
    private static let pixel = "GIF89a\u{1}\0\u{1}\0\0\0\0,\0\0\0\0\u{1}\0\u{1}\0\0\u{2}\u{1}\0\0;"

    private final class Turns: Sendable {
        let taken = Atomic(0)
    }

    private static func server(costs: [String]) -> ScriptedServer {
        let turns = Turns()
        return ScriptedServer { peer in
            while let request = peer.receive() {
                let path = request.line.split(separator: " ")[1]
                let own = "http://" + (request.headers["host"] ?? "")
                let body: String
                if path.hasPrefix("/f/") {
                    body = pixel
                } else if path.hasSuffix("/status") {
                    body = #"{"status":"completed"}"#
                } else if path.contains("/result") {
                    let turn = turns.taken.add(1, ordering: .relaxed).oldValue
                    if costs[min(turn, costs.count - 1)] == "hang" { continue }
                    body =
                        #"{"status":"succeeded","output":"\#(own)/f/1"\#(costs[min(turn, costs.count - 1)])}"#
                } else {
                    body = #"{"request_id":"r-1"}"#
                }
                peer.send(ScriptedServer.answer(body))
            }
        }
    }

    private func run(_ server: ScriptedServer) async throws -> Stage {
        let stage = Stage()
        stage.url = server.url
        try await stage.jobctl("enqueue", "t/late", "text=x", "-q")
        try await stage.drain("timeout.answer=1h")
        #expect(try stage.state(of: 1) == "completed")
        return stage
    }

    @Test("A cost that was not known with the result is asked for once more, and recorded")
    func late() async throws {
        let server = Self.server(costs: [#","cost":null"#, #","cost":0.25"#])
        let stage = try await run(server)
        #expect(try await stage.job(1)["cost_usd"]?.double == 0.25)
        #expect(try stage.text("SELECT reported_usd FROM spending") == "0.25")
        #expect(try stage.number("SELECT count(*) FROM outputs WHERE state = 'done'") == 1)
        let day = try #require(try stage.text("SELECT path FROM outputs")).prefix { $0 != "/" }
        let sidecar = FileOnDisk.text(stage.state + "/outputs/\(day)/000001.json") ?? ""
        #expect(sidecar.contains("\"cost_usd\": 0.25"), "\(sidecar)")
    }

    @Test("A service that does not answer the question keeps no job from its end")
    func silent() async throws {
        let server = Self.server(costs: [#","cost":null"#, "hang"])
        _ = try await run(server)
        #expect(server.requests.count { $0.line.contains("/result") } == 2)
    }

    @Test(
        "Nobody waits for it, and who says nothing of it is not asked again",
        arguments: [(#","cost":null"#, 2), ("", 1), (#","cost":0.5"#, 1)])
    func once(cost: String, asked: Int) async throws {
        let server = Self.server(costs: [cost])
        _ = try await run(server)
        #expect(server.requests.count { $0.line.contains("/result") } == asked)
    }
}
