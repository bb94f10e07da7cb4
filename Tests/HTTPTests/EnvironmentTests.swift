import Glibc
import Scratch
import ScriptedServer
import Testing

@testable import HTTP

/// Whatever depends on the whole process is tested in separate processes.
@Suite(.timeLimit(.minutes(10))) struct EnvironmentTests {
    @Test func `a proxy that refuses to connect is no connection`() async {
        await #expect(processExitsWith: .success) {
            let proxy = ScriptedServer(
                answering: ScriptedServer.answer(
                    "no", status: "502 Bad Gateway", headers: "Connection: close\r\n"))
            setenv("https_proxy", proxy.url, 1)
            let client = try HTTPClient(userAgent: "test/1")
            let request = HTTPRequest(
                url: "https://files.example/a", method: .post(body: [0x31]), bearerToken: "secret",
                publicAddressesOnly: true)
            let error = await failure(of: request, client)
            guard case .neverConnected = error else { fatalError("\(String(describing: error))") }
            precondition(proxy.requests.map(\.line) == ["CONNECT files.example:443 HTTP/1.1"])
            precondition(proxy.requests[0].headers["authorization"] == nil)
        }
    }

    @Test func `a client with nothing to do sleeps`() async {
        await #expect(processExitsWith: .success) {
            let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
            _ = try await HTTPClient(userAgent: "test/1").send(HTTPRequest(url: server.url))
            let others = Set(switches().keys)
            let client = try HTTPClient(userAgent: "test/1")
            let thread = try #require(switches().keys.first { !others.contains($0) })
            let request = HTTPRequest(url: server.url, silenceTimeout: .milliseconds(100))
            _ = try await client.send(request)
            // The look for silence that is still due may come once more.
            var before: Int?
            try await eventually("it sleeps") {
                before = switches()[thread]
                try await Task.sleep(for: .seconds(1))
                return switches()[thread] == before
            }
            _ = try await client.send(request)
            precondition(switches()[thread] != before)
        }
    }

    @Test func `many downloads share the memory for what they receive`() {
        func buffer(_ connections: Int) -> Int {
            TransferSettings(userAgent: "a", maximumConnections: connections).downloadBuffer
        }
        #expect([1, 8, 16, 72].map(buffer) == [512 << 10, 256 << 10, 128 << 10, (2 << 20) / 72])
        #expect(buffer(1000) == 16 << 10)
    }

    @Test func `certificate files come from the environment as curl takes them`() {
        func options(_ environment: [String: String]) -> [String?] {
            let settings = TransferSettings(userAgent: "a") { environment[$0] }
            return [settings.certificateFile, settings.certificateFolder]
        }
        #expect(options([:]) == [nil, nil])
        #expect(options(["SSL_CERT_FILE": "f", "SSL_CERT_DIR": "d"]) == ["f", "d"])
        #expect(options(["CURL_CA_BUNDLE": "b", "SSL_CERT_FILE": "f", "SSL_CERT_DIR": "d"]) == ["b", nil])
    }

    @Test func `a proxy counts for its scheme alone`() {
        func proxied(_ environment: [String: String]) -> [Bool] {
            let settings = TransferSettings(userAgent: "a") { environment[$0] }
            return [settings.mayUseProxy("http://a/"), settings.mayUseProxy("HTTPS://a/")]
        }
        #expect(proxied([:]) == [false, false])
        #expect(proxied(["HTTP_PROXY": "p"]) == [false, false])
        #expect(proxied(["http_proxy": "p"]) == [true, false])
        #expect(proxied(["HTTPS_PROXY": "p"]) == [false, true])
        #expect(proxied(["ALL_PROXY": "p"]) == [true, true])
    }
}

/// How often each thread of this process has gone to sleep or been put aside.
private func switches() -> [Int32: Int] {
    var counts: [Int32: Int] = [:]
    for name in FileOnDisk.names("/proc/self/task") {
        guard let thread = Int32(name) else { continue }
        counts[thread] = FileOnDisk.content("/proc/self/task/\(name)/status").split(separator: "\n")
            .filter { $0.contains("ctxt_switches") }
            .compactMap { $0.split(separator: "\t").last.flatMap { Int($0) } }.reduce(0, +)
    }
    return counts
}
