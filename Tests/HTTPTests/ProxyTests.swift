import Glibc
import ScriptedServer
import Testing

@testable import HTTP

/// Who is asked through a proxy, and what it gets to see. The environment is the process's, so each test has
/// its own.
@Suite(.timeLimit(.minutes(10))) struct ProxyTests {
    @Test func `loopback is never asked through a proxy`() async {
        await #expect(processExitsWith: .success) {
            let proxy = ScriptedServer(answering: ScriptedServer.answer("by the proxy"))
            let server = ScriptedServer(answering: ScriptedServer.answer("direct"))
            for scheme in ["http://", "socks5h://", "socks4://"] {
                for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
                    setenv(name, "\(scheme)127.0.0.1:\(proxy.port)", 1)
                }
                let client = try HTTPClient(userAgent: "test/1")
                for host in ["127.0.0.1", "localhost", "LOCALHOST", "127.1"] {
                    let url = "http://\(host):\(server.port)/"
                    for token in ["secret", nil] {
                        let answer = try await client.send(HTTPRequest(url: url, bearerToken: token))
                        precondition(answer.body == Array("direct".utf8), "\(url) \(answer)")
                    }
                    let post = HTTPRequest(url: url, method: .post(body: [0x31]), bearerToken: "secret")
                    let answer = try await client.send(post)
                    precondition(answer.body == Array("direct".utf8))
                }
                // Nothing of TLS is spoken there: what counts is who is asked for it.
                let secure = HTTPRequest(
                    url: "https://127.0.0.1:\(proxy.port)/", bearerToken: "secret",
                    connectTimeout: .seconds(1))
                _ = await failure(of: secure, client)
                precondition(!proxy.requests.contains { $0.line.hasPrefix("CONNECT") })
            }
            precondition(!proxy.requests.contains { $0.headers["authorization"] != nil })
        }
    }

    @Test func `a token is not sent in clear to a proxy`() async {
        await #expect(processExitsWith: .success) {
            let proxy = ScriptedServer(answering: ScriptedServer.answer("by the proxy"))
            for name in ["http_proxy", "all_proxy"] { setenv(name, proxy.url, 1) }
            let client = try HTTPClient(userAgent: "test/1")
            // A name that never resolves: asked directly, there is no connection.
            let request = HTTPRequest(url: "http://api.invalid/", bearerToken: "secret")
            guard case .neverConnected = await failure(of: request, client) else {
                fatalError("\(proxy.requests)")
            }
            precondition(proxy.connections == 0)
            // Without a token the environment's word holds.
            let plain = HTTPRequest(url: "http://files.invalid/")
            let answer = try await client.send(plain)
            precondition(answer.body == Array("by the proxy".utf8))
            precondition(proxy.requests.map(\.line) == ["GET http://files.invalid/ HTTP/1.1"])
            precondition(proxy.requests[0].headers["authorization"] == nil)
        }
    }

    @Test func `a handle that went past the proxy goes through it for the next`() async {
        await #expect(processExitsWith: .success) {
            let proxy = ScriptedServer(answering: ScriptedServer.answer("by the proxy"))
            let server = ScriptedServer(answering: ScriptedServer.answer("direct"))
            setenv("http_proxy", proxy.url, 1)
            let client = try HTTPClient(userAgent: "test/1")
            for _ in 0..<3 {
                let direct = try await client.send(HTTPRequest(url: server.url, bearerToken: "secret"))
                let other = try await client.send(HTTPRequest(url: "http://files.invalid/"))
                precondition(direct.body == Array("direct".utf8))
                precondition(other.body == Array("by the proxy".utf8))
            }
        }
    }

    @Test func `no_proxy is understood as by curl`() async {
        await #expect(processExitsWith: .success) {
            let proxy = ScriptedServer(answering: ScriptedServer.answer("by the proxy"))
            setenv("http_proxy", proxy.url, 1)
            setenv("https_proxy", proxy.url, 1)
            setenv("no_proxy", ".invalid", 1)
            let client = try HTTPClient(userAgent: "test/1")
            for scheme in ["http", "https"] {
                let request = HTTPRequest(url: "\(scheme)://files.invalid/")
                guard case .neverConnected = await failure(of: request, client) else {
                    fatalError("\(proxy.requests)")
                }
            }
            precondition(proxy.connections == 0)
        }
    }
}
