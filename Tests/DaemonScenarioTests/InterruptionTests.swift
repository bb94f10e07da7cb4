import Glibc
import JSON
import JobStore
import Scratch
import Testing

/// A stop at any moment, then a start: the job continues, and is bought once.
@Suite struct InterruptionTests {
    enum Moment: String, CaseIterable {
        case queued, inQueue = "in_queue", inProgress = "in_progress", downloading
    }

    @Test(arguments: Moment.allCases, [SIGTERM, SIGKILL])
    func `a job continues where it was`(moment: Moment, signal: Int32) async throws {
        let stage = try await Stage.simulated("--queue", "400ms", "--run", "400ms")
        let id = try await stage.enqueue("a fox [[fault: file:drip=20k]]")
        if moment == .queued { try await stage.jobctl("pause") }
        let first = try stage.jobd()
        if moment == .queued { try await first.says("runs on") }
        try await stage.wait(for: id, toBe: moment.rawValue)
        #expect(
            try await first.exitCode(after: signal) == (signal == SIGKILL ? -SIGKILL : 0), "\(first.errors)")
        if moment == .queued { #expect(try stage.state(of: id) == "queued") }
        if moment == .queued { try await stage.jobctl("resume") }
        try stage.jobd()
        try await stage.wait(for: id, toBe: "completed")
        #expect(try await stage.accepted() == 1)
        #expect(try stage.number("SELECT submissions FROM jobs") == 1)
        #expect(try stage.number("SELECT count(*) FROM charges") == 1)
    }

    @Test func `a kill while the post is on the wire leaves the job uncertain`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:hang")
        let id = try await stage.enqueue()
        let first = try stage.jobd()
        try await eventually("the POST has left") { try await stage.posts() == 1 }
        _ = try await first.exitCode(after: SIGKILL)
        #expect(try stage.state(of: id) == "submitting")
        try await stage.setFaults()
        try stage.jobd()
        try await stage.wait(for: id, toBe: "uncertain")
        // It is not sent again on its own, while others are.
        let other = try await stage.enqueue("another")
        try await stage.wait(for: other, toBe: "completed")
        #expect(try stage.state(of: id) == "uncertain")
        #expect(try await stage.posts() == 2)
        try await stage.jobctl("resolve", String(id), "--resubmit")
        try await stage.wait(for: id, toBe: "completed")
        #expect(try stage.number("SELECT submissions FROM jobs WHERE id = \(id)") == 2)
    }

    @Test func `a job whose POST was killed is sent once more if the configuration says so`()
        async throws
    {
        let stage = try await Stage.simulated("--fault", "submit:hang")
        let id = try await stage.enqueue()
        for posts: Int64 in 1...2 {
            let jobd = try stage.jobd("on_uncertain=resubmit")
            try await eventually("POST \(posts) has left") { try await stage.posts() == posts }
            _ = try await jobd.exitCode(after: SIGKILL)
        }
        let last = try stage.jobd("on_uncertain=resubmit")
        try await stage.wait(for: id, toBe: "uncertain")
        #expect(try stage.number("SELECT submissions FROM jobs") == 2)
        #expect(try await last.exitCode(after: SIGTERM) == 0)
    }

    @Test func `a stop lets the post on the wire get its answer`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:hold")
        let first = try await stage.enqueue()
        let second = try await stage.enqueue("not sent any more")
        let jobd = try stage.jobd("max_submitting=1")
        try await stage.wait(for: first, toBe: "submitting")
        jobd.signal(SIGTERM)
        try await jobd.says("stopping")
        try await stage.setFaults()
        #expect(try await jobd.exitCode() == 0, "\(jobd.errors)")
        #expect(try stage.state(of: first) == "in_queue")
        #expect(try stage.state(of: second) == "queued")
        #expect(try await stage.posts() == 1)
    }

    @Test func `a second signal ends it at once`() async throws {
        let stage = try await Stage.simulated("--fault", "submit:hang")
        let id = try await stage.enqueue()
        let jobd = try stage.jobd()
        try await stage.wait(for: id, toBe: "submitting")
        jobd.signal(SIGTERM)
        try await jobd.says("stopping")
        #expect(!jobd.hasEnded)
        #expect(try await jobd.exitCode(after: SIGINT) == 130)
        #expect(try stage.state(of: id) == "submitting")
    }

    @Test func `a process that is suspended and continued loses nothing`() async throws {
        let stage = try await Stage.simulated("--queue", "300ms")
        let id = try await stage.enqueue()
        let jobd = try stage.jobd()
        try await stage.wait(for: id, toBe: "in_queue")
        jobd.signal(SIGSTOP)
        // It may have been stopped while it writes: then jobctl waits for it.
        let jobctl = try stage.start(["enqueue", Stage.sequential, "text=meanwhile", "-q"])
        try await Task.sleep(for: .milliseconds(200))
        jobd.signal(SIGCONT)
        #expect(try await jobctl.exitCode() == 0, "\(jobctl.errors)")
        try await stage.waitUntilAllAre("completed")
        #expect(try stage.state(of: id) == "completed")
        #expect(try await stage.accepted() == 2)
    }

    /// A kill between the rename and the end of the note: the file is taken up, and nothing else stays.
    @Test func `what a crash at the rename left is cleaned up`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue()
        try await stage.drain()
        let path = try #require(try stage.text("SELECT path FROM outputs"))
        try stage.execute(
            """
            UPDATE jobs SET state = 'downloading', ended_at = NULL WHERE id = \(id);
            UPDATE outputs SET state = 'pending', downloaded_at = NULL WHERE job_id = \(id);
            """)
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        let note = "\(stage.state)/outputs/\(folder)/.00000\(id)-1.part.json"
        let file = creat(note, 0o600)
        #expect(file >= 0)
        close(file)
        try await stage.drain()
        #expect(try stage.state(of: id) == "completed")
        #expect(access(note, F_OK) != 0)
        #expect(try stage.number("SELECT submissions FROM jobs") == 1)
    }

    /// A lock that a jobctl holds keeps it in its first moments, before signals are watched.
    @Test func `a reload in its first moments does not end it`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue()
        let directory = StateDirectory(path: stage.state, origin: .option)
        var lock = try StateLock(directory, as: "jobctl")
        #expect(lock != nil)
        // It waits a few seconds for the lock. On a slow machine that may be over before anybody has looked.
        for _ in 1...5 {
            let jobd = try stage.jobd(options: ["--drain"])
            var isIgnored = false
            try await eventually("SIGHUP is ignored, or it has ended") {
                let status = FileOnDisk.text("/proc/\(jobd.pid)/status") ?? ""
                let ignored = status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.dropFirst(7)
                let mask = UInt64(ignored?.drop { $0 == "\t" } ?? "", radix: 16) ?? 0
                isIgnored = mask & 1 << UInt64(SIGHUP - 1) != 0
                return isIgnored || jobd.hasEnded
            }
            if !isIgnored { continue }
            jobd.signal(SIGHUP)
            lock = nil
            #expect([0, 69].contains(try await jobd.exitCode()), "\(jobd.errors)")
            return
        }
        Issue.record("a reload in its first moments would end it")
    }
}
