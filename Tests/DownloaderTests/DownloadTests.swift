import Glibc
import HTTP
import JobModel
import Media
import Scratch
import System
import Testing

@testable import Downloader

@Suite(.timeLimit(.minutes(10))) struct DownloadTests {
    private static let png = SampleFile.png(3, 5)

    @Test func `an output is whole named hashed and described`() async throws {
        let rig = Rig(serving: Self.png)
        let file = try await rig.downloader().fetch(rig.order("/deep/x.jpg?a=b"))
        #expect(file.path == "2026-01-02/000007-1.png")
        #expect(file.bytes == Int64(Self.png.count))
        #expect(file.sha256 == SHA256.hexadecimal(of: Self.png))
        #expect(file.facts.width == 3 && file.facts.kind == .image)
        #expect(rig.contents(file.path) == Self.png)
        #expect(rig.recorded.withLock { $0 } == [file])
        #expect(rig.sizes.withLock { $0 } == [Int64(Self.png.count)])
        #expect(FileOnDisk("\(rig.root)/\(file.path)")?.mode == 0o600)
        #expect(FileOnDisk(rig.root)?.mode == 0o700 && FileOnDisk(rig.root + "/2026-01-02")?.mode == 0o700)
        #expect(Set(FileOnDisk.names(rig.root + "/2026-01-02")) == ["000007-1.png"])
        let request = try #require(rig.server.requests.first)
        #expect(request.path == "/deep/x.jpg?a=b")
        #expect(request.headers["authorization"] == nil && request.headers["range"] == nil)
    }

    @Test func `a groups directory gives its group files to read`() async throws {
        let rig = Rig(serving: Self.png, access: .groupReadable)
        try #require(unsafe chmod(rig.base, 0o2770) == 0)
        let file = try await rig.downloader().fetch(rig.order())
        #expect(FileOnDisk("\(rig.root)/\(file.path)")?.mode == 0o640)
        #expect(FileOnDisk(rig.root + "/2026-01-02")?.mode == 0o2750)
    }

    @Test func `nothing sets the bit that hands a group down: a confined service may not`() async throws {
        let rig = Rig(serving: Self.png, access: .groupReadable)
        _ = try await rig.downloader().fetch(rig.order())
        #expect(FileOnDisk(rig.root + "/2026-01-02")?.mode == 0o750)
    }

    @Test func `the final path is recorded before the file is there`() async throws {
        let rig = Rig(serving: Self.png)
        let root = rig.root
        _ = try await rig.downloader().fetch(
            rig.order { file in
                #expect(FileOnDisk.bytes(root + "/" + file.path) == nil)
                #expect(FileOnDisk.bytes(root + "/2026-01-02/.000007-1.part") == Self.png)
            })
    }

    @Test(arguments: ["<!doctype html><title>504</title>", "", "{\"error\":\"x\"}", "gone"])
    func `a page, nothing, and text are refused, count as an attempt, and leave nothing behind`(body: String)
        async throws
    {
        let rig = Rig(serving: Array(body.utf8))
        let failure = await rig.failure(try rig.downloader(), try rig.order())
        #expect(failure?.kind == "badContent" && failure?.countsAsAttempt == true)
        #expect(FileOnDisk.names(rig.root + "/2026-01-02").isEmpty)
        _ = await rig.failure(try rig.downloader(), try rig.order())
        #expect(rig.server.requests.last?.headers["range"] == nil)
    }

    @Test(arguments: [
        ("403 Forbidden", true), ("404 Not Found", true), ("410 Gone", true), ("401 Unauthorized", false),
        ("408 Request Timeout", false), ("429 Too Many Requests", false), ("500 Oops", false),
        ("502 Bad Gateway", false), ("503 Busy", false), ("520 Cloudy", false),
        ("304 Not Modified", false),
    ])
    func `an address that has gone counts as an attempt; everything else is tried again`(
        status: String, counts: Bool
    ) async throws {
        let rig = Rig { _, _ in .status(status, ["Retry-After": "7"], body: "<html>") }
        let failure = try #require(await rig.failure(try rig.downloader(), try rig.order()))
        #expect(failure.countsAsAttempt == counts)
        if case .network(_, let retryAfter) = failure { #expect(retryAfter == .seconds(7)) }
        if case .badAnswer(let code) = failure { #expect(status.hasPrefix("\(code) ")) }
    }

    @Test func `what is too large is refused by its head and by its body`() async throws {
        for framing in [FileServer.Framing.length, .chunks] {
            let rig = Rig(maximumBytes: 50) { request, _ in .file(Self.png, framing: framing, request) }
            let failure = try #require(await rig.failure(try rig.downloader(), try rig.order()))
            #expect(failure.kind == "badContent" && "\(failure)".contains("download.max_bytes"))
            #expect(FileOnDisk.names(rig.root + "/2026-01-02").isEmpty)
        }
    }

    @Test(arguments: [("gzip", true), ("gzip", false), ("aws-chunked", false)])
    func `a body that is encoded unasked is decoded, one that only says so is taken as it is`(
        word: String, isTrue: Bool
    ) async throws {
        let rig = Rig { request, _ in
            let bytes = isTrue ? SampleFile.gzip(Self.png) : Self.png
            return .file(bytes, adding: ["Content-Encoding": word], request)
        }
        let file = try await rig.downloader().fetch(rig.order())
        #expect(rig.contents(file.path) == Self.png && file.sha256 == SHA256.hexadecimal(of: Self.png))
        #expect(file.path == "2026-01-02/000007-1.png" && file.bytes == Int64(Self.png.count))
        let requests = rig.server.requests
        #expect(requests.count == (isTrue ? 2 : 1))
        #expect(
            requests.allSatisfy { $0.headers["accept-encoding"] == "identity" && $0.headers["range"] == nil })
    }

    @Test(arguments: ["gzip", "zstd"])
    func `bytes of no known format that are only called encoded are the file`(word: String) async throws {
        let bytes: [UInt8] = [7, 0, 1, 2, 3, 0xFE, 0xFF]
        let rig = Rig { request, _ in .file(bytes, adding: ["Content-Encoding": word], request) }
        let file = try await rig.downloader().fetch(rig.order(kind: .file))
        #expect(rig.contents(file.path) == bytes && rig.server.requests.count == 1)
    }

    @Test func `an encoded body that is cut is tried again`() async throws {
        let encoded = SampleFile.gzip(Self.png)
        let rig = Rig { request, _ in
            .file(encoded, adding: ["Content-Encoding": "gzip"], cut: encoded.count - 30, request)
        }
        for _ in 0..<2 { #expect(try await rig.kindOfFailure() == "network") }
        #expect(rig.server.requests.allSatisfy { $0.headers["range"] == nil })
    }

    @Test func `a cut body is never taken for whole`() async throws {
        let rig = Rig { _, _ in
            .init(headers: ["Content-Type": "image/png"], body: Self.png, cut: Self.png.count - 1)
        }
        #expect(try await rig.kindOfFailure() == "network")
        #expect(rig.recorded.withLock { $0 }.isEmpty)
    }

    @Test(arguments: [0, 1])
    func `if no length was given, the end of the format must be there`(extra: Int) async throws {
        for framing in [FileServer.Framing.chunks, .close] {
            let rig = Rig { _, _ in
                FileServer.Answer(body: Self.png + [UInt8](repeating: 0, count: extra), framing: framing)
            }
            let file = try await rig.downloader().fetch(rig.order())
            #expect(file.bytes == Int64(Self.png.count + extra))
        }
    }

    @Test(arguments: [
        ["-1"], ["99999999999999999999"], ["9223372036854775807"], ["9223372036854775808"], ["0"], ["1"],
        ["x"], [""], ["+68"], ["68, 68"], ["1", "99"], ["99", "1"], ["0x10"], ["1e3"],
    ])
    func `whatever a server says of the length, a file is the whole file or none`(lengths: [String])
        async throws
    {
        let rig = Rig { _, _ in
            let headers = lengths.map { HTTPHeaders.Field(name: "Content-Length", value: $0) }
            return FileServer.Answer(headers: HTTPHeaders(headers), body: Self.png, cut: Self.png.count)
        }
        let failure = await rig.failure(try rig.downloader(), try rig.order())
        let files = FileOnDisk.names(rig.root + "/2026-01-02").filter { !$0.hasPrefix(".") }
        if failure == nil {
            #expect(rig.contents("2026-01-02/000007-1.png") == Self.png)
        } else {
            #expect(files.isEmpty, "\(lengths): \(files)")
        }
    }

    @Test func `a connection that ends early anywhere is no end`() async throws {
        // Every length of the body, one after another; each download has its own id.
        let rig = Rig { request, _ in
            let length = Int(request.path.dropFirst()) ?? 0
            return FileServer.Answer(body: Array(Self.png[..<length]), framing: .close)
        }
        let downloader = try rig.downloader()
        for length in 8..<Self.png.count {
            #expect(
                try await rig.kindOfFailure(rig.order("/\(length)", id: Int64(length)), downloader)
                    == "network")
        }
        let whole = try await downloader.fetch(rig.order("/\(Self.png.count)", id: 1000))
        #expect(whole.sha256 == SHA256.hexadecimal(of: Self.png))
    }

    @Test func `a chunked body without its last chunk is no end`() async throws {
        // A format without an end: only the framing can tell.
        let bytes = [UInt8](repeating: 0xFE, count: 200)
        let rig = Rig { _, count in
            FileServer.Answer(body: bytes, framing: .chunks, cut: count == 0 ? 215 : nil)
        }
        #expect(try await rig.kindOfFailure() == "network")
        // The first answer that ends as it should may still be cut before: the next one says the same.
        #expect(try await rig.kindOfFailure() == "network")
        let file = try await rig.downloader().fetch(rig.order())
        #expect(rig.contents(file.path) == bytes && file.doubt?.contains("twice") == true)
        #expect(file.path.hasSuffix(".bin"))
    }

    @Test func `a cancelled task stops the download and keeps what has come`() async throws {
        let rig = Rig { request, count in
            var answer = FileServer.Answer.file(Self.png, request)
            if count == 0 {
                // The rest never comes, and the connection stays.
                answer.headers.fields.append(.init(name: "Content-Length", value: "\(Self.png.count)"))
                answer.body = Array(Self.png.prefix(30))
            }
            return answer
        }
        let downloader = try rig.downloader()
        let order = try rig.order()
        let task = Task { () -> DownloadFailure? in await rig.failure(downloader, order) }
        while FileOnDisk.bytes(rig.temporaryPath)?.count != 30 { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        #expect(await task.value?.kind == "cancelled")
        _ = try await rig.downloader().fetch(order)
        #expect(rig.server.requests.last?.headers["range"] == "bytes=30-")
    }

    @Test func `a file of many megabytes comes whole`() async throws {
        let bytes = SampleFile.mp4(data: [UInt8](repeating: 7, count: 20 << 20))
        let rig = Rig(serving: bytes)
        let file = try await rig.downloader().fetch(rig.order(kind: .video))
        #expect(file.bytes == Int64(bytes.count))
        #expect(file.sha256 == SHA256.hexadecimal(of: bytes))
        #expect(file.facts.duration == 12.5)
    }
}
