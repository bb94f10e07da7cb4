import HTTP
import JSON
import Provider
import Scratch
import ScriptedServer
import System
import Testing

/// Files inside a POST.
@Suite struct SentInputTests {
    private let file = NamelessFile()

    private func client(_ server: ScriptedServer) throws -> RunComfyClient {
        RunComfyClient(http: try HTTPClient(userAgent: "test"), baseURL: server.url) { "secret" }
    }

    private func inline(_ size: Int64) -> InlineFile {
        InlineFile(mediaType: "image/png", size: size) { [file] () throws(SystemError) in file.descriptor }
    }

    private func input(_ files: InlineFile...) -> SentInput {
        let marks = files.map { _ in SentInput.mark.text }.joined(separator: ",")
        return SentInput(#"{"images":[\#(marks)],"text":"ä"}"#, files: files)
    }

    @Test(arguments: [0, 1, 2, 3, 49_151, 49_152, 49_153, 300_001])
    func `a file is sent as base64 of its very bytes`(size: Int) async throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        file.change(to: bytes)
        let server = ScriptedServer(answering: ScriptedServer.answer(#"{"request_id":"a"}"#))
        let input = input(inline(Int64(size)), inline(Int64(size)))
        guard case .bought = await (try client(server)).submit(model: "m", input: input) else {
            return #expect(Bool(false))
        }
        let request = try #require(server.requests.first)
        let text = "\"data:image/png;base64,\(Base64.text(of: bytes))\""
        #expect(request.body == #"{"images":[\#(text),\#(text)],"text":"ä"}"#)
        #expect(request.headers["content-length"] == String(input.size))
        #expect(request.headers["expect"] == nil)
    }

    @Test func `a file that is gone or has another size sends nothing`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer(#"{"request_id":"a"}"#))
        let gone = InlineFile(mediaType: "image/png", size: 1) { () throws(SystemError) in
            throw SystemError(2)
        }
        for file in [gone, inline(5)] {
            guard case .unreachable = await (try client(server)).submit(model: "m", input: input(file)) else {
                return #expect(Bool(false))
            }
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `a file that is cut while it is sent leaves doubt`() async throws {
        let size = 20 << 20
        file.change(to: [UInt8](repeating: 1, count: size))
        let file = file
        let server = ScriptedServer { peer in
            guard peer.receiveHead() != nil else { return }
            file.change(to: [])
            _ = peer.receive()
        }
        guard
            case .uncertain = await (try client(server)).submit(model: "m", input: input(inline(Int64(size))))
        else { return #expect(Bool(false)) }
        #expect(server.requests.count == 1)
    }
}
