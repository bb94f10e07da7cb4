import Glibc
import Scratch
import ScriptedServer
import System
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct DownloadTests {
    let client: HTTPClient
    private let file = NamelessFile()

    init() throws { client = try HTTPClient(userAgent: "test/1") }

    private func sink(_ verdict: FileSink.Verdict = .append, limit: Int64 = 1 << 30) -> FileSink {
        FileSink(file.descriptor, limit: limit) { _ in verdict }
    }

    private func failure(_ server: ScriptedServer, _ sink: any HTTPSink) async -> HTTPError? {
        do throws(HTTPError) {
            _ = try await client.download(HTTPRequest(url: server.url, answerTimeout: nil), into: sink)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a body is written hashed and kept out of memory`() async throws {
        let text = String(repeating: "0123456789abcdef", count: 1 << 16)
        let server = ScriptedServer(answering: ScriptedServer.answer(text, headers: "ETag: \"1\"\r\n"))
        let sink = sink()
        let head = try await client.download(HTTPRequest(url: server.url), into: sink)
        #expect(head.status == 200)
        #expect(head.headers["etag"] == "\"1\"")
        #expect(head.contentLength == 1 << 20)
        #expect(head.body.isEmpty)
        #expect(file.text == text)
        #expect(sink.size == 1 << 20)
        let digest = SHA256()
        Array(text.utf8).withUnsafeBytes { digest.update($0) }
        #expect(try sink.sha256 == digest.hexadecimal())
        #expect(sink.failure == nil)
    }

    @Test func `a download continues where the partial file ends`() async throws {
        file.change(to: Array("ab".utf8))
        let server = ScriptedServer(answering: ScriptedServer.answer("c", status: "206 Partial Content"))
        let sink = sink()
        #expect(sink.resume())
        #expect(sink.size == 2)
        #expect(try await client.download(HTTPRequest(url: server.url), into: sink).status == 206)
        #expect(file.text == "abc")
        #expect(sink.size == 3)
        #expect(try sink.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `a whole file instead of the rest replaces the beginning`() async throws {
        file.change(to: Array("older and longer".utf8))
        let server = ScriptedServer(answering: ScriptedServer.answer("abc"))
        let sink = sink(.startOver)
        #expect(sink.resume())
        _ = try await client.download(HTTPRequest(url: server.url), into: sink)
        #expect(file.text == "abc")
        #expect(try sink.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `a declined answer leaves the file and gives its head`() async {
        file.change(to: Array("ab".utf8))
        let server = ScriptedServer(answering: ScriptedServer.answer("not here", status: "404 Not Found"))
        let sink = sink(.decline)
        guard case .sinkFailed(let head) = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(head.status == 404)
        #expect(sink.failure == .declined)
        #expect(file.text == "ab")
    }

    @Test func `an announced length beyond the limit is refused at once`() async {
        let server = ScriptedServer(answering: ScriptedServer.answer("0123456789"))
        let sink = sink(limit: 9)
        guard case .sinkFailed = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(sink.failure == .tooLarge(limit: 9))
        #expect(file.text == "")
    }

    @Test func `an unannounced length ends at the limit`() async {
        let server = ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\n\r\n")
            for _ in 0..<100 { peer.send("0123456789") }
        }
        let fitting = sink(limit: 1000)
        #expect(await failure(server, fitting) == nil)
        let tight = sink(.startOver, limit: 999)
        guard case .sinkFailed(let head) = await failure(server, tight) else { return #expect(Bool(false)) }
        #expect(head.contentLength == nil)
        #expect(tight.failure == .tooLarge(limit: 999))
    }

    @Test func `a full disk is told apart`() async throws {
        let full = try FileDescriptor(opening: "/dev/full", flags: O_WRONLY)
        let server = ScriptedServer(answering: ScriptedServer.answer("abc"))
        let sink = FileSink(full, limit: 100) { _ in .append }
        guard case .sinkFailed = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(sink.failure == .diskFull)
        let readOnly = try FileDescriptor(opening: "/dev/null")
        let other = FileSink(readOnly, limit: 100) { _ in .append }
        guard case .sinkFailed = await failure(server, other) else { return #expect(Bool(false)) }
        #expect(other.failure == .system(SystemError(EBADF)))
    }

    @Test func `a body shorter than announced is no answer and stays in the file`() async {
        let server = ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd")
        }
        let sink = sink()
        guard case .noAnswer(_, let head) = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(head?.contentLength == 10)
        #expect(sink.size == 4)
        #expect(file.text == "abcd")
    }

    @Test func `an empty body has a head`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer(""))
        let sink = sink(.startOver)
        file.change(to: Array("ab".utf8))
        #expect(try await client.download(HTTPRequest(url: server.url), into: sink).status == 200)
        #expect(file.text == "")
        #expect(try sink.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    /// More than is hashed as it comes, and no multiple of what is written at once.
    private static let large = (0..<1_234_567).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

    private func large(_ count: Int, status: String = "200 OK", announcing length: Int? = nil)
        -> ScriptedServer
    {
        ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 \(status)\r\nContent-Length: \(length ?? count)\r\n\r\n")
            peer.send(Array(Self.large.suffix(count)))
        }
    }

    /// A failure does not print the bytes.
    private func isFile(_ bytes: some Collection<UInt8>) -> Bool { file.bytes.elementsEqual(bytes) }

    @Test func `a large body is written and hashed whole`() async throws {
        let server = large(Self.large.count)
        let sink = sink()
        _ = try await client.download(HTTPRequest(url: server.url), into: sink)
        #expect(sink.size == Self.large.count)
        #expect(isFile(Self.large))
        #expect(try sink.sha256 == SHA256.hexadecimal(of: Self.large))
        // It may be asked for again.
        #expect(try sink.sha256 == SHA256.hexadecimal(of: Self.large))
    }

    @Test(arguments: [1000, 700_000]) func `the rest of a large file is hashed with its beginning`(
        _ rest: Int
    )
        async throws
    {
        file.change(to: Array(Self.large.dropLast(rest)))
        let server = large(rest, status: "206 Partial Content")
        let sink = sink()
        #expect(sink.resume())
        _ = try await client.download(HTTPRequest(url: server.url), into: sink)
        #expect(isFile(Self.large))
        #expect(try sink.sha256 == SHA256.hexadecimal(of: Self.large))
    }

    @Test func `a large file that replaces another has its own hash`() async throws {
        file.change(to: Array(Self.large.reversed()) + Self.large)
        let server = large(Self.large.count)
        let sink = sink(.startOver)
        #expect(sink.resume())
        _ = try await client.download(HTTPRequest(url: server.url), into: sink)
        #expect(isFile(Self.large))
        #expect(try sink.sha256 == SHA256.hexadecimal(of: Self.large))
    }

    @Test func `what has come of a large body is in the file when it breaks off`() async throws {
        let server = large(700_001, announcing: 800_000)
        let sink = sink()
        guard case .noAnswer = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(sink.size == 700_001)
        #expect(isFile(Self.large.suffix(700_001)))
        #expect(try sink.sha256 == SHA256.hexadecimal(of: Array(Self.large.suffix(700_001))))
    }

    @Test func `a last write that fails makes the download fail`() async throws {
        file.change(to: Self.large)
        let readOnly = try FileDescriptor(opening: "/proc/self/fd/\(file.descriptor.number)")
        let server = large(10, status: "206 Partial Content")
        let sink = FileSink(readOnly, limit: 1 << 30) { _ in .append }
        #expect(sink.resume())
        guard case .sinkFailed = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(sink.failure == .system(SystemError(EBADF)))
        #expect(sink.size == Self.large.count)
    }

    @Test func `a file that loses its end meanwhile has no hash`() async throws {
        file.change(to: Self.large)
        let server = large(10, status: "206 Partial Content")
        let sink = sink()
        #expect(sink.resume())
        _ = try await client.download(HTTPRequest(url: server.url), into: sink)
        file.change(to: Self.large)
        #expect(throws: SystemError(EIO)) { try sink.sha256 }
    }
}
