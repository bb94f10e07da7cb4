import Glibc
import JSON
import Scratch
import Testing

/// A stop while the store cannot be written: it ends in good time, says what is missing, and the next start
/// makes it good.
@Suite(.serialized) struct FullStopTests {
    @Test(arguments: ["write:28:0:jobs.db", "sync:5:0:jobs.db"])
    func `a stop with a full store ends and says what could not be written`(failure: String) async throws {
        let service = Stage()
        try await service.simulate(["--fault", "submit:hold"])
        let ordeal = Ordeal(service)
        try await ordeal.enqueue(0..<1)
        let isFull = ordeal.stage.scratch["full"]
        let jobd = try ordeal.jobd(Orders(failures: [failure], onlyWhile: isFull), drains: false)
        try await eventually("the POST is on the wire") { try ordeal.stage.jobCount("submitting") == 1 }
        FileOnDisk.write("", to: isFull)
        try await service.setFaults()
        try await jobd.says("cannot be recorded yet")
        #expect(try await jobd.exitCode(after: SIGTERM) == 74, "\(jobd.errors)")
        #expect(jobd.errors.contains("job 1") && jobd.errors.contains("which is request"), "\(jobd.errors)")
        #expect(jobd.errors.contains("--adopt"), "\(jobd.errors)")
        unlink(isFull)
        // Nobody sends it again. Where only the sync failed, the answer may have reached the disk all the
        // same.
        #expect(try await ordeal.drain() == false)
        let states = try ordeal.stage.texts("SELECT state FROM jobs")
        #expect(states == ["uncertain"] || (failure.hasPrefix("sync") && states == ["completed"]))
        #expect(try await service.posts() == 1)
    }
}
