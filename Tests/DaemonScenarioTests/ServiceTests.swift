import Glibc
import SQL
import Scratch
import Testing

/// What jobd tells the service manager that started it.
@Suite struct ServiceTests {
    private func listen(_ stage: Stage, _ more: [String: String] = [:]) throws -> (
        NotifySocket, [String: String]
    ) {
        let path = stage.scratch["notify"]
        return (try NotifySocket(path), ["NOTIFY_SOCKET": path].merging(more) { $1 })
    }

    @Test func `it reports when it is ready, its status, and when it stops`() async throws {
        let stage = try await Stage.simulated("--queue", "1h")
        try await stage.enqueue("earlier")
        try await stage.jobctl("pause")
        let (manager, environment) = try listen(stage)
        let jobd = try stage.jobd(environment: environment)
        try await eventually("it is ready") { manager.lines.contains("READY=1") }
        #expect(jobd.errors.contains("runs on"))
        try await eventually("its status is told") {
            manager.lines.contains { $0.hasPrefix("STATUS=1 queued; submissions are paused (by hand)") }
        }
        try await stage.jobctl("resume")
        try await eventually("its status changes") { manager.lines.contains("STATUS=1 in_queue") }
        #expect(!manager.lines.contains("STOPPING=1"))
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(manager.lines.contains("STOPPING=1"))
        #expect(manager.lines.count { $0 == "READY=1" } == 1)
        #expect(!manager.lines.contains("WATCHDOG=1"))
    }

    @Test func `a stop is heard at every moment of the start`() async throws {
        let stage = Stage()
        for wait in 0..<60 {
            let jobd = try stage.jobd()
            try await Task.sleep(for: .milliseconds(wait / 2))
            jobd.signal(SIGTERM)
            // Before there is anything to stop, the signal itself ends it.
            #expect([0, -SIGTERM].contains(try await jobd.exitCode()), "\(wait)")
        }
    }

    @Test func `an abstract name is heard as well`() async throws {
        let stage = Stage()
        let name = "@jobd-test\(stage.scratch.path)"
        let manager = try NotifySocket(name)
        try stage.jobd(environment: ["NOTIFY_SOCKET": name])
        try await eventually("it is ready") { manager.lines.contains("READY=1") }
    }

    @Test func `without a token it is ready, and its status says what it lacks`() async throws {
        let stage = Stage()
        let (manager, environment) = try listen(stage)
        try stage.jobd(environment: environment.merging(["RUNCOMFY_TOKEN": ""]) { $1 })
        try await eventually("it is ready") { manager.lines.contains("READY=1") }
        try await eventually("it says why it waits") {
            manager.lines.contains { $0.contains("submissions are paused (token)") }
        }
    }

    @Test func `a reload is told with its time, also one that is refused`() async throws {
        let stage = Stage()
        let (manager, environment) = try listen(stage)
        let file = stage.file("config.json", "{}")
        let jobd = try stage.jobd(options: ["--config", file], environment: environment)
        try await eventually("it is ready") { manager.lines.contains("READY=1") }
        for (text, number) in [("{}", 2), (#"{"max_in_flight": "many"}"#, 3)] {
            FileOnDisk.write(text, to: file)
            var before = timespec()
            clock_gettime(CLOCK_MONOTONIC, &before)
            jobd.signal(SIGHUP)
            try await eventually("the reload is over") { manager.lines.count { $0 == "READY=1" } == number }
            let reload = try #require(manager.messages.last { $0.hasPrefix("RELOADING=1\n") })
            let time = try #require(
                reload.split(separator: "\n").last.flatMap { Int($0.dropFirst("MONOTONIC_USEC=".count)) })
            #expect(time >= before.tv_sec * 1_000_000 + before.tv_nsec / 1000)
        }
        #expect(jobd.errors.contains("stays as it was"))
    }

    @Test func `text from elsewhere does not become a message to the service manager`() async throws {
        let stage = Stage()
        let (manager, environment) = try listen(stage)
        try await stage.enqueue()
        try await stage.jobctl("pause")
        try stage.execute("UPDATE pauses SET detail = 'a' || char(10) || 'MAINPID=1'")
        try stage.jobd(environment: environment)
        try await eventually("the pause is told") { manager.lines.contains { $0.contains("MAINPID=1") } }
        #expect(!manager.lines.contains { $0.hasPrefix("MAINPID=1") })
    }

    @Test func `the watchdog is petted while jobd works, and not while one of its parts hangs`() async throws
    {
        let stage = try await Stage.simulated()
        let (manager, environment) = try listen(stage, ["WATCHDOG_USEC": "200000"])
        let jobd = try stage.jobd(environment: environment)
        try await eventually("it is petted") { manager.lines.count { $0 == "WATCHDOG=1" } > 3 }
        // Whoever holds the writer's lock lets the store wait, and with it the loop: for 15 s at most.
        let connection = try stage.connection()
        try connection.execute("BEGIN IMMEDIATE")
        jobd.signal(SIGHUP)
        try await eventually("the store waits") {
            let before = manager.lines.count { $0 == "WATCHDOG=1" }
            try await Task.sleep(for: .seconds(1))
            return manager.lines.count { $0 == "WATCHDOG=1" } == before
        }
        try connection.execute("ROLLBACK")
        let before = manager.lines.count { $0 == "WATCHDOG=1" }
        try await eventually("it is petted again") { manager.lines.count { $0 == "WATCHDOG=1" } > before }
    }

    @Test func `a watchdog that is meant for another process is not petted`() async throws {
        let stage = try await Stage.simulated()
        let (manager, environment) = try listen(stage, ["WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"])
        try stage.jobd(environment: environment)
        try await stage.enqueue()
        try await stage.wait(for: 1, toBe: "completed")
        #expect(!manager.lines.contains("WATCHDOG=1"))
    }

    @Test func `lines of the log begin with priorities if it goes to the journal, and only then`()
        async throws
    {
        let stage = Stage()
        let elsewhere = try stage.jobd(environment: ["JOURNAL_STREAM": "1:1"])
        try await elsewhere.says("runs on")
        #expect(!elsewhere.errors.contains("<6>"))
        _ = try await elsewhere.exitCode(after: SIGTERM)
        // The file that the log of the next one goes to is there before, as the journal's stream is.
        let log = stage.file("journal", "")
        var status = stat()
        try #require(stat(log, &status) == 0)
        let jobd = try stage.start(
            ["-c", "exec \(Program.folder)jobd --api-url \(stage.url) 2> \(log)"],
            environment: ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"], program: "sh")
        try await eventually("it runs") { FileOnDisk.content(log).contains("runs on") }
        #expect(FileOnDisk.content(log).hasPrefix("<6>jobd "), "\(jobd.pid)")
    }
}
