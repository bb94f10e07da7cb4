import Glibc
import SQL
import Scratch
import Testing

/// A jobd that has lost its lock must not send beside another one.
@Suite(.serialized) struct LockLossTests {
    @Test func `a jobd whose lock file is removed ends and the next one sends each job once`() async throws {
        let stage = try await Stage.simulated("--queue", "300ms", "--run", "300ms")
        try await stage.enqueue("fox 0")
        let first = try stage.jobd("max_submitting=1", "max_in_flight=2")
        try await stage.wait(for: 1, toBe: "in_queue")
        #expect(unlink(stage.state + "/lock") == 0)
        let second = try stage.jobd("max_submitting=1", "max_in_flight=2")
        for number in 1...8 { try await stage.enqueue("fox \(number)") }
        #expect(try await first.exitCode() == 69, "\(first.errors)")
        #expect(first.errors.contains("/lock") && first.errors.contains("hint:"), "\(first.errors)")
        try await stage.waitUntilAllAre("completed")
        #expect(try await stage.accepted() == 9)
        // The second one can still be woken: its socket was not removed.
        #expect(FileOnDisk(stage.state + "/wake") != nil)
        #expect(try await second.exitCode(after: SIGTERM) == 0, "\(second.errors)")
    }

    @Test func `a state directory that was moved away ends its jobd`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue()
        let jobd = try stage.jobd()
        try await stage.wait(for: id, toBe: "completed")
        #expect(rename(stage.state, stage.state + "-old") == 0)
        try await stage.enqueue("in a new directory")
        // Somebody writes to the old one, so that jobd looks before its safety timer would have it.
        try SQLiteConnection(path: stage.state + "-old/jobs.db", .readWrite, busyTimeout: .seconds(30))
            .execute(
                "INSERT INTO jobs (model, input) VALUES ('m', '{}')")
        // The lock is gone too, but where the database is now says more.
        #expect(try await jobd.exitCode() == 74, "\(jobd.errors)")
        #expect(try await stage.accepted() == 1)
    }

    @Test func `an answer that comes after the lock is gone settles the job`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:hold")
        let id = try await stage.enqueue()
        let first = try stage.jobd()
        try await eventually("the POST is on the wire") { try await stage.accepted() == 1 }
        unlink(stage.state + "/lock")
        let second = try stage.jobd()
        try await stage.wait(for: id, toBe: "uncertain")
        try await stage.setFaults()
        #expect(try await first.exitCode() == 69, "\(first.errors)")
        try await stage.wait(for: id, toBe: "completed")
        #expect(second.errors.contains("job \(id) is uncertain"), "\(second.errors)")
        #expect(try await stage.accepted() == 1)
        #expect(try await second.exitCode(after: SIGTERM) == 0, "\(second.errors)")
    }

    @Test func `another lock file in the place of the own is noticed`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue()
        let jobd = try stage.jobd()
        try await stage.wait(for: id, toBe: "completed")
        FileOnDisk.write("", to: stage.state + "/lock.new")
        #expect(rename(stage.state + "/lock.new", stage.state + "/lock") == 0)
        try await stage.enqueue("not to be sent")
        #expect(try await jobd.exitCode() == 69, "\(jobd.errors)")
        #expect(try await stage.accepted() == 1)
        #expect(try stage.jobCount("queued") == 1)
    }
}
