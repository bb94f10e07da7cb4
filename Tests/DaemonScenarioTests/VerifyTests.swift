import Glibc
import JSON
import Scratch
import Testing

/// The care of files: held against the record, and fetched again.
@Suite(.serialized) struct VerifyTests {
    private func path(_ id: Int64, in stage: Stage) throws -> String {
        stage.state + "/outputs/" + (try stage.text("SELECT path FROM outputs WHERE job_id = \(id)") ?? "")
    }

    @Test func `whole files are what the record says`() async throws {
        let stage = try await Stage.completed()
        let answer = try await stage.jobctl("verify", "--json")
        #expect(answer.code == 0, "\(answer)")
        let lines = try answer.objects()
        #expect(lines.count == 1, "\(lines)")
        #expect(lines.last?["checked"] == .integer(3))
        #expect(lines.last?["foreign"] == .integer(0))
    }

    @Test func `each kind of damage is named and foreign files are none`() async throws {
        let stage = try await Stage.completed(4)
        unlink(try path(1, in: stage))
        let second = try path(2, in: stage)
        var bytes = try #require(FileOnDisk.bytes(second))
        bytes[bytes.count - 20] ^= 1
        FileOnDisk.write(bytes, to: second)
        truncate(try path(3, in: stage), 10)
        FileOnDisk.write("mine", to: stage.state + "/outputs/note.txt")
        let answer = try await stage.jobctl("verify", "--json")
        #expect(answer.code == 1)
        let lines = try answer.objects()
        let kinds = lines.compactMap { line in
            line["kind"]?.string.map { "\($0) \(line["job_id"]?.integer ?? 0) \(line["path"]?.string ?? "")" }
        }
        let paths = try stage.texts("SELECT path FROM outputs ORDER BY job_id")
        #expect(
            Set(kinds) == [
                "missing 1 \(paths[0])", "changed 2 \(paths[1])", "changed 3 \(paths[2])",
                "foreign 0 note.txt",
                "summary 0 ",
            ])
        // Somebody's own file is no damage, and no matter for those who ask for some jobs.
        #expect(try await stage.jobctl("verify", "4", "--json").code == 0)
        #expect(try await stage.jobctl("verify", "1-3", "-q").output == "1\n2\n3\n")
        #expect(try await stage.jobctl("verify", "--sample", "100%").code == 1)
    }

    @Test func `a sample reads as many as asked`() async throws {
        let stage = try await Stage.completed(6)
        for (sample, count) in [("1", 1), ("4", 4), ("50%", 3), ("9", 6), ("0.1%", 1)] as [(String, Int64)] {
            let lines = try await stage.jobctl("verify", "--sample", sample, "--json").objects()
            #expect(lines.last?["checked"] == .integer(count), "\(sample)")
        }
        #expect(try await stage.jobctl("verify", "--sample", "none").code == 64)
    }

    @Test func `a link is not taken for the file that it leads to`() async throws {
        let stage = try await Stage.completed(1)
        let path = try path(1, in: stage)
        rename(path, stage.state + "/elsewhere.png")
        symlink(stage.state + "/elsewhere.png", path)
        let answer = try await stage.jobctl("verify")
        #expect(answer.code == 1)
        #expect(answer.output.contains("changed") && answer.output.contains("symbolic link"), "\(answer)")
    }

    @Test func `repair fetches again and buys nothing`() async throws {
        let stage = try await Stage.completed()
        let (first, second) = (try path(1, in: stage), try path(2, in: stage))
        let original = try #require(FileOnDisk.bytes(first))
        unlink(first)
        truncate(second, 10)
        let answer = try await stage.jobctl("verify", "--repair", "--json")
        #expect(answer.code == 1, "\(answer)")
        #expect(try answer.objects().filter { $0["fetched_again"] == .bool(true) }.count == 2)
        #expect(
            try stage.texts("SELECT state FROM jobs ORDER BY id") == [
                "downloading", "downloading", "completed",
            ])
        #expect(answer.errors.contains("jobd is not running"))
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "completed", "completed"])
        #expect(FileOnDisk.bytes(first) == original)
        #expect(FileOnDisk(second + ".damaged")?.size == 10)
        #expect(try await stage.accepted() == 3)
        #expect(try stage.number("SELECT count(*) FROM charges") == 3)
        let kinds = try stage.texts("SELECT kind FROM events WHERE job_id = 1 ORDER BY id DESC LIMIT 3")
        #expect(kinds == ["ended", "output", "retried"])
        #expect(try await stage.jobctl("verify").code == 0)
    }

    @Test func `a running daemon takes up a repair at once`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue()
        try stage.jobd()
        try await stage.wait(for: 1, toBe: "completed")
        unlink(try path(1, in: stage))
        #expect(try await stage.jobctl("verify", "1", "--repair").code == 1)
        try await eventually("the file is back") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'ended'") == 2
        }
        #expect(try stage.state(of: 1) == "completed")
        #expect(try await stage.jobctl("verify").code == 0)
    }

    @Test func `what the service no longer has ends as a failure that says so`() async throws {
        let stage = try await Stage.completed(1)
        unlink(try path(1, in: stage))
        try await stage.setFaults("file:404")
        #expect(try await stage.jobctl("verify", "--repair").code == 1)
        try await stage.drain("retry.attempts=2", "retry.patience=0s")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "download")
        #expect(try await stage.accepted() == 1)
    }

    @Test func `files in a separate output directory are found`() async throws {
        let stage = try await Stage.simulated()
        let folder = stage.scratch["pictures"]
        try await stage.enqueue()
        try await stage.drain("output_dir=\(folder)")
        #expect(try await stage.jobctl("verify", "--set", "output_dir=\(folder)").code == 0)
        FileOnDisk.write("mine", to: folder + "/note.txt")
        let answer = try await stage.jobctl("verify", "--set", "output_dir=\(folder)")
        #expect(answer.output == "foreign\t\t\(folder)/note.txt\t\n")
        unlink(try #require(try stage.text("SELECT path FROM outputs")))
        // The file is missed, whether or not this is still where outputs go.
        #expect(try await stage.jobctl("verify").code == 1)
    }

    @Test func `files are looked for where the running jobd puts them`() async throws {
        let stage = try await Stage.simulated()
        let folder = stage.scratch["pictures"]
        try await stage.enqueue()
        let jobd = try stage.jobd("output_dir=\(folder)")
        try await stage.wait(for: 1, toBe: "completed")
        FileOnDisk.write("mine", to: folder + "/note.txt")
        let answer = try await stage.jobctl("verify")
        #expect(answer.code == 0 && answer.output == "foreign\t\t\(folder)/note.txt\t\n", "\(answer)")
        jobd.end()
        #expect(try await stage.jobctl("verify").output == "")
    }
}
