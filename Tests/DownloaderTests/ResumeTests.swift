import Glibc
import HTTP
import JobModel
import Media
import Scratch
import System
import Testing

@testable import Downloader

/// What has come is used again only if the server proves that it is the same file.
@Suite(.timeLimit(.minutes(10))) struct ResumeTests {
    private static let png = SampleFile.png(3, 5)
    private static let other = SampleFile.png(9, 9)

    /// Cuts the first answer after `cut` bytes; the later ones are `next`.
    private func rig(
        cut: Int = 30, tag: String = "\"v1\"", headers: HTTPHeaders = [:],
        next: @escaping @Sendable (FileServer.Request) -> FileServer.Answer = { .file(Self.png, $0) }
    ) throws -> Rig {
        Rig { request, count in
            if count > 0 { return next(request) }
            var answer = FileServer.Answer.file(Self.png, tag: tag, request)
            answer.headers.fields = headers.fields + answer.headers.fields.filter { $0.value != "" }
            answer.cut = cut
            return answer
        }
    }

    /// The first try, which is cut.
    private func start(_ rig: Rig) async throws { #expect(try await rig.kindOfFailure() == "network") }

    @Test func `a cut at any byte is continued by a new process`() async throws {
        let png = Self.png
        let rig = Rig { request, count in
            .file(png, cut: request.offset == nil ? Int(request.path.dropFirst()) : nil, request)
        }
        for cut in 0..<png.count {
            let id = Int64(cut + 1)
            let order = try rig.order("/\(cut)", id: id)
            #expect(try await rig.kindOfFailure(order) == "network")
            if cut == 0 { continue }
            let file = try await rig.downloader().fetch(order)
            #expect(rig.contents(file.path) == png, "cut at \(cut)")
            #expect(file.sha256 == SHA256.hexadecimal(of: png))
            let request = try #require(rig.server.requests.last)
            #expect(request.headers["range"] == "bytes=\(cut)-")
            #expect(request.headers["if-range"] == "\"v1\"")
        }
    }

    @Test func `every byte may come alone`() async throws {
        let png = Self.png
        let rig = Rig { request, _ in
            var answer = FileServer.Answer.file(png, request)
            answer.cut = answer.body.count > 1 ? 1 : nil
            return answer
        }
        let downloader = try rig.downloader()
        for _ in 1..<png.count { #expect(await rig.failure(downloader, try rig.order()) != nil) }
        let file = try await downloader.fetch(rig.order())
        #expect(rig.contents(file.path) == png)
        #expect(file.sha256 == SHA256.hexadecimal(of: png))
        #expect(rig.server.requests.count == png.count)
    }

    @Test func `a changed file is fetched from the start`() async throws {
        let rig = try rig(next: { .file(Self.other, tag: "\"v2\"", $0) })
        try await start(rig)
        let file = try await rig.downloader().fetch(rig.order())
        #expect(rig.contents(file.path) == Self.other)
        #expect(file.sha256 == SHA256.hexadecimal(of: Self.other))
    }

    @Test(
        arguments: [
            ["Content-Range": "bytes 31-78/79", "ETag": "\"v1\""],
            ["Content-Range": "bytes 29-78/79", "ETag": "\"v1\""],
            ["Content-Range": "bytes 30-78/80", "ETag": "\"v1\""],
            ["Content-Range": "bytes 30-78/*", "ETag": "\"v1\""],
            ["Content-Range": "bytes 30-78/79", "ETag": "\"v2\""], ["Content-Range": "bytes 30-78/79"],
            ["Content-Range": "bytes 30-78/79", "ETag": "W/\"v1\""], ["ETag": "\"v1\""],
            ["Content-Range": "bytes 30-99/79", "ETag": "\"v1\""],
            ["Content-Range": "bytes 30-77/79", "ETag": "\"v1\""],
            ["Content-Range": "lines 30-78/79", "ETag": "\"v1\""],
            ["Content-Range": "bytes -9223372036854775808-9223372036854775807/79", "ETag": "\"v1\""],
        ] as [HTTPHeaders])
    func `a 206 that does not continue the file is not appended`(headers: HTTPHeaders) async throws {
        #expect(Self.png.count == 61)
        let rig = try rig(next: { request in
            if request.offset == nil { return .file(Self.png, request) }
            // Made for a file of 79 bytes; brought to the size of this one.
            let fields = headers.fields.map { field in
                HTTPHeaders.Field(
                    name: field.name,
                    value: field.value.replacing("79", with: "61").replacing("78", with: "60").replacing(
                        "77", with: "59"))
            }
            return FileServer.Answer(
                status: "206 Partial Content", headers: HTTPHeaders(fields), body: Array(Self.other[30...]))
        })
        try await start(rig)
        let file = try await rig.downloader().fetch(rig.order())
        #expect(rig.contents(file.path) == Self.png)
        #expect(rig.server.requests.map(\.offset) == [nil, 30, nil])
    }

    /// No format shows the end of such bytes, and the last chunk came: only the length that was told says
    /// what is missing.
    @Test func `a rest that ends before the length that was told is not the whole`() async throws {
        let bytes = [UInt8](repeating: 7, count: 90)
        let rig = Rig { request, count in
            var answer = FileServer.Answer.file(bytes, request)
            if count == 0 { answer.cut = 30 }
            // The same end twice is none either.
            if [1, 2].contains(count) {
                (answer.framing, answer.body) = (.chunks, Array(answer.body.dropLast(10)))
            }
            return answer
        }
        let downloader = try rig.downloader()
        for _ in 1...3 {
            #expect(try await rig.kindOfFailure(rig.order(kind: .file), downloader) == "network")
        }
        let file = try await downloader.fetch(rig.order(kind: .file))
        #expect(rig.contents(file.path) == bytes)
    }

    @Test func `a whole answer to a range starts over`() async throws {
        let rig = try rig(next: { _ in FileServer.Answer(body: Self.png) })
        try await start(rig)
        #expect(try await rig.fetched() == Self.png)
    }

    @Test(
        arguments: [
            ["ETag": "W/\"v1\""], ["ETag": "v1"], ["ETag": ""], ["ETag": "\"\u{1}\""],
            ["Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT"],
            ["Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT", "Date": "Fri, 02 Jan 2026 03:05:04 GMT"],
            ["Last-Modified": "yesterday", "Date": "Fri, 02 Jan 2026 03:05:04 GMT"],
            [
                "Last-Modified": "Fri, 02 Jan -2147483648 03:04:05 GMT",
                "Date": "Fri, 02 Jan 2026 03:05:04 GMT",
            ],
        ] as [HTTPHeaders])
    func `without a strong proof nothing is continued`(headers: HTTPHeaders) async throws {
        let rig = Rig { request, count in
            FileServer.Answer(headers: headers, body: Self.png, cut: count == 0 ? 30 : nil)
        }
        try await start(rig)
        #expect(try await rig.fetched() == Self.png)
        #expect(rig.server.requests.last?.headers["range"] == nil)
    }

    @Test func `an old enough date is proof`() async throws {
        let modified = "Fri, 02 Jan 2026 03:04:05 GMT"
        let rig = Rig { request, count in
            let headers: HTTPHeaders = ["Last-Modified": modified, "Date": "Fri, 02 Jan 2026 03:05:05 GMT"]
            guard let offset = request.offset, request.headers["if-range"] == modified else {
                return FileServer.Answer(headers: headers, body: Self.png, cut: 30)
            }
            let range: HTTPHeaders = [
                "Content-Range": "bytes \(offset)-\(Self.png.count - 1)/\(Self.png.count)"
            ]
            return FileServer.Answer(status: "206 Partial", headers: range, body: Array(Self.png[offset...]))
        }
        try await start(rig)
        #expect(try await rig.fetched() == Self.png)
        #expect(rig.server.requests.last?.offset == 30)
    }

    @Test(arguments: ["", "{", "[]", "{}", "boot", "url", "missing"])
    func `a note that is damaged, foreign or of another boot is not trusted`(damage: String) async throws {
        let rig = try rig()
        try await start(rig)
        let path = rig.temporaryPath + ".json"
        let note = String(decoding: try #require(FileOnDisk.bytes(path)), as: UTF8.self)
        switch damage {
        case "boot":
            FileOnDisk.write(Array(note.replacing("\"boot\":\"", with: "\"boot\":\"0").utf8), to: path)
        case "url":
            FileOnDisk.write(
                Array(note.replacing("\"url_sha256\":\"", with: "\"url_sha256\":\"0").utf8), to: path)
        case "missing": unsafe unlink(path)
        default: FileOnDisk.write(Array(damage.utf8), to: path)
        }
        #expect(try await rig.fetched() == Self.png)
        #expect(rig.server.requests.last?.headers["range"] == nil)
    }

    @Test func `another address starts over`() async throws {
        let rig = try rig()
        try await start(rig)
        _ = try await rig.downloader().fetch(rig.order("/other"))
        #expect(rig.server.requests.last?.headers["range"] == nil)
    }

    @Test func `more bytes than the file has start over`() async throws {
        let rig = try rig()
        try await start(rig)
        FileOnDisk.write(Self.png + [1], to: rig.temporaryPath)
        #expect(try await rig.fetched() == Self.png)
        #expect(rig.server.requests.last?.headers["range"] == nil)
    }

    @Test func `the last byte that was missing nothing needs no request`() async throws {
        // Everything came, and the process died before the rename.
        let rig = try rig()
        try await start(rig)
        FileOnDisk.write(Self.png, to: rig.temporaryPath)
        let file = try await rig.downloader().fetch(rig.order())
        #expect(file.sha256 == SHA256.hexadecimal(of: Self.png))
        #expect(rig.server.requests.count == 1)
    }

    @Test func `a record that fails keeps the whole file`() async throws {
        struct Busy: Error {}
        let rig = Rig(serving: Self.png)
        let failure = await rig.failure(try rig.downloader(), try rig.order { _ in throw Busy() })
        guard case .notRecorded(let error) = failure, error is Busy else { return #expect(Bool(false)) }
        #expect(Set(FileOnDisk.names(rig.root + "/2026-01-02")) == [".000007-1.part", ".000007-1.part.json"])
        _ = try await rig.downloader().fetch(rig.order())
        #expect(rig.server.requests.count == 1)
    }

    @Test func `a large file is noted before it is whole`() async throws {
        // A process that is killed notes nothing more.
        let bytes = SampleFile.mp4(data: [UInt8](repeating: 7, count: 2 << 20))
        let rig = Rig(serving: bytes)
        let noted = Locked(Set<String>())
        let root = rig.root
        _ = await rig.failure(
            try rig.downloader(),
            try rig.order(kind: .video) { _ in
                noted.withLock { $0 = Set(FileOnDisk.names(root + "/2026-01-02")) }
                throw CancellationError()
            })
        #expect(noted.withLock { $0 } == [".000007-1.part", ".000007-1.part.json"])
    }

    @Test func `a range behind the end means whole only if the sizes agree`() async throws {
        // No length was told at first, so that only the server can say whether this is all.
        for size in [30, 31] {
            let rig = Rig { request, count in
                if count == 0 {
                    return FileServer.Answer(
                        headers: ["ETag": "\"v1\""], body: Self.png, framing: .chunks, cut: 34)
                }
                if request.offset != nil {
                    return .status("416 No", ["Content-Range": "bytes */\(size)", "ETag": "\"v1\""])
                }
                return .file(Self.png, request)
            }
            try await start(rig)
            #expect(FileOnDisk.bytes(rig.temporaryPath)?.count == 30)
            let file = try await rig.downloader().fetch(rig.order())
            #expect(file.bytes == (size == 30 ? 30 : Int64(Self.png.count)))
        }
    }

    @Test func `faults in between lose nothing`() async throws {
        let rig = try rig(next: { request in .status("503 Busy", body: "<html>busy</html>") })
        try await start(rig)
        try #require(await rig.failure(try rig.downloader(), try rig.order()) != nil)
        #expect(FileOnDisk.bytes(rig.temporaryPath) == Array(Self.png.prefix(30)))
    }
}
