import Glibc
import Scratch
import Testing

/// What reaches the disk before the answer, seen in the system calls.
@Suite(.enabled(if: access("/usr/bin/strace", X_OK) == 0, "needs strace")) struct DurabilityTests {
    private let stage = Stage()

    /// The calls of one run, in order, with file descriptors replaced by their paths.
    private func trace(_ words: [String], input: String = "") throws -> [Substring] {
        let path = stage.folder + "/trace"
        let answer = try stage.run(
            "/usr/bin/strace",
            ["-f", "-y", "-o", path, "-e", "trace=write,pwrite64,fsync,fdatasync", Program.jobctl] + words,
            input: input)
        try #require(answer.code == 0, "\(answer)")
        return FileOnDisk.content(path).split(separator: "\n")
    }

    private func isSynced(_ calls: [Substring]) throws {
        let answer = try #require(calls.firstIndex { $0.contains("write(1<") })
        let lastWrite = try #require(
            calls[..<answer].lastIndex { $0.contains("pwrite64") && $0.contains("jobs.db-wal") })
        #expect(calls[lastWrite..<answer].contains { $0.contains("sync(") && $0.contains("jobs.db-wal") })
    }

    @Test func `a job is synced before its answer, from the very first on`() throws {
        let words = ["enqueue", Stage.sequential, "text=x", "-q"]
        let first = try trace(words)
        try isSynced(first)
        // The new directory itself, too.
        #expect(first.contains { $0.contains("sync(") && $0.contains("\(stage.folder)>") })
        let second = try trace(words)
        try isSynced(second)
        #expect(second.filter { $0.contains("sync(") && $0.contains("jobs.db-wal") }.count == 1)
    }

    @Test func `a batch is synced before its answer`() throws {
        let line = #"{"model": "a/b", "input": {}}"# + "\n"
        try isSynced(
            try trace(["enqueue", "--batch", "-", "-q"], input: String(repeating: line, count: 500)))
    }

    @Test func `the log stays short, also where no jobd keeps it so`() throws {
        let text = String(repeating: "x", count: 600)
        for _ in 0..<60 { try stage.jobctl("enqueue", Stage.sequential, "text=\(text)") }
        #expect(try #require(FileOnDisk(stage.database + "-wal")).size < 2 << 20)
        #expect(try stage.jobCount() == 60)
    }
}
