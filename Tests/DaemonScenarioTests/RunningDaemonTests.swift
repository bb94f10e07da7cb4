import Scratch
import Testing

/// What jobctl takes from the running jobd's configuration.
@Suite(.serialized) struct RunningDaemonTests {
    @Test func `an order is asked for above the running jobd's sum and at its prices`() async throws {
        let stage = try await Stage.simulated()
        let price = "models.\(Stage.sequential).price_usd="
        let jobd = try stage.jobd("confirm_above_usd=0.5", price + "0.1")
        try await jobd.says("runs on")
        let words = ["enqueue", Stage.sequential, "text=x", "--repeat", "2", "--hold"]
        let asked = try await stage.jobctl(words)
        #expect(asked.code == 64 && asked.errors.contains("2 jobs (about $0.60)"), "\(asked)")
        #expect(asked.errors.contains("confirm_above_usd is $0.50"), "\(asked)")
        #expect(try stage.jobCount() == 0)
        // What the command names counts instead.
        let named = ["--set", "confirm_above_usd=0.5", "--set", price + "0.01"]
        #expect(try await stage.jobctl(words + named).code == 0)
        #expect(try await stage.jobctl(words + ["--yes"]).code == 0)

        try await stage.jobctl("cancel", "1-2")
        let retry = try await stage.jobctl("retry", "--state", "cancelled", "--dry-run")
        #expect(retry.errors.contains("retry 2 jobs (about $0.60)"), "\(retry)")
        jobd.end()
        #expect(try await stage.jobctl(words).code == 0)
    }
}
