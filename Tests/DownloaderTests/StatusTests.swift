import HTTP
import System
import Testing

@testable import Downloader

/// Which answers contain the file, and what they say about its length.
@Suite(.timeLimit(.minutes(10))) struct StatusTests {
    private static let png = SampleFile.png(3, 5)

    private static func part(_ range: String, _ bytes: some Sequence<UInt8>, tag: String? = "\"v1\"")
        -> FileServer.Answer
    {
        var headers: HTTPHeaders = ["Content-Range": range]
        if let tag { headers.fields.append(.init(name: "ETag", value: tag)) }
        return FileServer.Answer(status: "206 Partial Content", headers: headers, body: Array(bytes))
    }

    private func expectWhole(_ rig: Rig, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let file = try await rig.downloader().fetch(rig.order())
        #expect(rig.contents(file.path) == Self.png, sourceLocation: sourceLocation)
        #expect(file.sha256 == SHA256.hexadecimal(of: Self.png), sourceLocation: sourceLocation)
    }

    @Test(arguments: [1, 50, 100_000])
    func `a length beside chunks says nothing`(length: Int) async throws {
        let rig = Rig { request, _ in
            .file(Self.png, adding: ["Content-Length": "\(length)"], framing: .chunks, request)
        }
        try await expectWhole(rig)
        #expect(rig.server.requests.count == 1)
    }

    @Test func `one length said twice is a length`() async throws {
        let rig = Rig { request, _ in
            let field = HTTPHeaders.Field(name: "Content-Length", value: "\(Self.png.count)")
            return .file(Self.png, adding: HTTPHeaders([field, field]), request)
        }
        try await expectWhole(rig)
        #expect(rig.sizes.withLock { $0 } == [Int64(Self.png.count)])
    }

    @Test func `a transformed answer is the file and is never continued`() async throws {
        let rig = Rig { request, count in
            var answer = FileServer.Answer.file(Self.png, cut: count == 0 ? 30 : nil, request)
            answer.status = "203 Non-Authoritative Information"
            return answer
        }
        #expect(try await rig.kindOfFailure() == "network")
        try await expectWhole(rig)
        #expect(rig.server.requests.count == 2)
        #expect(rig.server.requests.allSatisfy { $0.headers["range"] == nil })
    }

    @Test func `a range of all bytes is the file unasked`() async throws {
        let count = Self.png.count
        for tag in ["\"v1\"", nil] {
            let rig = Rig { _, _ in Self.part("bytes 0-\(count - 1)/\(count)", Self.png, tag: tag) }
            try await expectWhole(rig)
            #expect(rig.server.requests.count == 1)
        }
    }

    @Test func `a part that came unasked is kept and continued`() async throws {
        let count = Self.png.count
        let rig = Rig { request, _ in
            let start = request.offset ?? 0
            let end = min(start + 20, count)
            return Self.part("bytes \(start)-\(end - 1)/\(count)", Self.png[start..<end])
        }
        try await expectWhole(rig)
        let offsets = rig.server.requests.map { $0.offset ?? 0 }
        #expect(offsets == Array(stride(from: 0, to: count, by: 20)))
        #expect(rig.server.requests.dropFirst().allSatisfy { $0.headers["if-range"] == "\"v1\"" })
    }

    @Test func `a part of another file is not put behind the first`() async throws {
        let count = Self.png.count
        let rig = Rig { request, before in
            let start = request.offset ?? 0
            if before > 2 { return .file(Self.png, tag: "\"v9\"", request) }
            return Self.part(
                "bytes \(start)-\(start + 19)/\(count)", [UInt8](repeating: 7, count: 20),
                tag: "\"v\(before)\"")
        }
        // It may be told as a fault, to be tried again; it never becomes a file.
        for _ in 0..<4 {
            if await rig.failure(try rig.downloader(), try rig.order()) == nil { break }
        }
        #expect(rig.contents("2026-01-02/000007-1.png") == Self.png)
        #expect(rig.server.requests.count < 12)
    }

    @Test(arguments: [
        "bytes 5-9/100", "bytes 0-9/*", "bytes 0-1000/1001", "bytes 0-0/0", "bytes */100", "items 0-9/10",
        "bytes 0-9/5", "",
    ])
    func `a range that was not asked for and does not hold together is no file`(range: String) async throws {
        let rig = Rig { _, _ in Self.part(range, Self.png) }
        #expect(await rig.failure(try rig.downloader(), try rig.order()) != nil)
        #expect(rig.recorded.withLock { $0.isEmpty })
        #expect(rig.server.requests.count < 8)
    }

    @Test func `a part that brings more than it says spoils nothing`() async throws {
        let count = Self.png.count
        let rig = Rig { request, before in
            guard before < 2 else { return .file(Self.png, request) }
            guard let start = request.offset else { return .file(Self.png, cut: 30, request) }
            var answer = Self.part("bytes \(start)-\(start + 4)/\(count)", [UInt8](repeating: 7, count: 25))
            answer.framing = .chunks
            return answer
        }
        for _ in 0..<6 {
            if await rig.failure(try rig.downloader(), try rig.order()) == nil { break }
        }
        #expect(rig.contents("2026-01-02/000007-1.png") == Self.png)
    }

    @Test func `a part without a proof is not continued`() async throws {
        let count = Self.png.count
        let rig = Rig { request, _ in
            let start = request.offset ?? 0
            return Self.part("bytes \(start)-\(start + 19)/\(count)", Self.png[start..<start + 20], tag: nil)
        }
        #expect(try await rig.kindOfFailure() == "network")
        #expect(rig.server.requests.count == 1)
        #expect(rig.recorded.withLock { $0.isEmpty })
    }

    @Test(arguments: ["201 Created", "202 Accepted"])
    func `what is done without a body in it is no file`(status: String) async throws {
        let rig = Rig { _, _ in .status(status, body: "{}") }
        #expect(try await rig.kindOfFailure() == "badContent")
    }
}
