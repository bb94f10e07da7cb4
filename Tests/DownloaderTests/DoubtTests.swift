import HTTP
import Media
import Scratch
import Testing

@testable import Downloader

/// If no length was given and no end is found, the same answer twice settles what is whole.
@Suite(.timeLimit(.minutes(10))) struct DoubtTests {
    private static let png = SampleFile.png(3, 5)
    private static let endless = Array(png.dropLast())

    private static func answer(
        _ bytes: [UInt8] = endless, _ framing: FileServer.Framing = .close, _ headers: HTTPHeaders = [:]
    ) -> FileServer.Answer { FileServer.Answer(headers: headers, body: bytes, framing: framing) }

    private func isRefused(_ rig: Rig) async throws -> Bool {
        guard case .network(let words, _) = await rig.failure(try rig.downloader(), try rig.order()) else {
            return false
        }
        return words.contains("the server gave no length")
    }

    @Test(arguments: [FileServer.Framing.close, .chunks])
    func `the same answer twice is the file, and the doubt is named`(framing: FileServer.Framing) async throws
    {
        let rig = Rig { _, _ in Self.answer(Self.endless, framing) }
        #expect(try await isRefused(rig))
        let file = try await rig.downloader().fetch(rig.order())
        #expect(rig.contents(file.path) == Self.endless)
        #expect(file.doubt?.contains("the end of the file is missing") == true)
        #expect(rig.server.requests.count == 2)
        #expect(Set(FileOnDisk.names(rig.root + "/2026-01-02")) == ["000007-1.png"])
    }

    @Test func `a format without an end is asked for twice`() async throws {
        let rig = Rig { _, _ in Self.answer([UInt8](repeating: 0xFE, count: 90)) }
        #expect(try await isRefused(rig))
        let file = try await rig.downloader().fetch(rig.order())
        #expect(file.doubt?.contains("the end of the file cannot be recognized") == true)
    }

    @Test func `an end that is found and a length that is reached leave no doubt`() async throws {
        for whole in [Self.answer(Self.png), Self.answer(Self.endless, .length)] {
            let rig = Rig { _, _ in whole }
            #expect(try await rig.downloader().fetch(rig.order()).doubt == nil)
            #expect(rig.server.requests.count == 1)
        }
    }

    @Test func `only the same bytes in a row settle it`() async throws {
        // Cut at another place each time, and then twice at the same.
        let lengths = [40, 41, 40, 42, 42]
        let rig = Rig { _, count in Self.answer(Array(Self.png.prefix(lengths[min(count, 4)]))) }
        for _ in lengths.dropLast() { #expect(try await isRefused(rig)) }
        #expect(try await rig.downloader().fetch(rig.order()).bytes == 42)
    }

    @Test(arguments: ["503 Busy", "403 Forbidden", "cut", "address"])
    func `what happens between the two makes no difference`(trouble: String) async throws {
        let rig = Rig { _, count in
            guard count == 1 else { return Self.answer() }
            if trouble == "cut" { return FileServer.Answer(body: Self.png, cut: 30) }
            return trouble == "address" ? Self.answer() : .status(trouble)
        }
        #expect(try await isRefused(rig))
        if trouble == "address" {
            // The service names another address: what comes from there is the same.
            #expect(try await rig.downloader().fetch(rig.order("/other")).doubt != nil)
            return
        }
        #expect(await rig.failure(try rig.downloader(), try rig.order()) != nil)
        #expect(try await rig.downloader().fetch(rig.order()).doubt != nil)
        #expect(rig.server.requests.count == 3)
    }

    @Test func `a server that says that there is no more settles it at once`() async throws {
        let rig = Rig { request, _ in
            guard request.offset == nil else {
                return .status(
                    "416 No", ["Content-Range": "bytes */\(Self.endless.count)", "ETag": "\"v1\""])
            }
            return Self.answer(Self.endless, .chunks, ["ETag": "\"v1\""])
        }
        #expect(try await isRefused(rig))
        #expect(try await rig.downloader().fetch(rig.order()).doubt == nil)
    }

    @Test func `a page is no output however often it comes`() async throws {
        let rig = Rig { _, _ in Self.answer(Array("<!DOCTYPE html><html>no</html>".utf8)) }
        #expect(try await rig.kindOfFailure() == "badContent")
        #expect(rig.server.requests.count == 1)
    }
}
