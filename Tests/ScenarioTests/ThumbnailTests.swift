import Glibc
import JSON
import Scratch
import Testing

/// The helper runs under limits of memory that the sanitizers' own needs exceed.
@Suite(.enabled(if: getenv("TSAN_OPTIONS") == nil && getenv("ASAN_OPTIONS") == nil))
struct ThumbnailTests {
    private let stage = Stage()
    private var folder: String { stage.folder + "/gallery" }

    /// 600 × 400 black pixels.
    static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAlgAAAGQAQAAAABaTiM1AAAANElEQVR42u3BAQ0AAADCoPdPbQ8HFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAjwZ2wAABTwrGEAAAAABJRU5ErkJggg=="

    /// A completed job for each picture.
    private func fill(_ count: Int64, cut: Set<Int64> = []) throws {
        for id in 1...count {
            try stage.complete(try stage.enqueue("2 cats"), with: "", as: "\(id).png")
            let bytes = cut.contains(id) ? "head -c 70" : "cat"
            let path = stage.state + "/outputs/\(id).png"
            try stage.run("/bin/sh", ["-c", "echo \(Self.png) | base64 -d | \(bytes) > \(path)"])
        }
    }

    private func thumbnails() throws -> [String] {
        try stage.run("/bin/ls", ["-A", folder + "/thumbnails"]).lines
    }

    /// A `jobctl` whose helper is another program, or is missing.
    private func jobctl(besides helper: String?) throws -> String {
        let place = stage.folder + "/bin"
        try stage.run("/bin/mkdir", ["-p", place])
        try stage.run("/bin/cp", [Program.jobctl, place])
        if let helper {
            stage.file("bin/jobthumb", helper)
            chmod(place + "/jobthumb", 0o700)
        }
        return place + "/jobctl"
    }

    @Test func `thumbnails are made once, and a bad picture costs its own alone`() throws {
        try fill(4, cut: [2])
        let first = try stage.jobctl("gallery", folder, "--json").object()
        #expect(
            first["made"]?.integer == 3 && first["thumbnails"]?.integer == 3 && first["files"]?.integer == 4)
        #expect(try thumbnails() == [1, 3, 4].map { "00000\($0)-1-00000000.webp" })
        for name in try thumbnails() {
            let bytes = try #require(FileOnDisk.bytes("\(folder)/thumbnails/\(name)"))
            #expect(
                bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8)))
        }
        let again = try stage.jobctl("gallery", folder, "--json").object()
        #expect(again["made"]?.integer == 0 && again["thumbnails"]?.integer == 3)
    }

    /// A kernel, or a container, that lets it set no filter of system calls.
    @Test func `a helper that cannot be confined reads no picture`() throws {
        let folder = Program.folder
        let (png, made) = (stage.folder + "/a.png", stage.folder + "/a.webp")
        let line = "echo \(Self.png) | base64 -d >\(png); $0jobthumb <\(png) >\(made)"
        let confined = try stage.run("/bin/sh", ["-c", line, folder])
        #expect(confined.code == 0 && FileOnDisk.content(made) != "", "\(confined)")
        let layer = folder + "libFaultLayer.so"
        let preloaded = "export LD_PRELOAD=\(layer) JOBD_FAULT_NO_FILTER=1; " + line
        let refused = try stage.run("/bin/sh", ["-c", preloaded, folder])
        #expect(refused.code == 2 && FileOnDisk.content(made) == "", "\(refused)")
    }

    /// What broke on a picture is not tried again; a helper that does not run says nothing about pictures.
    @Test(arguments: [
        ("#!/bin/sh\nexit 1\n", 0), ("#!/bin/sh\nkill -SEGV $$\n", 0), ("#!/bin/sh\nkill -TERM $$\n", 2),
        ("#!/bin/sh\nexit 127\n", 2), ("no program\n", 2), ("#!/bin/sh\n", 2),
    ])
    func `a helper that fails leaves the pictures to serve themselves`(helper: String, later: Int64) throws {
        try fill(2)
        let answer = try stage.run(try jobctl(besides: helper), ["gallery", folder, "--json"])
        #expect(answer.code == 0, "\(answer)")
        #expect(try answer.object()["thumbnails"]?.integer == 0 && answer.object()["files"]?.integer == 2)
        #expect(try thumbnails() == [])
        #expect(try stage.jobctl("gallery", folder, "--json").object()["made"]?.integer == later)
    }

    @Test func `without the helper it says so, and continues`() throws {
        try fill(2)
        let answer = try stage.run(try jobctl(besides: nil), ["gallery", folder])
        #expect(answer.code == 0 && answer.errors.contains("jobthumb is not installed"), "\(answer)")
        // Installed later, it makes what was missing.
        #expect(try stage.jobctl("gallery", folder, "--json").object()["made"]?.integer == 2)
    }

    @Test func `an interrupted run leaves the old page, and the next one tidies up`() throws {
        try fill(2)
        try stage.jobctl("gallery", folder)
        let before = FileOnDisk.bytes(folder + "/index.html")
        // The pictures are others now, and the first one's helper ends jobctl itself.
        try stage.execute("UPDATE outputs SET sha256 = 'ffffffff' || substr(sha256, 9)")
        let killed = try stage.run(
            try jobctl(besides: "#!/bin/sh\necho part\nkill -KILL $PPID\n"), ["gallery", folder])
        #expect(killed.code == -SIGKILL)
        #expect(FileOnDisk.bytes(folder + "/index.html") == before)
        for name in ["000001-1-00000000.webp", "000002-1-00000000.webp"] {
            #expect(try thumbnails().contains(name))
        }
        #expect(try stage.jobctl("gallery", folder).code == 0)
        #expect(try thumbnails().count == 2 && !thumbnails().contains { $0.hasSuffix(".part") })
    }

    @Test func `the helper confines itself before it reads, and takes nothing that is no picture`() throws {
        let helper = Program.folder + "jobthumb"
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let process = try stage.start([], input: ends[0], program: helper)
        let place = "/proc/\(process.pid)/"
        try eventually("it is so") { FileOnDisk.content(place + "status").contains("Seccomp:\t2") }
        let limits = FileOnDisk.content(place + "limits")
        for limit in ["Max address space", "Max cpu time", "Max file size"] {
            #expect(
                limits.split(separator: "\n").contains { $0.hasPrefix(limit) && !$0.contains("unlimited") })
        }
        for end in ends { close(end) }
        #expect(try process.answer().code == 1)
        for content in ["", "no picture", "\u{7F}ELF", "RIFF", "RIFF\0\0\0\0WEBPVP8 ", "GIF89a"] {
            let answer = try stage.run(helper, [], input: content)
            #expect(answer.code == 1 && answer.output.isEmpty)
        }
    }
}
