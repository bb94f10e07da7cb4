import Glibc
import HTTP
import JobModel
import Media
import Scratch
import System
import Testing

@testable import Downloader

/// Files get their names without harm to what is there, whoever put it there.
@Suite(.timeLimit(.minutes(10))) struct FinalNameTests {
    private static let png = SampleFile.png(3, 5)
    private static let precious = Array("precious".utf8)

    /// Makes the directory that the files go to, as a first download does.
    private func makeDirectory(_ rig: Rig) {
        unsafe mkdir(rig.root, 0o700)
        unsafe mkdir(rig.root + "/2026-01-02", 0o700)
    }

    @Test func `a taken name is left alone`() async throws {
        let rig = Rig(serving: Self.png)
        makeDirectory(rig)
        FileOnDisk.write(Self.precious, to: rig.root + "/2026-01-02/000007-1.png")
        unsafe mkdir(rig.root + "/2026-01-02/000007-1-2.png", 0o700)
        unsafe symlink("/nowhere", rig.root + "/2026-01-02/000007-1-3.png")
        let file = try await rig.downloader().fetch(rig.order())
        #expect(file.path == "2026-01-02/000007-1-4.png")
        #expect(rig.contents("2026-01-02/000007-1.png") == Self.precious)
        #expect(rig.contents(file.path) == Self.png)
    }

    @Test func `a name that is taken at the last moment is recorded again`() async throws {
        let rig = Rig(serving: Self.png)
        let root = rig.root
        let file = try await rig.downloader().fetch(
            rig.order { file in
                if file.path.hasSuffix("1.png") {
                    FileOnDisk.write(Self.precious, to: root + "/" + file.path)
                }
            })
        #expect(file.path == "2026-01-02/000007-1-2.png")
        #expect(rig.recorded.withLock { $0.map(\.path) } == ["2026-01-02/000007-1.png", file.path])
        #expect(rig.contents("2026-01-02/000007-1.png") == Self.precious)
    }

    @Test func `many at once want one name and each gets its own`() async throws {
        let rig = Rig { request, _ in
            .file(SampleFile.png(UInt32(request.path.dropFirst()) ?? 0, 1), request)
        }
        let downloader = try rig.downloader()
        let files = try await withThrowingTaskGroup(of: (Int, DownloadedFile).self) { group in
            for id in 1...40 {
                let order = try rig.order("/\(id)", id: Int64(id), template: "same.{ext}")
                group.addTask { (id, try await downloader.fetch(order)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(files.map(\.1.path)).count == 40)
        #expect(FileOnDisk.names(rig.root).count == 40)
        for (id, file) in files {
            #expect(rig.contents(file.path) == SampleFile.png(UInt32(id), 1))
            #expect(file.facts.width == id)
        }
    }

    @Test func `no output takes a sidecars name`() async throws {
        let rig = Rig(serving: Array("{\"a\":1}".utf8))
        let file = try await rig.downloader().fetch(rig.order(kind: .file, template: "{id}.{ext}"))
        #expect(file.path == "000007-2.json")
    }

    @Test func `the extension may name a directory`() async throws {
        let rig = Rig(serving: Self.png)
        let file = try await rig.downloader().fetch(rig.order(template: "{ext}/{date}/{id}.{ext}"))
        #expect(file.path == "png/2026-01-02/000007.png")
        #expect(rig.contents(file.path) == Self.png)
        #expect(Set(FileOnDisk.names(rig.root)) == ["png"])
    }

    @Test(arguments: ["symlink", "dangling", "hard link", "pipe", "note", "directory"])
    func `a link, a second name, a pipe or a directory in the temporary file's place harms nobody`(
        what: String
    ) async throws {
        let rig = Rig(serving: Self.png)
        makeDirectory(rig)
        let victim = rig.root + "/victim"
        FileOnDisk.write(Self.precious, to: victim)
        switch what {
        case "symlink": unsafe symlink(victim, rig.temporaryPath)
        case "dangling": unsafe symlink(rig.root + "/new", rig.temporaryPath)
        case "hard link": unsafe link(victim, rig.temporaryPath)
        case "pipe": unsafe mkfifo(rig.temporaryPath, 0o600)
        case "note": unsafe symlink(victim, rig.temporaryPath + ".json")
        default: unsafe mkdir(rig.temporaryPath, 0o700)
        }
        if what == "directory" {
            #expect(try await rig.kindOfFailure() == "disk")
            return
        }
        let file = try await rig.downloader().fetch(rig.order())
        #expect(FileOnDisk.bytes(victim) == Self.precious)
        #expect(rig.contents(file.path) == Self.png)
        #expect(Set(FileOnDisk.names(rig.root)) == ["victim", "2026-01-02"])
        #expect(Set(FileOnDisk.names(rig.root + "/2026-01-02")) == ["000007-1.png"])
    }

    @Test func `a link in place of a directory is not followed`() async throws {
        let rig = Rig(serving: Self.png)
        unsafe mkdir(rig.root, 0o700)
        unsafe mkdir(rig.root + "/elsewhere", 0o700)
        unsafe symlink(rig.root + "/elsewhere", rig.root + "/2026-01-02")
        let failure = try #require(await rig.failure(try rig.downloader(), try rig.order()))
        #expect(failure.kind == "disk" && "\(failure)".contains("2026-01-02"))
        #expect(FileOnDisk.names(rig.root + "/elsewhere").isEmpty)
        #expect(rig.server.requests.isEmpty)
    }

    @Test func `outputs may lie behind a link`() async throws {
        let rig = Rig(serving: Self.png)
        unsafe mkdir(rig.root + "-real", 0o700)
        unsafe symlink(rig.root + "-real", rig.root)
        let file = try await rig.downloader().fetch(rig.order())
        #expect(FileOnDisk.bytes(rig.root + "-real/" + file.path) == Self.png)
    }

    @Test func `a disk that cannot be written is named`() async throws {
        let rig = Rig(serving: Self.png)
        FileOnDisk.write([], to: rig.root)
        let failure = await rig.failure(try rig.downloader(), try rig.order())
        #expect(failure?.kind == "disk" && failure?.countsAsAttempt == false)
    }
}
