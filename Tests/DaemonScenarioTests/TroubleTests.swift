import Glibc
import JSON
import Scratch
import Testing

/// What keeps jobd from its work is not silent: it stands under attention, goes to `on_attention`, and ends.
@Suite(.serialized) struct TroubleTests {
    private func troubles(_ stage: Stage) async throws -> [String] {
        try await stage.overview()["troubles"]?.array?.compactMap { $0["kind"]?.string } ?? []
    }

    /// A command for `on_attention`, which appends to a file.
    private func hook(_ stage: Stage) -> (setting: String, file: String) {
        let file = stage.scratch["told"]
        return (#"on_attention=["/bin/sh", "-c", "cat >> \#(file)"]"#, file)
    }

    @Test func `no space beyond min_free is said until there is`() async throws {
        let stage = try await Stage.simulated()
        let (setting, told) = hook(stage)
        let id = try await stage.enqueue()
        let jobd = try stage.jobd("min_free=900TiB", setting)
        try await eventually("it is said") { try await troubles(stage) == ["space"] }
        let overview = try await stage.overview()
        #expect(overview["attention"]?.text.contains("1 job waits: less than min_free") == true)
        #expect(try await stage.jobctl().output.contains("jobctl prune --files"))
        try await eventually("the hook is told") { FileOnDisk.content(told).contains(#""trouble":"space""#) }
        let stream = try stage.start(["watch", "--json"])
        try await eventually("watch says it") { stream.output.contains("min_free") }
        let view = try JSON(parsing: stream.output.split(separator: "\n").first ?? "")
        #expect(view["troubles"]?.array?.first?["kind"]?.string == "space")
        #expect(view["attention"]?.text.contains("1 job waits: less than min_free") == true)
        stream.end()
        // Nothing stale is left by one that was killed.
        jobd.end()
        #expect(try await troubles(stage) == [])
        try stage.jobd()
        try await stage.wait(for: id, toBe: "completed")
        #expect(try await troubles(stage) == [])
    }

    @Test func `a job that is given up takes its trouble along`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue()
        let jobd = try stage.jobd("min_free=900TiB")
        try await eventually("it is said") { try await troubles(stage) == ["space"] }
        try await stage.jobctl("cancel", String(id), "--give-up", "--yes")
        try await eventually("it is over") { try await troubles(stage) == [] }
        try await jobd.says("this is over")
        #expect(
            try stage.number("SELECT count(*) FROM events WHERE detail LIKE '%\"ended\":\"space\"%'") == 1)
    }

    @Test func `a sidecar whose name is taken is said until it is free`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue()
        let sidecar = stage.state + "/outputs/000001.json"
        mkdir(stage.state + "/outputs", 0o700)
        mkdir(sidecar, 0o700)
        try stage.jobd("output_name={id}-{index}.{ext}")
        try await eventually("it is said") { try await troubles(stage) == ["sidecar"] }
        rmdir(sidecar)
        try await stage.wait(for: id, toBe: "completed")
        try await eventually("it is over") { try await troubles(stage) == [] }
    }

    @Test func `a store that nobody can write is said by name, and the hook is told`() async throws {
        let stage = try await Stage.simulated()
        let (setting, told) = hook(stage)
        // The job can only end, and so be written, while the transaction is open.
        try await stage.setFaults("status:503")
        let jobd = try stage.jobd(setting)
        let id = try await stage.enqueue()
        try await stage.wait(for: id, toBe: "in_queue")
        let writer = try OpenTransaction(stage.database, "BEGIN IMMEDIATE;")
        try await stage.setFaults([])
        let who = "sqlite3 (pid \(writer.program.pid)) has an open write transaction"
        try await jobd.says("the store waits: \(who)")
        try await eventually("it is said") { try await troubles(stage) == ["store"] }
        #expect(try await stage.overview()["attention"]?.text.contains(who) == true)
        try await eventually("the hook is told") { FileOnDisk.content(told).contains(who) }
        writer.end()
        try await eventually("it is over") { try await troubles(stage) == [] }
    }

    @Test func `a log that jobctl has filled while jobd had nothing to do is emptied after its reader`()
        async throws
    {
        let stage = try await Stage.simulated()
        try await stage.enqueue("a", "--hold")
        try await stage.jobctl("pause")
        let jobd = try stage.jobd()
        try await jobd.says("runs on")
        let reader = try OpenTransaction(stage.state + "/jobs.db", "BEGIN; SELECT count(*) FROM jobs;")
        let text = String(repeating: "x", count: 100_000)
        let lines = (0..<250).map { #"{"model":"t/big","input":{"text":"\#($0)\#(text)"}}"# }
        let batch = stage.file("big.jsonl", lines.joined(separator: "\n"))
        #expect(try await stage.jobctl("enqueue", "--batch", batch).code == 0)
        let log = stage.state + "/jobs.db-wal"
        #expect(FileOnDisk(log)?.size ?? 0 > 16 << 20)
        try await eventually("it is said") { try await troubles(stage) == ["log"] }
        reader.end()
        try await eventually("it is emptied") { FileOnDisk(log)?.size ?? 0 < 1 << 20 }
    }
}
