import ScriptedServer
import System
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct HTTPClientTests {
    let client: HTTPClient

    init() throws { client = try HTTPClient(userAgent: "jobd/1.2") }

    @Test func `an answer arrives with status headers and body`() async throws {
        let server = ScriptedServer(
            answering:
                "HTTP/1.1 418 I'm a teapot\r\nX-A: one\r\nx-a:  two \r\nEmpty:\r\nContent-Length: 3\r\n\r\na\u{0}b"
        )
        let response = try await client.send(HTTPRequest(url: server.url + "/path?q=1"))
        #expect(response.status == 418)
        #expect(response.headers.values(of: "X-a") == ["one", "two"])
        #expect(response.headers["EMPTY"] == "")
        #expect(response.headers["absent"] == nil)
        #expect(response.contentLength == 3)
        #expect(response.body == [0x61, 0, 0x62])
        #expect(server.requests.map(\.line) == ["GET /path?q=1 HTTP/1.1"])
    }

    @Test func `a request says what it was told and nothing else`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
        _ = try await client.send(
            HTTPRequest(
                url: server.url, method: .post(body: Array(#"{"a":1}"#.utf8)),
                headers: ["Content-Type": "application/json", "X-Empty": ""], bearerToken: "secret"))
        _ = try await client.send(HTTPRequest(url: server.url))
        let (post, get) = (server.requests[0], server.requests[1])
        #expect(post.line == "POST / HTTP/1.1")
        #expect(post.body == #"{"a":1}"#)
        #expect(
            post.headers.fields.map { $0.name.lowercased() }.sorted()
                == [
                    "accept", "authorization", "content-length", "content-type", "host", "user-agent",
                    "x-empty",
                ])
        #expect(post.headers["authorization"] == "Bearer secret")
        #expect(post.headers["user-agent"] == "jobd/1.2")
        // Nothing of one request is left in the handle for the next, the token least of all.
        #expect(get.headers.fields.map { $0.name.lowercased() }.sorted() == ["accept", "host", "user-agent"])
        #expect(get.body == "")
    }

    @Test func `an empty and a large post arrive whole`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
        let large = [UInt8](repeating: 0x78, count: 3 << 20)
        for body in [[], large] {
            _ = try await client.send(HTTPRequest(url: server.url, method: .post(body: body)))
        }
        #expect(server.requests.map(\.body.utf8.count) == [0, 3 << 20])
        #expect(server.requests.allSatisfy { $0.headers["expect"] == nil })
    }

    @Test func `a part of a file arrives and nothing of it is left for the next request`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
        let large = (0..<(2 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 3) }
        let file = try FileDescriptor.inMemory(large)
        func send(_ method: HTTPRequest.Method) async throws {
            _ = try await client.send(HTTPRequest(url: server.url, method: method))
        }
        try await send(.put(FilePart(file, offset: 5, count: Int64(large.count) - 5)))
        try await send(.put(FilePart(file, count: 0)))
        try await send(.delete)
        try await send(.get)
        try await send(.post(body: [0x31]))
        #expect(
            server.requests.map { $0.line.prefix { $0 != " " } } == ["PUT", "PUT", "DELETE", "GET", "POST"])
        #expect(server.requests[0].bytes == Array(large.dropFirst(5)))
        #expect(server.requests[1].headers["content-length"] == "0")
        #expect(server.requests[3].bytes.isEmpty)
        #expect(server.connections == 2)
    }

    @Test func `a head is asked for without a body`() async throws {
        let server = ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in 1...2 {
            let response = try await client.send(HTTPRequest(url: server.url, method: .head))
            #expect(response.contentLength == 1000)
            #expect(response.body.isEmpty)
        }
        #expect(server.requests.map { $0.line.prefix { $0 != " " } } == ["HEAD", "HEAD"])
    }

    @Test func `a file that is shorter than announced is not sent`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
        let part = FilePart(try FileDescriptor.inMemory([1, 2, 3]), count: 4)
        let request = HTTPRequest(url: server.url, method: .put(part))
        #expect(await failure(of: request, client) == .badRequest("the file has become shorter"))
    }

    @Test func `a redirect is an answer`() async throws {
        let server = ScriptedServer(
            answering: ScriptedServer.answer(
                "", status: "307 Temporary Redirect", headers: "Location: /other\r\n"))
        let response = try await client.send(
            HTTPRequest(url: server.url, method: .post(body: [0x31]), bearerToken: "secret"))
        #expect(response.status == 307)
        #expect(response.headers["location"] == "/other")
        #expect(server.requests.count == 1)
    }

    @Test func `interim answers and trailers are not the answer`() async throws {
        let server = ScriptedServer(
            answering: """
                HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n\
                HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n\
                2\r\nhe\r\n3\r\nllo\r\n0\r\nX-A: late\r\n\r\n
                """)
        let response = try await client.send(HTTPRequest(url: server.url))
        #expect(response.status == 201)
        #expect(response.headers.values(of: "x-a") == ["1"])
        #expect(response.headers["x-early"] == nil)
        #expect(response.contentLength == nil)
        #expect(response.body == Array("hello".utf8))
    }

    @Test func `a compressed looking body is left as it is`() async throws {
        let server = ScriptedServer(
            answering: ScriptedServer.answer("not gzip", headers: "Content-Encoding: gzip\r\n"))
        #expect(try await client.send(HTTPRequest(url: server.url)).body == Array("not gzip".utf8))
        #expect(server.requests[0].headers["accept-encoding"] == nil)
    }

    @Test func `an encoded body is decoded if that is asked for`() async throws {
        // "hello", by gzip.
        let encoded: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 7, 0, 0x86, 0xA6, 0x10, 0x36, 5,
            0, 0, 0,
        ]
        let server = ScriptedServer { peer in
            while peer.receive() != nil {
                peer.send(
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(encoded.count)\r\n\r\n")
                peer.send(encoded)
            }
        }
        var request = HTTPRequest(url: server.url)
        let raw = try await client.send(request)
        #expect(raw.isEncoded && raw.body == encoded)
        request.decodesBody = true
        #expect(try await client.send(request).body == Array("hello".utf8))
        // A handle that decoded once does not keep decoding.
        request.decodesBody = false
        #expect(try await client.send(request).body == encoded)
    }

    @Test(arguments: [
        ("gzip", true), ("GZIP", true), ("deflate, br", true), ("identity", false), ("", false),
        ("utf-8", false), ("aws-chunked", false), ("aws-chunked, gzip", false),
    ])
    func `a word that names no encoding is a server's mistake`(value: String, isEncoded: Bool) {
        #expect(HTTPResponse(status: 200, headers: ["Content-Encoding": value]).isEncoded == isEncoded)
        #expect(!HTTPResponse(status: 200).isEncoded)
    }

    @Test func `gets share a connection`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
        for _ in 0..<10 { _ = try await client.send(HTTPRequest(url: server.url)) }
        #expect(server.requests.count == 10)
        #expect(server.connections == 1)
    }

    @Test func `many requests at once are all answered each with its own`() async throws {
        let client = try HTTPClient(userAgent: "test/1", maximumConnections: 8, maximumConnectionsPerHost: 3)
        let server = ScriptedServer { peer in
            while let request = peer.receive() { peer.send(ScriptedServer.answer(request.line)) }
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask {
                    let request = HTTPRequest(
                        url: server.url + "/\(index)", method: index % 4 == 0 ? .post(body: []) : .get)
                    let body = try await client.send(request).body
                    return String(decoding: body, as: UTF8.self).contains("/\(index) ")
                }
            }
            for try await isOwn in group { #expect(isOwn) }
        }
        #expect(server.requests.count == 64)
    }

    @Test func `no more connections are open than allowed`() async throws {
        let client = try HTTPClient(userAgent: "test/1", maximumConnections: 8, maximumConnectionsPerHost: 3)
        let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 { group.addTask { _ = try await client.send(HTTPRequest(url: server.url)) } }
            try await group.waitForAll()
        }
        #expect(server.connections <= 3)
        #expect(server.requests.count == 64)
    }

    @Test func `a body may be as long as allowed and no longer`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("0123456789"))
        let fitting = HTTPRequest(url: server.url, maximumBody: 10)
        #expect(try await client.send(fitting).body.count == 10)
        let error = await failure(of: HTTPRequest(url: server.url, maximumBody: 9), client)
        guard case .bodyTooLarge(let response) = error else { return #expect(error == nil) }
        #expect(response.status == 200)
        #expect(response.body == Array("012345678".utf8))
    }

    @Test func `endless headers end the transfer`() async throws {
        let server = ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\n")
            for index in 0..<2000 { peer.send("X-\(index): \(String(repeating: "x", count: 100))\r\n") }
            peer.send("\r\n")
        }
        let error = await failure(of: HTTPRequest(url: server.url), client)
        #expect(error.map { "\($0)" } == "no complete answer: the answer's headers are too long")
    }
}
