import Glibc
import ScriptedServer
import Testing

@testable import HTTP

/// What can have reached the server is told apart from what cannot.
@Suite(.timeLimit(.minutes(10))) struct LostAnswerTests {
    let client: HTTPClient

    init() throws { client = try HTTPClient(userAgent: "test/1") }

    private func isNeverConnected(_ error: HTTPError?) -> Bool {
        if case .neverConnected = error { true } else { false }
    }

    private func partial(_ error: HTTPError?) -> HTTPResponse?? {
        if case .noAnswer(_, let partial) = error { .some(partial) } else { nil }
    }

    @Test(arguments: [true, false])
    func `a post is not repeated when its connection is reset or closed in peace`(isReset: Bool) async throws
    {
        let server = ScriptedServer { peer in
            while let request = peer.receive() {
                if request.line.hasPrefix("POST") { return isReset ? peer.reset() : () }
                peer.send(ScriptedServer.answer("ok"))
            }
        }
        // Leaves a connection that libcurl would like to use again, and whose death it would answer by
        // repeating.
        _ = try await client.send(HTTPRequest(url: server.url))
        let error = await failure(of: HTTPRequest(url: server.url, method: .post(body: [0x31])), client)
        #expect(partial(error) == .some(nil))
        #expect(server.requests.count { $0.line.hasPrefix("POST") } == 1)
    }

    @Test func `a post is not repeated after 417`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("", status: "417 Expectation Failed"))
        let body = [UInt8](repeating: 0x78, count: 2 << 20)
        let response = try await client.send(HTTPRequest(url: server.url, method: .post(body: body)))
        #expect(response.status == 417)
        #expect(server.requests.count == 1)
    }

    @Test func `a get whose reused connection died is repeated`() async throws {
        let server = ScriptedServer { peer in
            guard peer.receive() != nil else { return }
            peer.send(ScriptedServer.answer("ok"))
            _ = peer.receive()
        }
        for _ in 0..<3 { #expect(try await client.send(HTTPRequest(url: server.url)).status == 200) }
        #expect(server.requests.count > 3)
    }

    /// Every proper beginning of an answer is no answer; the whole of it is one.
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-Id: abc\r\n\r\n{\"id\":\"abc\"}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n",
    ])
    func `an answer cut at any byte is no answer`(_ whole: String) async throws {
        let bytes = Array(whole.utf8)
        let server = ScriptedServer { peer in
            guard let request = peer.receive() else { return }
            let length = request.line.split(separator: " ")[1].dropFirst().prefix { $0 != "?" }
            peer.send(Array(bytes.prefix(Int(length) ?? 0)))
            if request.line.contains("reset") { peer.reset() }
        }
        for length in 0...bytes.count {
            for (query, method) in [
                ("", HTTPRequest.Method.get), ("", .post(body: [0x31])), ("?reset", .get),
            ] {
                let request = HTTPRequest(url: server.url + "/\(length)\(query)", method: method)
                let error = await failure(of: request, client)
                let isWhole =
                    length == bytes.count || (length >= bytes.count - 2 && whole.hasSuffix("0\r\n\r\n"))
                if query.isEmpty, length == bytes.count { #expect(error == nil, "\(length)") }
                if !isWhole {
                    #expect(partial(error) != nil, "\(length) \(query): \(String(describing: error))")
                }
            }
        }
    }

    @Test func `what came of a cut answer is kept`() async throws {
        let server = ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\nX-Id: 7\r\nContent-Length: 100\r\n\r\n{\"request_id\":\"r-1\"")
        }
        let error = await failure(of: HTTPRequest(url: server.url, method: .post(body: [])), client)
        let response = try #require(partial(error) ?? nil)
        #expect(response.status == 200)
        #expect(response.headers["x-id"] == "7")
        #expect(response.body == Array("{\"request_id\":\"r-1\"".utf8))
    }

    @Test func `no listener is no connection`() async {
        let port = ScriptedServer { _ in }.port
        // The server above is gone at once; its port is nobody's.
        var error: HTTPError?
        repeat {
            error = await failure(
                of: HTTPRequest(url: "http://127.0.0.1:\(port)", method: .post(body: [])), client)
        } while partial(error) != nil
        #expect(isNeverConnected(error), "\(String(describing: error))")
    }

    @Test func `a name without an address is no connection`() async {
        let request = HTTPRequest(url: "http://nobody.invalid/?key=private", connectTimeout: .seconds(5))
        let error = await failure(of: request, client)
        #expect(isNeverConnected(error))
        #expect(!"\(String(describing: error))".contains("private"))
    }

    @Test func `a failed handshake is no connection`() async {
        let server = ScriptedServer { peer in
            peer.send("HTTP/1.1 400 this is no TLS\r\n\r\n")
            _ = peer.receive()
        }
        let request = HTTPRequest(
            url: "https://127.0.0.1:\(server.port)", method: .post(body: [0x31]), bearerToken: "secret")
        let error = await failure(of: request, client)
        #expect(isNeverConnected(error), "\(String(describing: error))")
        #expect(!"\(String(describing: error))".contains("secret"))
    }

    @Test func `a handshake that never ends is no connection`() async {
        let server = ScriptedServer { peer in while peer.receive() != nil {} }
        var request = HTTPRequest(url: "https://127.0.0.1:\(server.port)", method: .post(body: []))
        request.connectTimeout = .milliseconds(200)
        #expect(isNeverConnected(await failure(of: request, client)))
        request.connectTimeout = .seconds(60)
        request.answerTimeout = .milliseconds(200)
        #expect(isNeverConnected(await failure(of: request, client)))
    }

    @Test func `a time out after the request left is no answer`() async throws {
        let server = ScriptedServer { peer in while peer.receive() != nil {} }
        let request = HTTPRequest(url: server.url, method: .post(body: []), answerTimeout: .seconds(3))
        #expect(partial(await failure(of: request, client)) == .some(nil))
        #expect(server.requests.count == 1)
    }

    @Test func `silence ends a transfer`() async throws {
        let server = ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            while peer.receive() != nil {}
        }
        let request = HTTPRequest(url: server.url, answerTimeout: nil, silenceTimeout: .seconds(2))
        #expect(partial(await failure(of: request, client))??.body == Array("abc".utf8))
    }

    @Test func `a server that never answers is silent`() async throws {
        let server = ScriptedServer { peer in while peer.receive() != nil {} }
        let request = HTTPRequest(url: server.url, answerTimeout: nil, silenceTimeout: .milliseconds(300))
        #expect(partial(await failure(of: request, client)) == .some(nil))
    }

    @Test func `a slow drip is not silence`() async throws {
        let server = ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n")
            for _ in 0..<60 {
                var pause = timespec(tv_sec: 0, tv_nsec: 100_000_000)
                nanosleep(&pause, nil)
                peer.send("x")
            }
        }
        let request = HTTPRequest(url: server.url, answerTimeout: nil, silenceTimeout: .seconds(5))
        #expect(try await client.send(request).body.count == 60)
    }

    @Test(arguments: [
        "", "example.com", "ftp://127.0.0.1/", "file:///etc/passwd", "http:/x", "http://",
        "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: 1", "http://user:word@127.0.0.1/",
        "http://127.0.0.1:99999/", "http://127.0.0.1/\u{0}",
    ])
    func `a URL that cannot be sent is refused`(_ url: String) async {
        let error = await failure(of: HTTPRequest(url: url), client)
        guard case .badRequest = error else { return #expect(error == .badRequest(url)) }
        #expect(!"\(String(describing: error))".contains("word"))
    }

    @Test func `a header cannot smuggle another`() async {
        let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
        for request in [
            HTTPRequest(url: server.url, headers: ["A": "1\r\nB: 2"]),
            HTTPRequest(url: server.url, headers: ["A\n": "1"]),
            HTTPRequest(url: server.url, bearerToken: "secret\r\nB: 2"),
        ] {
            let error = await failure(of: request, client)
            guard case .badRequest = error else { return #expect(error == .badRequest("")) }
            #expect(!"\(String(describing: error))".contains("secret"))
        }
        #expect(server.requests.isEmpty)
    }
}
