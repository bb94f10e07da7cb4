import Glibc
import JSON
import Scratch
import Testing

/// A store that went back in time buys nothing twice.
@Suite struct BackInTimeTests {
    private func put(_ copy: String, in stage: Stage) {
        Program.run(
            "sh", "-c", "cd \(stage.state) && rm -f jobs.db jobs.db-wal jobs.db-shm && cp \(copy) jobs.db")
    }

    /// One job that the copy has as queued, and that was bought since.
    private func sentSinceTheCopy() async throws -> (Stage, copy: String) {
        let stage = try await Stage.simulated()
        try await stage.enqueue("first")
        let copy = stage.scratch["copy.db"]
        try await stage.jobctl("backup", copy)
        try await stage.drain()
        #expect(try await stage.accepted() == 1)
        return (stage, copy)
    }

    @Test func `a restored backup buys nothing twice, and what RunComfy has goes on`() async throws {
        let stage = try await Stage.simulated("--run", "3s")
        try await stage.enqueue("at RunComfy")
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_queue")
        try await stage.jobctl("pause")
        try await stage.enqueue("queued")
        let copy = stage.scratch["copy.db"]
        try await stage.jobctl("backup", copy)
        try await stage.jobctl("resume")
        try await stage.waitUntilAllAre("completed")
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        let answer = try await stage.jobctl("restore", copy)
        #expect(answer.code == 0 && answer.output.contains("1 queued job is now held"), "\(answer)")
        try await stage.jobctl("resume")
        let drained = try await stage.drain()
        #expect(!drained.errors.contains("older than"), "\(drained)")
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "held"])
        #expect(try await stage.posts() == 2)
        // A person decides.
        try await stage.jobctl("release", "2")
        try await stage.drain()
        #expect(try stage.state(of: 2) == "completed")
        #expect(try await stage.posts() == 3)
    }

    @Test func `a copy that cp has put in place is noticed at the start`() async throws {
        let (stage, copy) = try await sentSinceTheCopy()
        put(copy, in: stage)
        try await stage.enqueue("enqueued into the old one")
        try stage.put(2, into: "submitting")
        try await stage.enqueue("this one, too")
        let told = stage.scratch["told"]
        let drained = try await stage.drain(
            #"on_attention=["/bin/sh", "-c", "cat >> \#(told)"]"#, "on_uncertain=\"resubmit\"")
        #expect(drained.errors.contains("the database is older than what was sent"), "\(drained)")
        #expect(drained.errors.contains("2 jobs are held and 1 job is uncertain"), "\(drained)")
        #expect(try stage.texts("SELECT state FROM jobs") == ["held", "uncertain", "held"])
        #expect(try await stage.posts() == 1)
        #expect(FileOnDisk.content(told).contains("older than what was sent"))
        let overview = try await stage.overview()
        #expect(overview["attention"]?.text.contains("went back in time: 1, 3;") == true, "\(overview.text)")
        #expect(try await stage.jobctl("explain", "1").output.contains("jobctl release 1"))
        // It is said once, and everything else goes on.
        try await stage.enqueue("new")
        let again = try await stage.drain()
        #expect(!again.errors.contains("older than"), "\(again)")
        #expect(try stage.state(of: 4) == "completed")
        // An even older one, and the database that was there.
        try await stage.jobctl("release", "1")
        try await stage.jobctl("backup", copy + "2")
        try await stage.drain()
        put(copy + "2", in: stage)
        let third = try await stage.drain()
        #expect(third.errors.contains("1 job is held"), "\(third)")
    }

    @Test func `a jobd that was killed after a claim has counted it`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:hang")
        try await stage.enqueue("first")
        let copy = stage.scratch["copy.db"]
        try await stage.jobctl("backup", copy)
        let jobd = try stage.jobd()
        try await stage.wait(for: 1, toBe: "submitting")
        try await eventually("the POST is there") { try await stage.posts() == 1 }
        jobd.end()
        put(copy, in: stage)
        let drained = try await stage.drain()
        #expect(drained.errors.contains("1 job is held"), "\(drained)")
    }

    @Test(arguments: ["rm claims", "rm jobs.db jobs.db-wal jobs.db-shm"])
    func `an upgrade, a moved store and a new one alarm nobody`(how: String) async throws {
        let (stage, _) = try await sentSinceTheCopy()
        Program.run("sh", "-c", "cd \(stage.state) && \(how)")
        try await stage.enqueue("new")
        let drained = try await stage.drain()
        #expect(!drained.errors.contains("older than"), "\(drained)")
        #expect(try stage.jobCount("held") == 0)
        #expect(try await stage.accepted() == 2)
    }

    @Test func `a new store in between hides nothing`() async throws {
        let (stage, copy) = try await sentSinceTheCopy()
        Program.run("sh", "-c", "cd \(stage.state) && rm jobs.db*")
        try await stage.enqueue("new")
        try await stage.drain()
        put(copy, in: stage)
        let drained = try await stage.drain()
        #expect(drained.errors.contains("1 job is held"), "\(drained)")
        #expect(try await stage.accepted() == 2)
    }

    @Test func `a counter that cannot be written is said once, and keeps nothing from being sent`()
        async throws
    {
        let stage = try await Stage.simulated()
        for number in 1...3 { try await stage.enqueue("fox \(number)") }
        mkdir(stage.state + "/claims", 0o700)
        let drained = try await stage.drain("max_submitting=1")
        #expect(
            drained.errors.split(separator: "\n").count { $0.contains("cannot be counted") } == 2,
            "\(drained)")
        #expect(try stage.jobCount("completed") == 3)
    }
}
