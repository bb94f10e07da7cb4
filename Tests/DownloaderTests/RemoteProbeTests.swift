import HTTP
import JobModel
import Scratch
import Testing

@testable import Downloader
@testable import Media

/// What is found out about a file on a server, and how little of it is read for that.
@Suite struct RemoteProbeTests {
    private func look(
        _ server: FileServer, _ path: String = "/a.png", timeLimit: Duration = .seconds(3600)
    ) async throws -> RemoteFinding {
        let client = try HTTPClient(userAgent: "tests/1")
        let probe = RemoteProbe(
            client: client, connectTimeout: .seconds(3600), silenceTimeout: .seconds(3600),
            timeLimit: timeLimit)
        let finding = await probe.look(at: server.url + path)
        await client.shutdown()
        return finding
    }

    /// A server that knows ranges, as nearly all do.
    private func server(_ file: [UInt8]) -> FileServer {
        FileServer { request, _ in .range(of: file, request) }
    }

    private static let padding = [UInt8](repeating: 7, count: 3 << 20)

    /// A JPEG with a colour profile of a megabyte and a half before its frame.
    private static let profiledJPEG: [UInt8] = {
        let profile = (0..<24).flatMap { _ in
            SampleFile.segment(0xE2, [UInt8](repeating: 0xFF, count: 65_000))
        }
        return [0xFF, 0xD8] + profile + SampleFile.jpeg(640, 480).dropFirst(2) + padding
    }()

    @Test(arguments: SampleFile.all.map(\.name))
    func `a file in pieces shows what the whole file shows`(name: String) async throws {
        let file = try #require(SampleFile.all.first { $0.name == name }).bytes
        let expected = try NamelessFile(file).facts(.file)
        for server in [server(file), FileServer { _, _ in .init(body: file) }] {
            let finding = try await look(server)
            #expect(finding.verdict == .found && finding.facts == expected && finding.remark == nil)
            #expect(finding.bytes == Int64(file.count))
        }
    }

    @Test func `a picture takes one small piece`() async throws {
        let server = server(SampleFile.png(3000, 2000) + Self.padding)
        let finding = try await look(server)
        #expect(finding.facts?.width == 3000 && finding.facts?.height == 2000)
        #expect(finding.bytes == Int64(SampleFile.png(1, 1).count + Self.padding.count))
        #expect(server.requests.map { $0.headers["range"] } == ["bytes=0-16383"])
        #expect(finding.bytesRead == 16_384)
    }

    @Test func `sound is not read to its end`() async throws {
        let server = server(SampleFile.mp3(frames: 8000))
        let finding = try await look(server)
        #expect(finding.facts?.kind == .audio && finding.verdict == .found && finding.remark == nil)
        #expect(server.requests.count == 1 && finding.bytesRead == 16_384)
    }

    @Test func `the frame behind a large profile is found`() async throws {
        let server = server(Self.profiledJPEG)
        let finding = try await look(server)
        #expect(finding.facts?.width == 640 && finding.facts?.height == 480)
        #expect(finding.bytesRead < 3 << 20 && finding.bytesRead < Self.profiledJPEG.count - (1 << 20))
    }

    @Test func `the first size in a picture is not taken for the whole`() async throws {
        // The picture's own size comes after another one, and its rotation after twenty kilobytes of
        // something else.
        let other = SampleFile.box("hvcC", [UInt8](repeating: 0, count: 20_000))
        let picture =
            SampleFile.avif(64, 32, properties: [other, SampleFile.box("irot", [1])]) + Self.padding
        #expect(try await look(server(picture)).facts?.width == 32)
        #expect(try await look(FileServer { _, _ in .init(body: picture) }).facts?.width == 32)
    }

    @Test func `the movie behind the data is asked for by itself`() async throws {
        let file = SampleFile.mp4(movieFirst: false, data: Self.padding)
        let server = server(file)
        let finding = try await look(server)
        #expect(finding.facts?.width == 1280 && finding.facts?.duration == 12.5)
        #expect(finding.bytes == Int64(file.count))
        #expect(server.requests.count == 2 && finding.bytesRead < 20_000)
    }

    @Test func `a server without ranges is cut off when that is enough`() async throws {
        let file = SampleFile.png(300, 200) + [UInt8](repeating: 1, count: 64 << 20)
        let server = FileServer { _, _ in .init(body: file) }
        let finding = try await look(server)
        #expect(finding.facts?.width == 300 && finding.bytes == Int64(file.count) && finding.remark == nil)
        #expect(finding.bytesRead < 1 << 20)

        let film = SampleFile.mp4(movieFirst: false, data: [UInt8](repeating: 1, count: 12 << 20))
        let late = try await look(FileServer { _, _ in .init(body: film) })
        #expect(late.verdict == .found && late.facts?.width == nil && late.bytes == Int64(film.count))
        #expect(late.remark?.contains("no ranges") == true)
        #expect(late.bytesRead == 8 << 20)
    }

    @Test(arguments: [true, false])
    func `without a length the size is known only at the end`(isChunked: Bool) async throws {
        let framing: FileServer.Framing = isChunked ? .chunks : .close
        let small = SampleFile.png(30, 20)
        let whole = try await look(FileServer { _, _ in .init(body: small, framing: framing) })
        #expect(whole.facts?.width == 30 && whole.bytes == Int64(small.count))
        let large = try await look(FileServer { _, _ in .init(body: small + Self.padding, framing: framing) })
        #expect(large.facts?.width == 30 && large.bytes == nil && large.bytesRead < 1 << 20)
    }

    @Test func `what is no file is refused`() async throws {
        let page = Array("<!doctype html><title>Sign in</title>".utf8)
        let answers: [(FileServer.Answer, RemoteFinding.Verdict)] = [
            (.status("404 Not Found", body: "no"), .refused("the server answered 404")),
            (.status("403 Forbidden"), .refused("the server answered 403")),
            (.status("204 No Content"), .refused("the server answered 204, without the file")),
            (
                .init(headers: ["Content-Type": "image/png"], body: page),
                .refused("the server sent a web page")
            ),
            (.init(body: []), .refused("the file is empty")),
            (
                .status("416 Range Not Satisfiable", ["Content-Range": "bytes */0"]),
                .refused("the file is empty")
            ),
            (.status("503 Service Unavailable"), .unreachable("the server answered 503")),
            (.status("429 Too Many Requests"), .unreachable("the server answered 429")),
        ]
        for (answer, verdict) in answers {
            #expect(try await look(FileServer { _, _ in answer }).verdict == verdict)
        }
    }

    @Test func `the content counts and not its declared type`() async throws {
        let server = FileServer { request, _ in
            var answer = FileServer.Answer.range(of: SampleFile.png(4, 4), request)
            answer.headers.fields.append(.init(name: "Content-Type", value: "video/mp4"))
            return answer
        }
        #expect(try await look(server).facts?.mediaType == "image/png")
    }

    @Test func `a redirect is followed and the rest is asked at its end`() async throws {
        let film = SampleFile.mp4(movieFirst: false, data: Self.padding)
        let server = FileServer { request, _ in
            request.path == "/a.png"
                ? .status("302 Found", ["Location": "/there?x=1"]) : .range(of: film, request)
        }
        #expect(try await look(server).facts?.width == 1280)
        #expect(server.requests.map(\.path) == ["/a.png", "/there?x=1", "/there?x=1"])
    }

    @Test(arguments: ["http://example.com/a.png", "ftp://example.com/a", "file:///etc/passwd", "http:///"])
    func `a redirect leads to nothing that the service could not fetch`(target: String) async throws {
        let server = FileServer { _, _ in .status("302 Found", ["Location": target]) }
        guard case .refused(let reason) = try await look(server).verdict else { return #expect(Bool(false)) }
        #expect(reason.contains("redirects"))
        #expect(server.requests.count == 1)
    }

    @Test func `redirects without end are refused`() async throws {
        let server = FileServer { _, count in .status("302 Found", ["Location": "/\(count)"]) }
        #expect(try await look(server).verdict == .refused("the server redirects too often"))
        #expect(server.requests.count == 6)
    }

    @Test func `a cut answer is continued if the server knows ranges`() async throws {
        let file = SampleFile.png(8, 9) + Self.padding
        let server = FileServer { request, count in
            var answer = FileServer.Answer.range(of: file, request)
            if count == 0 { answer.cut = 10 }
            return answer
        }
        #expect(try await look(server).facts?.height == 9)
        #expect(server.requests.last?.offset == 10)
        let stubborn = FileServer { _, _ in .init(body: file, cut: 10) }
        guard case .unreachable = try await look(stubborn).verdict else { return #expect(Bool(false)) }
    }

    @Test func `a server that sends other bytes is not believed`() async throws {
        let file = Self.profiledJPEG
        let elsewhere = FileServer { request, _ in
            var answer = FileServer.Answer.range(of: file, request)
            answer.headers = ["Content-Range": "bytes 5-\(4 + answer.body.count)/\(file.count)"]
            return answer
        }
        guard case .unreachable = try await look(elsewhere).verdict else { return #expect(Bool(false)) }
        let changing = FileServer { request, count in
            .range(of: file + [UInt8](repeating: 0, count: count), request)
        }
        #expect(try await look(changing).remark == "it changed while it was read")
        let encoded = FileServer { _, _ in
            .init(headers: ["Content-Encoding": "gzip"], body: SampleFile.png(1, 1))
        }
        #expect(try await look(encoded).remark == "the server sends it encoded without being asked to")
        #expect(try await look(encoded).facts == nil)
    }

    @Test func `a server that never sends what is asked for is given up`() async throws {
        // Each piece is a byte: there is a bound to the requests.
        let file = Self.profiledJPEG
        let server = FileServer { request, _ in .range(of: file, request, most: 1) }
        #expect(try await look(server).facts?.width == nil)
        #expect(server.requests.count <= 24)
        // All of them are segments: there is a bound to the bytes.
        let segments = (0..<400).flatMap { _ in SampleFile.segment(0xE1, [UInt8](repeating: 0, count: 65_000))
        }
        let endless = try await look(self.server([0xFF, 0xD8] + segments))
        #expect(endless.verdict == .found && endless.facts?.width == nil && endless.remark != nil)
        #expect(endless.bytesRead <= 8 << 20)
    }

    @Test func `a server that says nothing is given up in time`() async throws {
        let server = FileServer { _, _ in .init(headers: ["Content-Length": "1000"], body: []) }
        guard case .unreachable = try await look(server, timeLimit: .milliseconds(300)).verdict else {
            return #expect(Bool(false))
        }
    }

    @Test func `nothing is sent that tells who asks`() async throws {
        let server = server(SampleFile.png(1, 1))
        _ = try await look(server)
        #expect(
            server.requests.allSatisfy { $0.headers["authorization"] == nil && $0.headers["cookie"] == nil })
    }
}

extension FileServer.Answer {
    /// The range that was asked for, or `most` bytes of it.
    fileprivate static func range(of file: [UInt8], _ request: FileServer.Request, most: Int = .max) -> Self {
        let ends = (request.headers["range"] ?? "").dropFirst("bytes=".count).split(separator: "-").compactMap
        { Int($0) }
        guard ends.count == 2 else { return Self(body: file) }
        guard ends[0] < file.count else {
            return .status("416 Range Not Satisfiable", ["Content-Range": "bytes */\(file.count)"])
        }
        let end = min(ends[1], file.count - 1, ends[0] + min(most, file.count) - 1)
        return Self(
            status: "206 Partial Content",
            headers: ["Content-Range": "bytes \(ends[0])-\(end)/\(file.count)"],
            body: Array(file[ends[0]...end]))
    }
}
