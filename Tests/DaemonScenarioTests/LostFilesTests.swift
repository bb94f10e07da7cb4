import Glibc
import Scratch
import Testing

/// Files of the state directory that somebody removes, moves or replaces under a running jobd.
@Suite struct LostFilesTests {
    /// A job that is completed, which so far only the log of the database says.
    private func settled() async throws -> (Stage, Program) {
        let stage = try await Stage.simulated()
        try await stage.enqueue("a fox")
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "completed")
        #expect((FileOnDisk(stage.state + "/jobs.db-wal")?.size ?? 0) > 0)
        return (stage, jobd)
    }

    private func expectAllIsThere(_ stage: Stage) async throws {
        #expect(try stage.state(of: 1) == "completed")
        #expect(Program.sqlite3(stage.database, "PRAGMA integrity_check").output == "ok\n")
        try await stage.drain()
        #expect(try await stage.accepted() == 1)
    }

    @Test(arguments: [["jobs.db-wal"], ["jobs.db-shm"], ["jobs.db-wal", "jobs.db-shm"]])
    func `a log that is removed is noticed and nothing is lost`(names: [String]) async throws {
        let (stage, jobd) = try await settled()
        for name in names { unlink(stage.state + "/" + name) }
        #expect(try await jobd.exitCode() == 74, "\(jobd.errors)")
        #expect(jobd.errors.contains(names[0]) && jobd.errors.contains("removed"), "\(jobd.errors)")
        try await expectAllIsThere(stage)
    }

    @Test func `a stop in the moment of the removal skips nothing`() async throws {
        let (stage, jobd) = try await settled()
        jobd.signal(SIGSTOP)
        unlink(stage.state + "/jobs.db-wal")
        jobd.signal(SIGTERM)
        #expect(try await jobd.exitCode(after: SIGCONT) == 74, "\(jobd.errors)")
        try await expectAllIsThere(stage)
    }

    @Test(arguments: [
        "rm -f jobs.db", "rm -f jobs.db jobs.db-wal jobs.db-shm", "cp jobs.db x; mv x jobs.db",
        "mv jobs.db old; cp old jobs.db",
    ])
    func `a database that is removed is saved beside and nothing runs until a person has decided`(how: String)
        async throws
    {
        let (stage, jobd) = try await settled()
        #expect(Program.run("sh", "-c", "cd \(stage.state) && \(how)").code == 0)
        #expect(try await jobd.exitCode() == 74, "\(jobd.errors)")
        let saved = stage.state + "/jobs.db.saved"
        #expect(jobd.errors.contains(saved), "\(jobd.errors)")
        #expect(FileOnDisk(saved)?.mode == 0o600)
        let again = try stage.jobd()
        #expect(try await again.exitCode() == 74)
        #expect(again.errors.contains(saved), "\(again.errors)")
        let refused = try await stage.jobctl("enqueue", Stage.sequential, "text=x")
        #expect(refused.code == 74 && refused.errors.contains(saved), "\(refused)")
        let hint = try #require(again.errors.split(separator: "\n").first { $0.contains("rm -f ") })
        let command = hint.drop { $0 != "'" }.dropFirst().prefix { $0 != "'" }
        #expect(Program.run("sh", "-c", String(command)).code == 0, "\(command)")
        try await expectAllIsThere(stage)
    }

    @Test func `a directory that is moved away is named and whole`() async throws {
        let (stage, jobd) = try await settled()
        let away = stage.scratch["away"]
        #expect(rename(stage.state, away) == 0)
        #expect(mkdir(stage.state, 0o700) == 0)
        // Its own name is watched by nobody: the next look at the store finds it out.
        #expect(try await jobd.exitCode(after: SIGHUP) == 74, "\(jobd.errors)")
        #expect(jobd.errors.contains(away), "\(jobd.errors)")
        #expect(Program.run("ls", "-A", stage.state).output == "")
        #expect(rmdir(stage.state) == 0 && rename(away, stage.state) == 0)
        try await expectAllIsThere(stage)
    }

    @Test func `a directory that is removed is saved in its place`() async throws {
        let (stage, jobd) = try await settled()
        // It fails where jobd has saved something there before it is through.
        Program.run("rm", "-rf", stage.state)
        #expect(try await jobd.exitCode() == 74, "\(jobd.errors)")
        let saved = stage.state + "/jobs.db.saved"
        #expect(jobd.errors.contains(saved), "\(jobd.errors)")
        #expect(Program.sqlite3(saved, "SELECT state FROM jobs").output == "completed\n")
    }

    /// What is queued is not sent by a jobd whose word would be lost with it.
    @Test func `nothing is sent that would not be recorded`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("waits")
        try await stage.jobctl("pause")
        let jobd = try stage.jobd()
        try await jobd.says("runs on")
        jobd.signal(SIGSTOP)
        try await stage.jobctl("resume")
        unlink(stage.state + "/jobs.db-wal")
        #expect(try await jobd.exitCode(after: SIGCONT) == 74, "\(jobd.errors)")
        #expect(try await stage.accepted() == 0)
        #expect(try stage.state(of: 1) == "queued")
    }

    @Test func `a file in the place of outputs is named`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("a fox")
        FileOnDisk.write("", to: stage.state + "/outputs")
        let jobd = try stage.jobd()
        try await jobd.says("Not a directory")
        #expect(!jobd.hasEnded)
        unlink(stage.state + "/outputs")
        try await stage.wait(for: 1, toBe: "completed")
    }
}

/// Something else has the name `wake`, or nothing can be watched: everything works, and the log says what is
/// in the way.
@Suite struct WakeTests {
    private func expectTakesUpAnInsert(_ stage: Stage) async throws {
        try stage.execute(
            "INSERT INTO jobs (model, input) VALUES ('\(Stage.sequential)', '{\"text\":\"x\"}')")
        try await stage.expectTheLastWasSentAtOnce()
    }

    @Test func `a state path that is too long for a socket works`() async throws {
        let stage = try await Stage.simulated()
        let long = stage.scratch[String(repeating: "d", count: 120)]
        let jobd = try stage.jobd(options: ["--state-dir", long])
        try await eventually("it runs: \(jobd.errors)") { jobd.hasEnded || jobd.errors.contains("runs on") }
        #expect(!jobd.hasEnded && FileOnDisk(long + "/wake")?.mode == 0o600, "\(jobd.errors)")
        let words = ["enqueue", Stage.sequential, "text=x", "--wait", "-q", "--state-dir", long]
        let jobctl = try stage.start(words)
        #expect(try await jobctl.exitCode() == 0, "\(jobctl.errors)")
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(FileOnDisk(long + "/wake") == nil)
    }

    @Test(arguments: ["mkdir wake", "echo mine > wake", "ln -s /dev/null wake", "mkfifo wake"])
    func `what has the name of wake stays and is named`(how: String) async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("first")
        #expect(Program.run("sh", "-c", "cd \(stage.state) && rm -f wake && \(how)").code == 0)
        let before = Program.run("ls", "-ld", stage.state + "/wake").output
        let added = try await stage.jobctl("enqueue", Stage.sequential, "text=second", "-q")
        #expect(added.code == 0, "\(added)")
        let jobd = try stage.jobd()
        try await stage.waitUntilAllAre("completed")
        #expect(jobd.errors.contains("\(stage.state)/wake is not a socket"), "\(jobd.errors)")
        try await expectTakesUpAnInsert(stage)
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(Program.run("ls", "-ld", stage.state + "/wake").output == before)
    }

    @Test func `if no watch is left it looks each second and says so once`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("first")
        let jobd = try stage.jobd(environment: [
            "LD_PRELOAD": Program.folder + "libFaultLayer.so", "JOBD_FAULT_NO_INOTIFY": "1",
        ])
        try await stage.wait(for: 1, toBe: "completed")
        try await Task.sleep(for: .seconds(3))
        try await expectTakesUpAnInsert(stage)
        let said = jobd.errors.split(separator: "\n").filter { $0.contains("inotify") }
        #expect(said.count == 1, "\(jobd.errors)")
    }
}
