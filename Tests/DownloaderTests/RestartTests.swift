import Glibc
import HTTP
import JobModel
import Media
import Outputs
import Scratch
import System
import Testing

@testable import Downloader

/// What a start after a crash finds, and what it makes of it.
@Suite(.timeLimit(.minutes(10))) struct RestartTests {
    private static let png = SampleFile.png(3, 5)

    private func adopt(_ rig: Rig, _ file: DownloadedFile, bytes: Int64? = nil, sha256: String? = nil)
        async throws -> DownloadedFile?
    { try await adopt(rig, file.path, bytes: bytes ?? file.bytes, sha256: sha256 ?? file.sha256) }

    private func adopt(_ rig: Rig, _ path: String, bytes: Int64? = nil, sha256: String? = nil)
        async throws -> DownloadedFile?
    {
        try await rig.downloader().adopt(
            rig.file(path), kind: .image, expectedBytes: bytes, sha256: sha256)
    }

    @Test func `a whole file under its recorded path is the output`() async throws {
        let rig = Rig(serving: Self.png)
        let file = try await rig.downloader().fetch(rig.order())
        #expect(try await adopt(rig, file) == file)
        #expect(try await adopt(rig, file.path) == file)
    }

    @Test func `what came by its length is taken by its hash`() async throws {
        let drawing = Array("<svg><g/>".utf8)
        let rig = Rig(serving: drawing)
        let file = try await rig.downloader().fetch(rig.order())
        #expect(try await adopt(rig, file) == file)
        #expect(try await adopt(rig, file, sha256: "0") == nil)
    }

    @Test func `what is not the recorded file is not taken`() async throws {
        let rig = Rig(serving: Self.png)
        let file = try await rig.downloader().fetch(rig.order())
        let path = rig.root + "/" + file.path
        #expect(try await adopt(rig, file, bytes: 1) == nil)
        #expect(try await adopt(rig, file, sha256: "0") == nil)
        for damage in [[UInt8](), Array(Self.png.dropLast()), Array("<html>".utf8), SampleFile.png(4, 5)] {
            FileOnDisk.write(damage, to: path)
            #expect(try await adopt(rig, file) == nil)
        }
        FileOnDisk.write(Array(Self.png.dropLast()), to: path)
        #expect(try await adopt(rig, file.path) == nil)
        unsafe unlink(path)
        #expect(try await adopt(rig, file) == nil)
        FileOnDisk.write(Self.png, to: rig.root + "/elsewhere")
        unsafe symlink(rig.root + "/elsewhere", path)
        #expect(try await adopt(rig, file) == nil)
        unsafe unlink(path)
        unsafe rmdir(rig.root + "/2026-01-02")
        #expect(try await adopt(rig, file) == nil)
    }

    @Test func `a crash between record and rename loses nothing`() async throws {
        // The process ends inside the record: the temporary file is whole, the final one is not there.
        struct Crash: Error {}
        let rig = Rig(serving: Self.png)
        _ = await rig.failure(try rig.downloader(), try rig.order { _ in throw Crash() })
        let recorded = try #require(rig.recorded.withLock { $0.last })
        #expect(try await adopt(rig, recorded) == nil)
        let file = try await rig.downloader().fetch(rig.order())
        #expect(file == recorded)
        #expect(rig.server.requests.count == 1)
    }

    @Test func `leftovers go and nothing else`() async throws {
        let rig = Rig { request, _ in .file(Self.png, cut: 20, request) }
        let downloader = try rig.downloader()
        let order = try rig.order()
        for position in [1, 2] { _ = await rig.failure(downloader, try rig.order(position: position)) }
        #expect(FileOnDisk.bytes(rig.temporaryPath)?.count == 20)
        try await downloader.removeTemporary(root: rig.root, name: order.name, fields: order.fields)
        #expect(Set(FileOnDisk.names(rig.root + "/2026-01-02")) == [".000007-2.part", ".000007-2.part.json"])
        try await downloader.removeTemporary(root: rig.root, name: order.name, fields: order.fields)
        try await downloader.removeTemporary(root: "/nowhere/at/all", name: order.name, fields: order.fields)
    }

    @Test func `a sidecar is written and replaced whole`() async throws {
        let rig = Rig(serving: Self.png)
        let downloader = try rig.downloader()
        for text in ["{\"a\":1}", "{}"] {
            try await downloader.writeSidecar(
                Array(text.utf8), to: rig.file("2026-01-02/x.png").sidecar(of: 7))
            #expect(rig.contents("2026-01-02/000007.json") == Array(text.utf8))
        }
        #expect(Set(FileOnDisk.names(rig.root + "/2026-01-02")) == ["000007.json"])
        #expect(FileOnDisk(rig.root + "/2026-01-02/000007.json")?.mode == 0o600)
    }

    @Test(arguments: ["../", "a/../../", "a/..//../"])
    func `a recorded path that climbs is neither read nor written`(way: String) async throws {
        let rig = Rig(serving: Self.png)
        unsafe mkdir(rig.root, 0o700)
        unsafe mkdir(rig.root + "/a", 0o700)
        FileOnDisk.write(Self.png, to: rig.root + "/../victim.png")
        let downloader = try rig.downloader()
        await #expect(throws: DownloadFailure.self) { try await adopt(rig, way + "victim.png") }
        await #expect(throws: DownloadFailure.self) {
            try await downloader.writeSidecar([1], to: rig.file(way + "000007.json"))
        }
        #expect(FileOnDisk.bytes(rig.root + "/../000007.json") == nil)
    }

    @Test func `a link in a sidecars place is replaced and not followed`() async throws {
        let rig = Rig(serving: Self.png)
        unsafe mkdir(rig.root, 0o700)
        FileOnDisk.write([1], to: rig.root + "/victim")
        unsafe symlink(rig.root + "/victim", rig.root + "/000007.json")
        unsafe symlink(rig.root + "/victim", rig.root + "/.000007.json.part")
        try await rig.downloader().writeSidecar([2], to: rig.file("000007.json"))
        #expect(FileOnDisk.bytes(rig.root + "/victim") == [1])
        #expect(rig.contents("000007.json") == [2])
    }
}
