import Glibc
import Scratch
import Testing

/// Local files, and programs that are killed or come at the same time.
@Suite struct LocalFileRaceTests {
    private let stage = Stage()

    private var copies: [String] { FileOnDisk.names(stage.state + "/inputs") }

    private func edit(_ fixture: String) async throws -> Answer {
        let path = FileOnDisk.repository + "/Tests/Fixtures/media/" + fixture
        return try await stage.jobctl("enqueue", Stage.edit, "prompt=x", "images=\(path)")
    }

    @Test func `a killed enqueue leaves no half file under a final name, and the rest is swept`() async throws
    {
        #expect(try await edit("still.jpg").code == 0)
        let large = stage.file("large", "x")
        truncate(large, 1 << 30)
        let words = ["enqueue", "t/m", "a=file:\(large)", "--set", "inputs.via=storage"]
        let enqueue = try stage.start(words)
        // It reads the whole file once before it copies it.
        try await eventually("it copies") {
            enqueue.hasEnded || copies.contains { $0.hasPrefix(".new-") }
        }
        #expect(try await enqueue.exitCode(after: SIGKILL) == -SIGKILL)
        #expect(copies.count == 2 && copies[0].hasPrefix(".new-"))
        #expect(try stage.jobCount() == 1)
        #expect(try await stage.jobctl("prune", "--inputs", "--yes", "--older-than", "1s").code == 1)
        FileOnDisk.write(
            "unneeded", to: stage.state + "/inputs/" + String(repeating: "0", count: 64) + ".bin")
        #expect(try await stage.jobctl("prune", "--inputs", "--yes").code == 0)
        #expect(copies.count == 1)
    }
}
