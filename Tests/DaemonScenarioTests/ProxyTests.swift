import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// The token and the proxies that the environment names.
@Suite(.serialized) struct ProxyTests {
    @Test func `a service on loopback is not asked through a proxy`() async throws {
        let stage = try await Stage.simulated()
        let proxy = ScriptedServer(answering: ScriptedServer.answer("by the proxy"))
        let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        let environment = Dictionary(uniqueKeysWithValues: names.map { ($0, proxy.url) })
        let id = try await stage.enqueue()
        try stage.jobd(environment: environment)
        try await stage.wait(for: id, toBe: "completed")
        for question in ["token", "balance", "models"] {
            let asked = try stage.jobd(options: ["--ask", question], environment: environment)
            #expect(try await asked.exitCode() == 0)
            #expect(asked.output.contains("{"), "\(asked.output)\(asked.errors)")
        }
        #expect(proxy.connections == 0)
        #expect(proxy.requests.isEmpty)
    }
}
