import Glibc
import JSON
import Scratch
import Testing

@Suite(.serialized) struct AdoptTests {
    /// A request that was bought with a store that this one knows nothing of.
    private func bought(_ stage: Stage, _ prompt: String = "a fox") async throws -> String {
        let elsewhere = ["JOBD_STATE_DIR": stage.scratch["lost"]]
        let words = ["enqueue", Stage.sequential, "text=\(prompt)", "sequential_image_generation_options=2"]
        let answer = try await stage.jobctl(words + ["--json"], environment: elsewhere)
        let id = try #require(try answer.object()["id"]?.integer)
        _ = try await stage.jobd(options: ["--drain"], environment: elsewhere).answer()
        let job = try await stage.jobctl("show", "\(id)", "--json", environment: elsewhere).object()
        return try #require(job["request_id"]?.string)
    }

    @Test func `a request from elsewhere becomes a job that is followed and fetched but not bought`()
        async throws
    {
        let stage = try await Stage.simulated()
        let request = try await bought(stage)
        let answer = try await stage.jobctl(
            "adopt", request, "--model", "seedream-4-0/sequential", "--label", "web", "--json")
        let adopted = try answer.object()
        #expect(adopted["state"]?.string == "in_queue" && adopted["label"]?.string == "web")
        #expect(adopted["model"]?.string == Stage.sequential && adopted["request_id"]?.string == request)
        try await stage.drain()
        let job = try await stage.job(1)
        #expect(job["state"]?.string == "completed", "\(job.text)")
        #expect(job["submissions"]?.integer == 0 && job["input"]?.text == "{}")
        #expect(job["input_removed_at"]?.string != nil)
        #expect(job["outputs"]?.array?.count == 2)
        #expect(try stage.texts("SELECT submission || ':' || reported_usd FROM charges") == ["0:0.06"])
        #expect(try await stage.posts() == 1)
        #expect(
            try stage.text("SELECT detail FROM events WHERE kind = 'resolved'")
                == #"{"as":"adopt","request_id":"\#(request)","input":"unknown","by":"jobctl"}"#)
        #expect(try await stage.jobctl("show", "1").output.contains("its input is unknown"))
        #expect(try stage.text("PRAGMA integrity_check") == "ok")
    }

    @Test func `what it cost counts for the budgets, though nobody here has bought it`() async throws {
        let stage = try await Stage.simulated()
        let request = try await bought(stage)
        #expect(
            try await stage.jobctl("adopt", request, "--model", Stage.sequential, "--label", "web").code == 0)
        let budget = [
            #"budget.labels={"web":{"month_usd":0.1}}"#, #"models={"*":{"price_usd":0.03}}"#,
        ]
        try await stage.enqueue("a wolf", "--label", "web")
        let jobd = try stage.jobd(options: budget.flatMap { ["--set", $0] })
        try await stage.waitUntilAllAre("completed")
        #expect(try stage.text("SELECT sum(reported_usd) FROM charges WHERE label = 'web'") == "0.09")
        let next: Int64 = try await stage.enqueue("a bear", "--label", "web")
        try await eventually("it waits for the budget") {
            try stage.number("SELECT count(*) FROM pauses WHERE reason = 'budget'") == 1
        }
        #expect(try stage.state(of: next) == "queued")
        let sums = try stage.texts(
            """
            SELECT label || ':' || CAST(round(nanos) AS INTEGER) FROM charge_sums WHERE day = '' ORDER BY label
            """)
        #expect(sums == [":90000000", "web:90000000"])
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(try await stage.jobctl("verify").code == 0)
    }

    @Test func `a running jobd takes it up`() async throws {
        let stage = try await Stage.simulated()
        let request = try await bought(stage)
        try stage.jobd()
        #expect(try await stage.jobctl("adopt", request, "--model", Stage.sequential, "-q").output == "1\n")
        try await stage.wait(for: 1, toBe: "completed")
    }

    @Test func `what cannot be adopted is refused and leaves nothing`() async throws {
        let stage = try await Stage.simulated()
        let id: Int64 = try await stage.enqueue()
        try await stage.drain()
        let request = try #require(try await stage.job(id)["request_id"]?.string)
        let twice = try await stage.jobctl("adopt", request, "--model", Stage.edit)
        #expect(twice.code == 1 && twice.errors.contains("job 1 has this request"))
        #expect(try await stage.jobctl("adopt", "a/../b", "--model", Stage.edit).code == 64)
        #expect(try await stage.jobctl("adopt", "fresh").code == 64)
        let mistyped = try await stage.jobctl("adopt", "fresh", "--model", "bytedance/seedream-4-0/edti")
        #expect(mistyped.code == 65 && mistyped.errors.contains(Stage.edit))
        #expect(try stage.jobCount() == 1)
    }

    @Test func `what it was made from is never bought again`() async throws {
        let stage = try await Stage.simulated()
        let request = try await bought(stage, "a fox")
        _ = try await stage.jobctl("adopt", request, "--model", Stage.sequential)
        try stage.execute(
            """
            UPDATE jobs SET state = 'failed', error_kind = 'remote', error_message = 'it failed',
                ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE id = 1
            """)
        for words in [["retry", "1"], ["retry", "1", "--resubmit"], ["rerun", "1"]] {
            let answer = try await stage.jobctl(words)
            #expect(answer.code == 1 && answer.errors.contains("not here"), "\(words): \(answer)")
        }
        #expect(try stage.jobCount() == 1)
    }

    @Test func `with sqlite3 no request is given to a job that has an input`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("a fox", "--hold")
        let said = Program.sqlite3(
            stage.database,
            """
            UPDATE jobs SET state = 'in_queue', request_id = 'r', followed_since = created_at,
                submitted_at = created_at, input_removed_at = created_at WHERE id = 1
            """)
        #expect(said.code != 0 && said.errors.contains("jobctl adopt"), "\(said)")
    }
}
