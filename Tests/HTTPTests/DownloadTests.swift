import Glibc
import ScriptedServer
import System
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(2))) final class DownloadTests {
    let client: HTTPClient
    let file: FileDescriptor

    init() throws {
        client = try HTTPClient(userAgent: "test/1")
        file = try .inMemory([])
    }

    private var content: String {
        get throws { String(decoding: try file.read(1 << 21, at: 0), as: UTF8.self) }
    }

    private func sink(_ verdict: FileSink.Verdict = .goOn, limit: Int64 = 1 << 30) -> FileSink {
        FileSink(file, limit: limit) { _ in verdict }
    }

    private func failure(_ server: ScriptedServer, _ sink: any HTTPSink) async -> HTTPError? {
        do throws(HTTPError) {
            _ = try await client.download(HTTPRequest(url: server.url, answerTimeout: nil), into: sink)
            return nil
        } catch {
            return error
        }
    }

    @Test func aBodyIsWrittenHashedAndKeptOutOfMemory() async throws {
        let text = String(repeating: "0123456789abcdef", count: 1 << 16)
        let server = ScriptedServer(answering: ScriptedServer.answer(text, headers: "ETag: \"1\"\r\n"))
        let sink = sink()
        let head = try await client.download(HTTPRequest(url: server.url), into: sink)
        #expect(head.status == 200)
        #expect(head.headers["etag"] == "\"1\"")
        #expect(head.contentLength == 1 << 20)
        #expect(head.body.isEmpty)
        #expect(try content == text)
        #expect(sink.size == 1 << 20)
        #expect(sink.beginning == Array(text.utf8.prefix(4096)))
        let digest = SHA256()
        Array(text.utf8).withUnsafeBytes { digest.update($0) }
        #expect(sink.sha256 == digest.hexadecimal())
        #expect(sink.failure == nil)
    }

    @Test func aDownloadGoesOnWhereThePartialFileEnds() async throws {
        try file.write(Array("ab".utf8), at: 0)
        let server = ScriptedServer(answering: ScriptedServer.answer("c", status: "206 Partial Content"))
        let sink = sink()
        #expect(sink.resume())
        #expect(sink.size == 2)
        #expect(sink.beginning == Array("ab".utf8))
        #expect(try await client.download(HTTPRequest(url: server.url), into: sink).status == 206)
        #expect(try content == "abc")
        #expect(sink.size == 3)
        #expect(sink.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func aWholeFileInsteadOfTheRestReplacesTheBeginning() async throws {
        try file.write(Array("older and longer".utf8), at: 0)
        let server = ScriptedServer(answering: ScriptedServer.answer("abc"))
        let sink = sink(.startOver)
        #expect(sink.resume())
        _ = try await client.download(HTTPRequest(url: server.url), into: sink)
        #expect(try content == "abc")
        #expect(sink.beginning == Array("abc".utf8))
        #expect(sink.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func aDeclinedAnswerLeavesTheFileAndGivesItsHead() async throws {
        try file.write(Array("ab".utf8), at: 0)
        let server = ScriptedServer(answering: ScriptedServer.answer("not here", status: "404 Not Found"))
        let sink = sink(.decline)
        guard case .sinkFailed(let head) = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(head.status == 404)
        #expect(sink.failure == .declined)
        #expect(try content == "ab")
    }

    @Test func anAnnouncedLengthBeyondTheLimitIsRefusedAtOnce() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("0123456789"))
        let sink = sink(limit: 9)
        guard case .sinkFailed = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(sink.failure == .tooLarge(limit: 9))
        #expect(try content == "")
    }

    @Test func anUnannouncedLengthEndsAtTheLimit() async {
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

    @Test func aFullDiskIsToldApart() async throws {
        let full = try FileDescriptor(opening: "/dev/full", flags: O_WRONLY)
        let server = ScriptedServer(answering: ScriptedServer.answer("abc"))
        let sink = FileSink(full, limit: 100) { _ in .goOn }
        guard case .sinkFailed = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(sink.failure == .diskFull)
        let readOnly = try FileDescriptor(opening: "/dev/null")
        let other = FileSink(readOnly, limit: 100) { _ in .goOn }
        guard case .sinkFailed = await failure(server, other) else { return #expect(Bool(false)) }
        #expect(other.failure == .system(SystemError(EBADF)))
    }

    @Test func aBodyShorterThanAnnouncedIsNoAnswerAndStaysInTheFile() async throws {
        let server = ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd")
        }
        let sink = sink()
        guard case .noAnswer(_, let head) = await failure(server, sink) else { return #expect(Bool(false)) }
        #expect(head?.contentLength == 10)
        #expect(sink.size == 4)
        #expect(try content == "abcd")
    }

    @Test func anEmptyBodyHasAHead() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer(""))
        let sink = sink(.startOver)
        try file.write(Array("ab".utf8), at: 0)
        #expect(try await client.download(HTTPRequest(url: server.url), into: sink).status == 200)
        #expect(try content == "")
        #expect(sink.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
