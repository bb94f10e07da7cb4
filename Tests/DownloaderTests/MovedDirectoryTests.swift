import Dispatch
import Glibc
import HTTP
import JobModel
import Scratch
import System
import Testing

@testable import Downloader

/// Downloads share the directory that they have open, as long as its path leads there.
@Suite(.timeLimit(.minutes(10))) struct MovedDirectoryTests {
    private static let png = SampleFile.png(3, 5)

    /// Fetches a second file while the first one's directory is open, and was moved away by `change`.
    private func fetchAfterMove(
        _ rig: Rig, template: String = "{date}/{id}-{index}.{ext}",
        _ change: @escaping @Sendable (_ moved: String) -> Void
    ) async throws -> Result<DownloadedFile, DownloadFailure> {
        let downloader = try rig.downloader()
        let second = try rig.order("/b.bin", id: 8, template: template)
        let outcome = Locked(Result<DownloadedFile, DownloadFailure>.failure(.cancelled))
        let moved = rig.base + "/moved"
        let root = rig.root
        let first = try rig.order(template: template) { _ in
            unsafe rename(root + "/2026-01-02", moved)
            change(moved)
            do throws(DownloadFailure) {
                let file = try await downloader.fetch(second)
                outcome.withLock { $0 = .success(file) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
        }
        _ = try? await downloader.fetch(first)
        return outcome.withLock { $0 }
    }

    @Test func `a file goes where its record says though the open directory was moved`() async throws {
        let rig = Rig(serving: Self.png)
        let file = try await fetchAfterMove(rig) { _ in }.get()
        #expect(rig.contents(file.path) == Self.png)
        #expect(!FileOnDisk.names(rig.base + "/moved").contains { $0.contains("000008") })
    }

    @Test(arguments: ["{date}/{id}-{index}.{ext}", "{date}/x/{id}-{index}.{ext}"])
    func `a link to the directory that was moved leads no file out`(template: String) async throws {
        let rig = Rig(serving: Self.png)
        let root = rig.root
        let outcome = try await fetchAfterMove(rig, template: template) { moved in
            unsafe symlink(moved, root + "/2026-01-02")
        }
        #expect(throws: DownloadFailure.self) { try outcome.get() }
        #expect(!FileOnDisk.names(rig.base + "/moved").contains { $0.contains("000008") })
        #expect(!FileOnDisk.names(rig.base + "/moved/x").contains { $0.contains("000008") })
    }

    /// `prune` removes directories that are empty, from the innermost up.
    @Test func `a directory that is removed while it is opened is made again`() throws {
        let rig = Rig(serving: Self.png)
        let root = rig.root
        // How many directories may still go during this opening: it has to end.
        let allowance = Locked(0)
        let (isOver, removals) = (Locked(false), Locked(0))
        defer { isOver.withLock { $0 = true } }
        DispatchQueue(label: "prune").async {
            while !isOver.withLock({ $0 }) {
                for path in ["/a/b", "/a"]
                where unsafe allowance.withLock({ $0 > 0 }) && rmdir(root + path) == 0 {
                    allowance.withLock { $0 -= 1 }
                    removals.withLock { $0 += 1 }
                }
            }
        }
        while removals.withLock({ $0 < 100 }) {
            allowance.withLock { $0 = 6 }
            _ = try OutputDirectory(root: rig.root, relative: "a/b", making: .ownerOnly)
        }
    }

    @Test func `no directory stays open when downloads are over`() async throws {
        let rig = Rig(serving: Self.png)
        let downloader = try rig.downloader()
        _ = try await downloader.fetch(rig.order())
        // The thread that has synced it lets go of it after it has told.
        for _ in 0..<1000 where Self.isOpen(below: rig.root) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!Self.isOpen(below: rig.root))
    }

    private static func isOpen(below root: String) -> Bool {
        FileOnDisk.names("/proc/self/fd").contains { name in
            var path = [CChar](repeating: 0, count: 4096)
            let count = unsafe readlink("/proc/self/fd/" + name, &path, path.count)
            let bytes = path.prefix(max(0, count)).map(UInt8.init(bitPattern:))
            return String(decoding: bytes, as: UTF8.self).hasPrefix(root)
        }
    }
}
