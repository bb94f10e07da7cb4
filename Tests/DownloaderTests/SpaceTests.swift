import Glibc
import HTTP
import JobModel
import Scratch
import System
import Testing

@testable import Downloader

@Suite(.timeLimit(.minutes(10))) struct SpaceTests {
    private static let png = SampleFile.png(3, 5)

    @Test func `the rest of all downloads is counted`() {
        let keeper = SpaceKeeper { _ in 1000 }
        var first: SpaceClaim? = keeper.claim(.standardInput, keeping: 100)
        let second = keeper.claim(.standardInput, keeping: 100)
        #expect(first?.expect(600) == true)
        #expect(!second.expect(301))
        #expect(second.expect(300))
        #expect(first?.use(500) == true)
        // What was written is on the disk now, and the disk says so itself; here it does not.
        #expect(second.expect(800))
        #expect(!second.expect(801))
        first = nil
        #expect(second.expect(900))
    }

    @Test func `a download of unknown size asks again and again`() {
        let free = Locked<Int64>(40 << 20)
        let keeper = SpaceKeeper { _ in free.withLock { $0 } }
        let claim = keeper.claim(.standardInput, keeping: 1 << 20)
        #expect(claim.expect(nil))
        var written = 0
        while claim.use(1 << 20) {
            written += 1
            free.withLock { $0 -= 1 << 20 }
        }
        #expect(written == 32)
    }

    @Test func `a full disk is found out before anything is asked for`() async throws {
        let rig = Rig(serving: Self.png)
        let downloader = try rig.downloader(space: SpaceKeeper { _ in 1000 }, minimumFree: 1001)
        let failure = await rig.failure(downloader, try rig.order())
        #expect(failure?.kind == "noSpace" && failure?.countsAsAttempt == false)
        #expect(failure?.description.contains("min_free") == true)
        #expect(rig.server.requests.isEmpty)
        let known = await rig.failure(
            try rig.downloader(space: SpaceKeeper { _ in 1000 }, minimumFree: 500),
            try rig.order(expected: 501))
        #expect(known?.kind == "noSpace")
        #expect(rig.server.requests.isEmpty)
    }

    @Test func `a file that would not fit is not begun and heals without a restart`() async throws {
        let rig = Rig(serving: Self.png)
        let free = Locked<Int64>(Int64(Self.png.count) - 1)
        let downloader = try rig.downloader(space: SpaceKeeper { _ in free.withLock { $0 } })
        #expect(try await rig.kindOfFailure(nil, downloader) == "noSpace")
        #expect(FileOnDisk.bytes(rig.temporaryPath)?.count == 0)
        free.withLock { $0 += 1 }
        _ = try await downloader.fetch(rig.order())
    }

    @Test func `a disk that fills up keeps what has come`() async throws {
        let bytes = SampleFile.mp4(data: [UInt8](repeating: 7, count: 3 << 20))
        let rig = Rig(serving: bytes)
        unsafe mkdir(rig.root, 0o700)
        guard unsafe mount("none", rig.root, "tmpfs", 0, "size=1m") == 0 else {
            print("skipped: only root can mount the small disk that this test fills")
            return
        }
        defer { unsafe umount2(rig.root, Int32(MNT_DETACH)) }
        // Nobody keeps the space free, so that the disk itself has to say it.
        let keeper = SpaceKeeper { _ in nil }
        let failure = await rig.failure(try rig.downloader(space: keeper), try rig.order(kind: .video))
        #expect(failure?.kind == "noSpace")
        let kept = FileOnDisk.bytes(rig.temporaryPath)?.count ?? 0
        #expect(kept > 0)
        #expect(unsafe mount("none", rig.root, "tmpfs", UInt(MS_REMOUNT), "size=20m") == 0)
        let file = try await rig.downloader(space: keeper).fetch(rig.order(kind: .video))
        #expect(file.sha256 == SHA256.hexadecimal(of: bytes))
        #expect(rig.server.requests.last?.offset == kept)
    }
}
