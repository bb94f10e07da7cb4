import JSON
import Scratch
import Testing

/// `xmp`: what photo software reads beside each file.
@Suite(.serialized) struct XMPTests {
    private func made(_ jobs: Int = 1) async throws -> (stage: Stage, files: [String]) {
        let stage = try await Stage.simulated()
        for number in 1...jobs { try await stage.enqueue("fox & \(number)", "--label", "zoo") }
        try await stage.drain("xmp=true", "sidecar=false")
        let files = try await stage.jobctl("files").lines
        #expect(files.count == jobs)
        return (stage, files)
    }

    private func removeOthers(_ stage: Stage) async throws {
        #expect(try await stage.jobctl("prune", "--older-than", "0s", "--files", "--yes").code == 0)
    }

    @Test func `each file has one, which a pick rates`() async throws {
        let (stage, files) = try await made()
        let path = files[0] + ".xmp"
        let before = FileOnDisk.content(path)
        #expect(before.contains("fox &amp; 1") && before.contains("zoo") && !before.contains("Rating"))
        #expect(FileOnDisk(path)?.mode == 0o600)
        #expect(
            !FileOnDisk.names(files[0].split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" })
                .contains("000001.json"))
        #expect(try await stage.jobctl("pick", "1", "1").code == 0)
        #expect(FileOnDisk.content(path).contains("xmp:Rating=\"5\""))
        #expect(FileOnDisk(path)?.mode == 0o600)
        #expect(try await stage.jobctl("pick", "1", "--none").code == 0)
        #expect(FileOnDisk.content(path) == before)
        #expect(try await stage.jobctl("verify").code == 0)
        #expect(try await stage.jobctl("verify", "--foreign", "--json").output == "")
    }

    @Test func `a pick by SQL rates it, too, as soon as jobd runs`() async throws {
        let (stage, files) = try await made(2)
        let rated = { (index: Int) in FileOnDisk.content(files[index] + ".xmp").contains("xmp:Rating=\"5\"") }
        let pick = "UPDATE outputs SET picked_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE job_id = "
        try stage.execute(pick + "1")
        #expect(!rated(0))
        try stage.jobd("sidecar=false")
        try await eventually("the first is rated") { rated(0) }
        try stage.execute(pick + "2; UPDATE outputs SET picked_at = NULL WHERE job_id = 1")
        try await eventually("the second is rated, and the first is not") { rated(1) && !rated(0) }
        try await eventually("nothing is left to do") {
            try stage.number("SELECT count(*) FROM changed_picks") == 0
        }
        #expect(try await stage.jobctl("pick", "1", "1").code == 0)
        #expect(rated(0))
    }

    @Test func `it goes with its file, unless another program has changed it`() async throws {
        let (stage, files) = try await made(2)
        let (ours, theirs) = (files[0] + ".xmp", files[1] + ".xmp")
        let changed = FileOnDisk.content(theirs).replacing("x:xmptk=\"jobd\"", with: "x:xmptk=\"digiKam\"")
        FileOnDisk.write(changed, to: theirs)
        #expect(try await stage.jobctl("pick", "2", "1").code == 0)
        #expect(FileOnDisk.content(theirs) == changed)
        // It is fetched again, and completed again.
        #expect(Program.run("rm", files[1]).code == 0)
        _ = try await stage.jobctl("verify", "--repair")
        try await stage.drain("xmp=true", "sidecar=false")
        #expect(FileOnDisk.exists(files[1]) && FileOnDisk.content(theirs) == changed)
        try await removeOthers(stage)
        #expect(!FileOnDisk.exists(files[0]) && !FileOnDisk.exists(ours))
        #expect(!FileOnDisk.exists(files[1]) && FileOnDisk.content(theirs) == changed)
        let foreign = try await stage.jobctl("verify", "--foreign", "--json").objects()
        #expect(foreign.count == 1 && foreign[0].keys.contains("path"), "\(foreign)")
    }

    @Test func `copies hold the prompt, and the originals stay as they are`() async throws {
        let (stage, files) = try await made(2)
        let before = files.map(FileOnDisk.bytes)
        let folder = stage.scratch["copies"]
        let answer = try await stage.jobctl("export", "--embed", folder)
        #expect(answer.lines == [folder + "/000001-1.png", folder + "/000002-1.png"], "\(answer)")
        let copy = FileOnDisk.content(folder + "/000002-1.png")
        #expect(copy.contains("parameters\0fox & 2\nSize: 96x"))
        #expect(files.map(FileOnDisk.bytes) == before)
        #expect(FileOnDisk.names(folder).count == 2)
        let again = try await stage.jobctl("export", "--embed", folder)
        #expect(again.output == "" && again.errors.contains("2 were there already"))
        #expect(try await stage.jobctl("export", "--embed", stage.state + "/outputs").code == 64)
        #expect(try await stage.jobctl("export", "--embed", folder, "--csv").code == 64)
    }
}
