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
        #expect(sink.sha256 == digest.hexadecimal())
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
        #expect(sink.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `a whole file instead of the rest replaces the beginning`() async throws {
        file.change(to: Array("older and longer".utf8))
        let server = ScriptedServer(answering: ScriptedServer.answer("abc"))
        let sink = sink(.startOver)
        #expect(sink.resume())
        _ = try await client.download(HTTPRequest(url: server.url), into: sink)
        #expect(file.text == "abc")
        #expect(sink.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
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
        #expect(sink.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
