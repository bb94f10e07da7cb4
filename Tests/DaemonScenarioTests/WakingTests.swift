import Glibc
import JSON
import Scratch
import Testing

/// jobd sleeps while there is nothing to do, and wakes at once when there is.
@Suite struct WakingTests {
    @discardableResult
    private func settle(
        _ stage: Stage, _ settings: String..., environment: [String: String] = [:]
    ) async throws -> Program {
        try await stage.enqueue("first")
        let jobd = try stage.jobd(options: settings.flatMap { ["--set", $0] }, environment: environment)
        try await stage.wait(for: 1, toBe: "completed")
        // Until the watch for the commit behind the last write is over.
        try await Task.sleep(for: .seconds(3))
        return jobd
    }

    @Test func `an insert by any program is taken up at once`() async throws {
        let stage = try await Stage.simulated()
        try await settle(stage)
        let done = Program.sqlite3(
            stage.database, "INSERT INTO jobs (model, input) VALUES ('a/b', '{\"prompt\":\"x\"}')")
        #expect(done.code == 0)
        try await stage.expectTheLastWasSentAtOnce()
    }

    @Test func `jobctl wakes it at once`() async throws {
        let stage = try await Stage.simulated()
        try await settle(stage)
        try await stage.enqueue("second")
        try await stage.expectTheLastWasSentAtOnce()
    }

    @Test func `a pause by hand holds what is here and not what is there`() async throws {
        let stage = try await Stage.simulated("--queue", "300ms")
        try await stage.enqueue("on its way")
        try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_queue")
        try await stage.jobctl("pause")
        try await stage.enqueue("waits")
        try await stage.enqueue("is held")
        try await stage.jobctl("hold", "3")
        try await stage.wait(for: 1, toBe: "completed")
        #expect(try stage.state(of: 2) == "queued")
        #expect(try await stage.overview()["pauses"]?.array?.first?["reason"]?.string == "hand")
        try await stage.jobctl("resume")
        try await stage.wait(for: 2, toBe: "completed")
        #expect(try stage.state(of: 3) == "held")
        try await stage.jobctl("release", "3")
        try await stage.wait(for: 3, toBe: "completed")
    }

    @Test(arguments: ["nothing", "paused", "outage", "token", "limited", "service"])
    func `idle it uses no processor`(situation: String) async throws {
        let stage = try await Stage.simulated()
        // As a service it also reports its status, and pets a watchdog as often as its unit asks for.
        let socket = stage.scratch["notify"]
        let manager = try situation == "service" ? NotifySocket(socket) : nil
        // How often it looks at the time of day while something is scheduled goes by retry.max, up to a
        // minute.
        let jobd = try await settle(
            stage, "retry.max=5m",
            environment: manager == nil ? [:] : ["NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "180000000"])
        switch situation {
        case "paused":
            try await stage.jobctl("pause")
            try await stage.enqueue("waits")
        case "outage":
            // The gate closes, its probe's time passes, and nothing is left to probe with.
            stage.simulator?.end()
            try await stage.enqueue("to be cancelled")
            try await eventually("it was tried") {
                try stage.jobCount(where: "error_message IS NOT NULL") > 0
            }
            try await eventually("it is cancelled") {
                try await stage.jobctl("cancel", "2")
                return try stage.state(of: 2) == "cancelled"
            }
        case "token":
            try await stage.setFaults("token:reject")
            try await stage.enqueue("refused")
            try await eventually("it is paused") { try stage.text("SELECT reason FROM pauses") == "token" }
            try await eventually("it is held") {
                try await stage.jobctl("hold", "2")
                return try stage.state(of: 2) == "held"
            }
        case "limited":
            try await stage.enqueue("waits", "--not-before", "1h")
        default: break
        }
        // What it has begun may take its time on a busy machine.
        try await eventually("it is idle: \(situation)") {
            let (time, switches) = (try Stage.processorTime(of: jobd.pid), try wakeUps(of: jobd.pid))
            try await Task.sleep(for: .seconds(4))
            return try Stage.processorTime(of: jobd.pid) - time <= .milliseconds(20)
                && wakeUps(of: jobd.pid) - switches == 0
        }
        if let manager { #expect(manager.lines.contains("READY=1")) }
    }

    /// How often all of its threads have woken of their own.
    private func wakeUps(of pid: Int32) throws -> Int {
        let lines = Program.run(
            "grep", "-h", "^voluntary_ctxt_switches", "-r", "/proc/\(pid)/task", "--include=status",
        )
        return lines.output.split(separator: "\n").reduce(0) { sum, line in
            sum + (line.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? 0)
        }
    }
}

extension Stage {
    /// Less time went by than the timer takes that would have found it in any case.
    func expectTheLastWasSentAtOnce() async throws {
        try await eventually("it has been sent") { try jobCount(where: "submitted_at IS NULL") == 0 }
        let waited = "SELECT (julianday(submitted_at) - julianday(created_at)) * 86400 < 30 FROM jobs"
        #expect(try text(waited + " ORDER BY id DESC LIMIT 1") == "1")
    }
}
