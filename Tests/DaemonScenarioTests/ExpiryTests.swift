import Glibc
import JSON
import Scratch
import Testing

/// Addresses of outputs that are served no more when a job is made from them. The simulator fetches what it
/// is sent, so it says whether the picture arrived.
@Suite(.serialized) struct ExpiryTests {
    /// What the last job was sent for its picture, and what the service made of it.
    private func lastInput(_ stage: Stage) async throws -> (sent: String, fetched: JSON) {
        var line = JSON.null
        try await eventually("it is fetched") {
            line = try await stage.ledger().last ?? .null
            return line["inputs"]?.array?.isEmpty == false
        }
        let sent = try #require(line["input"]?["images"]?.array?.first?.string)
        return (sent, try #require(line["inputs"]?.array?.first))
    }

    private func source() async throws -> (stage: Stage, url: String, sha256: String) {
        let stage = try await Stage.simulated("--fetch-inputs")
        try await stage.enqueue()
        try await stage.drain()
        let url = try #require(try stage.text("SELECT url FROM outputs"))
        return (stage, url, try #require(try stage.text("SELECT sha256 FROM outputs")))
    }

    @Test func `an expired address is replaced by a fresh one`() async throws {
        let (stage, old, sha256) = try await source()
        _ = try await stage.ask("/_sim/expire", posting: "")
        try await stage.jobctl("enqueue", Stage.edit, "prompt=at night", "images=job:1")
        try await stage.drain()
        #expect(try stage.state(of: 2) == "completed")
        let (sent, fetched) = try await lastInput(stage)
        #expect(sent != old && sent.hasPrefix(stage.url + "/files/"))
        #expect(fetched["sha256"]?.string == sha256 && fetched["fault"] == .null, "\(fetched)")
        // The next job gets it at once.
        #expect(try stage.text("SELECT url FROM outputs WHERE job_id = 1") == sent)
        try await stage.jobctl("enqueue", Stage.edit, "prompt=by day", "images=job:1")
        try await stage.drain()
        #expect(try await lastInput(stage).sent == sent)
    }

    @Test func `where the fresh address is gone too the local file is sent`() async throws {
        let (stage, _, sha256) = try await source()
        _ = try await stage.ask("/_sim/expire", posting: "")
        try await stage.setFaults("file:404")
        try await stage.jobctl("enqueue", Stage.edit, "prompt=at night", "images=job:1")
        let jobd = try stage.jobd()
        try await eventually("the job is sent") { try await stage.accepted() == 2 }
        let (sent, fetched) = try await lastInput(stage)
        #expect(sent.hasPrefix("data:image/png;base64,"))
        #expect(fetched["sha256"]?.string == sha256 && fetched["fault"] == .null, "\(fetched)")
        #expect(try stage.text("SELECT sent FROM links") == "[1]")
        // Its own output can be fetched again.
        try await stage.setFaults()
        try await stage.wait(for: 2, toBe: "completed")
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(try stage.text("SELECT input FROM jobs WHERE id = 2")?.contains("\"job:1\"") == true)
    }

    @Test func `a local file that was damaged is not sent and costs nothing`() async throws {
        let (stage, _, _) = try await source()
        let file = try #require(try await stage.jobctl("files", "1").lines.first)
        Program.run("sh", "-c", "printf XXXX | dd of='\(file)' bs=1 seek=500 conv=notrunc")
        _ = try await stage.ask("/_sim/expire", posting: "")
        try await stage.setFaults("file:404")
        try await stage.jobctl("enqueue", Stage.edit, "prompt=at night", "images=job:1")
        try await stage.drain("retry.attempts=1", "retry.patience=0s")
        #expect(try stage.text("SELECT state || error_kind FROM jobs WHERE id = 2") == "failedinput")
        #expect(try await stage.posts() == 1)
    }

    @Test func `why no address can be had is explained while jobd tries again`() async throws {
        let (stage, _, _) = try await source()
        let file = try #require(try await stage.jobctl("files", "1").lines.first)
        unlink(file)
        _ = try await stage.ask("/_sim/expire", posting: "")
        try await stage.setFaults("result:500")
        try await stage.jobctl("enqueue", Stage.edit, "prompt=at night", "images=job:1")
        try stage.jobd()
        try await eventually("it is explained") {
            let answer = try await stage.jobctl("explain", "2", "--json")
            let said = try JSON(parsing: answer.output)
            return said["reason"] == "source"
                && said.text.contains("the address of output 1 of job 1 is gone")
        }
        try await stage.setFaults()
        try await stage.wait(for: 2, toBe: "completed")
    }

    @Test func `a film is not sent as a picture`() async throws {
        let stage = try await Stage.simulated("--fetch-inputs")
        try await stage.jobctl("enqueue", "t/x-to-video", "text=x")
        try await stage.jobctl("enqueue", Stage.edit, "prompt=at night", "images=job:1")
        try await stage.drain()
        #expect(try stage.text("SELECT state || error_kind FROM jobs WHERE id = 2") == "failedinput")
        let message = try stage.text("SELECT error_message FROM jobs WHERE id = 2") ?? ""
        #expect(message.contains("output 1 of job 1 is video/mp4, not image"), "\(message)")
        #expect(try await stage.posts() == 1)
    }

    @Test func `a picture that the service cannot fetch fails its job alone`() async throws {
        let (stage, _, _) = try await source()
        try await stage.jobctl("enqueue", Stage.edit, "prompt=x", "images=\(stage.url)/nothing.png")
        try await stage.jobctl("enqueue", Stage.edit, "prompt=y", "images=job:1")
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "failed", "completed"])
        #expect(
            try stage.text("SELECT error_kind || ': ' || error_message FROM jobs WHERE id = 2")?
                .hasPrefix("remote: failed to download $.images[0]") == true)
    }
}
