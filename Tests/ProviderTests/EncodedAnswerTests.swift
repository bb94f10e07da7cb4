import HTTP
import JSON
import JobModel
import ScriptedServer
import Testing

@testable import Provider

/// Answers that arrive encoded without having been asked for: what was bought is known all the same.
@Suite(.timeLimit(.minutes(10))) struct EncodedAnswerTests {
    /// `{"request_id":"r-1"}`, in three ways.
    private static let gzip: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xAB, 0x56, 0x2A, 0x4A, 0x2D, 0x2C, 0x4D, 0x2D, 0x2E, 0x89, 0xCF,
        0x4C, 0x51, 0xB2, 0x52, 0x2A, 0xD2, 0x35, 0x54, 0xAA, 5, 0, 0xFB, 0x8F, 0x81, 0xC0, 0x14, 0, 0, 0,
    ]
    private static let zlib: [UInt8] = [
        0x78, 0x9C, 0xAB, 0x56, 0x2A, 0x4A, 0x2D, 0x2C, 0x4D, 0x2D, 0x2E, 0x89, 0xCF, 0x4C, 0x51, 0xB2, 0x52,
        0x2A, 0xD2, 0x35, 0x54, 0xAA, 5, 0, 0x4D, 0x0E, 6, 0xC0,
    ]
    private static let deflate: [UInt8] = [
        0xAB, 0x56, 0x2A, 0x4A, 0x2D, 0x2C, 0x4D, 0x2D, 0x2E, 0x89, 0xCF, 0x4C, 0x51, 0xB2, 0x52, 0x2A, 0xD2,
        0x35, 0x54, 0xAA, 5, 0,
    ]
    private static let plain = Array(#"{"request_id":"r-1"}"#.utf8)
    private static let token = "secret-0123"
    /// An answer that echoes the token, and whose id is none.
    private static let echo: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xAB, 0x56, 0x2A, 0xC9, 0xCF, 0x4E, 0xCD, 0x53, 0xB2, 0x52, 0x2A,
        0x4E, 0x4D, 0x2E, 0x4A, 0x2D, 0xD1, 0x35, 0x30, 0x34, 0x32, 0x56, 0xD2, 0x51, 0x2A, 0x4A, 0x2D, 0x2C,
        0x4D, 0x2D, 0x2E, 0x89, 0xCF, 0x4C, 1, 0x4A, 0x15, 0xE9, 0x1B, 0x2A, 0xD5, 2, 0, 0x73, 0x9B, 0x79,
        0x53, 0x2A, 0, 0, 0,
    ]

    private func server(_ body: [UInt8], _ encoding: String?, length: Int? = nil) -> ScriptedServer {
        let field = encoding.map { "Content-Encoding: \($0)\r\n" } ?? ""
        return ScriptedServer { peer in
            while peer.receive() != nil {
                peer.send("HTTP/1.1 200 OK\r\n\(field)Content-Length: \(length ?? body.count)\r\n\r\n")
                peer.send(body)
                if length != nil { return }
            }
        }
    }

    private func submit(_ server: ScriptedServer) async throws -> SubmitAnswer {
        let client = RunComfyClient(
            http: try HTTPClient(userAgent: "test/1"), baseURL: server.url, answerTimeout: .seconds(20)
        ) { Self.token }
        return await client.submit(model: "a/b", input: "{}")
    }

    @Test(
        arguments: [
            ("gzip", gzip), ("x-gzip", gzip), ("GZIP", gzip), ("gzip, identity", gzip), ("deflate", zlib),
            ("deflate", deflate), ("gzip", gzip + [0, 0, 0]),
            // Wrong about itself.
            ("deflate", gzip), ("gzip", zlib), ("gzip", plain), ("br", plain), (nil, gzip),
            ("identity", gzip),
        ] as [(String?, [UInt8])])
    func `an encoded answer to a POST is decoded`(encoding: String?, body: [UInt8]) async throws {
        let server = server(body, encoding)
        let answer = try await submit(server)
        guard case .bought("r-1", _) = answer else { return #expect(Bool(false), "\(answer)") }
        #expect(server.requests.count == 1)
    }

    @Test func `an error that is only called encoded is read as one`() async throws {
        let body = Array(#"{"error_code":400002,"error_message":"no balance"}"#.utf8)
        guard case .accountFault(.balance, _) = try await submit(server(body, "gzip")) else {
            return #expect(Bool(false))
        }
    }

    @Test func `a token inside an encoded answer is removed`() async throws {
        for body in [Self.echo, Array(Self.echo.dropLast(12))] {
            let (reason, raw) = try #require(try await submit(server(body, "gzip")).doubt)
            #expect("\(raw)".contains("[token]"), "\(raw)")
            #expect(!"\(reason)\(raw)".contains(Self.token))
        }
    }

    @Test func `what cannot be decoded is kept byte for byte`() async throws {
        let bytes: [UInt8] = [0x0B, 0x02, 0x80, 0xFF, 0, 3]
        for encoding in ["br", "zstd"] {
            let (reason, raw) = try #require(try await submit(server(bytes, encoding)).doubt)
            #expect(reason == "HTTP 200: 6 bytes that are not text")
            #expect(raw.members == ["answer_base64": "CwKA/wAD", "answer_encoding": .string(encoding)])
        }
    }

    @Test func `what is no text is kept byte for byte`() async throws {
        let bytes = Array("{\"request_id\":\"r-".utf8) + [0xE9] + Array("\"}".utf8)
        let raw = try #require(try await submit(server(bytes, nil)).doubt).raw
        #expect(raw.members["answer_base64"] == .string(Base64.text(of: bytes)))
        #expect(raw.members["answer"] == nil)
    }

    @Test func `an ID far down in an answer is kept`() async throws {
        let text = String(repeating: "<p>", count: 100_000) + "the request is r-77"
        let raw = try #require(try await submit(server(Array(text.utf8), nil)).doubt).raw
        #expect(raw.members == ["answer": .string(text)])
    }

    @Test func `a damaged body is not believed and is kept as it came and as it reads`() async throws {
        var damaged = Self.gzip
        damaged[damaged.count - 8] ^= 1
        let (reason, raw) = try #require(try await submit(server(damaged, "gzip")).doubt)
        #expect(reason.contains("damaged"))
        #expect(raw.members["answer"] == .string(#"{"request_id":"r-1"}"#))
        #expect(raw.members["answer_base64"] == .string(Base64.text(of: damaged)))
        #expect(raw.members["answer_encoding"] == "gzip")
    }

    @Test(arguments: 1..<40)
    func `an encoded answer that is cut is in doubt, and what can be read of it is kept`(at count: Int)
        async throws
    {
        let server = server(Array(Self.gzip.prefix(count)), "gzip", length: Self.gzip.count)
        let raw = try #require(try await submit(server).doubt).raw
        #expect(Self.plain.starts(with: raw.bytes))
        #expect(raw.members["answer_base64"] == .string(Base64.text(of: Array(Self.gzip.prefix(count)))))
    }

    @Test func `a body that unfolds without bound is ended`() {
        let response = HTTPResponse(status: 200, headers: ["Content-Encoding": "gzip"], body: Self.bomb)
        guard case .tooLong(let beginning) = response.decoding(limit: 1000) else {
            return #expect(Bool(false))
        }
        #expect(beginning.body == [UInt8](repeating: 0, count: 1000))
    }

    @Test func `layers of encoding are removed from the last to the first`() {
        let twice = HTTPResponse(
            status: 200, headers: ["Content-Encoding": "gzip", "content-encoding": "deflate"],
            body: Self.nested)
        guard case .decoded(let plain) = twice.decoding(limit: 1000) else { return #expect(Bool(false)) }
        #expect(plain.body == Self.plain && !plain.isEncoded)
        let members = HTTPResponse(
            status: 200, headers: ["Content-Encoding": "gzip"], body: Self.gzip + Self.gzip)
        guard case .decoded(let both) = members.decoding(limit: 1000) else { return #expect(Bool(false)) }
        #expect(both.body == Self.plain + Self.plain)
    }

    /// 100,000 zeros.
    private static let bomb: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xED, 0xC1, 0x31, 1, 0, 0, 0, 0xC2, 0xA0, 0xF5, 0x4F, 0x6D,
        0x0D, 0x0F, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0x80, 0x57, 3, 0x7D, 0x95, 0x11, 0xD4, 0xA0, 0x86, 1, 0,
    ]
    /// By gzip, then by deflate.
    private static let nested: [UInt8] = [
        0x78, 0x9C, 0x93, 0xEF, 0xE6, 0x60, 0, 1, 0x26, 0xE6, 0xD5, 0x61, 0x5A, 0x5E, 0xBA, 0x3A, 0xBE,
        0xBA, 0x7A, 0x9D, 0xE7, 0x7D, 2, 0x37, 5, 0x69, 0x5D, 0x32, 0x0D, 0x59, 0xC5, 0xCA, 0xF0, 0xBB,
        0xBF, 0xF1, 0x80, 8, 0x50, 0x1E, 0, 0xC4, 0xD8, 0x0B, 0x3A,
    ]
}
