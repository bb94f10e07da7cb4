import ScriptedServer
import Testing

@testable import HTTP

/// How long an answer's body is if its headers say more than one thing (RFC 9112, 6.3).
@Suite(.timeLimit(.minutes(10))) struct BodyLengthTests {
    private func length(_ fields: (String, String)...) -> Int64? {
        HTTPResponse(
            status: 200, headers: HTTPHeaders(fields.map { HTTPHeaders.Field(name: $0.0, value: $0.1) })
        ).contentLength
    }

    @Test func `chunks decide whatever length comes with them`() {
        #expect(length(("Content-Length", "5"), ("Transfer-Encoding", "chunked")) == nil)
        #expect(length(("transfer-encoding", "gzip, chunked"), ("content-length", "5")) == nil)
        #expect(length(("Transfer-Encoding", "identity"), ("Content-Length", "5")) == 5)
        #expect(length(("Transfer-Encoding", ""), ("Content-Length", "5")) == 5)
    }

    @Test func `one length said twice is one length and two are none`() {
        #expect(length(("Content-Length", "5")) == 5)
        #expect(length(("Content-Length", "5"), ("content-length", "5")) == 5)
        #expect(length(("Content-Length", "5, 5")) == 5)
        #expect(length(("Content-Length", "5"), ("Content-Length", "6")) == nil)
        #expect(length(("Content-Length", "5, 6")) == nil)
    }

    @Test(arguments: ["", "-5", "+5", "0x5", "5.0", "five", "99999999999999999999", "5 6"])
    func `what is no number is no length`(value: String) { #expect(length(("Content-Length", value)) == nil) }

    @Test func `a length of nothing is a length`() {
        #expect(length(("Content-Length", "0")) == 0)
        #expect(length(("Content-Length", "007")) == 7)
    }

    @Test(arguments: [
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "5\r\nhello\r\n0\r\n\r\n"),
        ("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
        ("Content-Length: 500\r\nTransfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
        ("Content-Length: 5, 5\r\n", "hello"), ("Connection: close\r\n", "hello"),
    ])
    func `the whole body comes, and says how long it is no worse than the wire did`(
        head: String, body: String
    ) async throws {
        let client = try HTTPClient(userAgent: "test/1")
        let server = ScriptedServer { peer in
            if peer.receive() != nil { peer.send("HTTP/1.1 200 OK\r\n\(head)\r\n\(body)") }
        }
        let answer = try await client.send(HTTPRequest(url: server.url))
        #expect(answer.body == Array("hello".utf8))
        #expect([nil, 5].contains(answer.contentLength))
    }
}
