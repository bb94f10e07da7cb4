import JSON
import JobModel
import JobStore
import SQL
import Scratch
import Testing

/// Which job leaves when: priority, time, limits and budgets.
@Suite(.serialized) struct OrderTests {
    /// The jobs by the order in which their POSTs left.
    private func sent(_ stage: Stage) throws -> [Int64] {
        try stage.connection().all("SELECT job_id FROM events WHERE kind = 'submitting' ORDER BY id") {
            $0.integer(0)
        }
    }

    /// Pairs of a plain job and one of the model `narrow/model`, which goes first.
    private func enqueuePairs(_ stage: Stage, _ count: Int) async throws {
        for number in 1...count {
            try await stage.enqueue("fox \(number)")
            try stage.execute(
                """
                INSERT INTO jobs (model, input, validation, priority)
                VALUES ('narrow/model', '{"prompt":"\(number)"}', 'waived', 7)
                """)
        }
    }

    @Test func `priority goes first then the ID`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("1")
        try await stage.enqueue("2", "--priority", "5")
        try await stage.enqueue("3", "--priority=-5")
        try await stage.enqueue("4", "--priority", "5")
        try await stage.enqueue("5", "--hold")
        try await stage.drain("max_submitting=1")
        #expect(try sent(stage) == [2, 4, 1, 3])
        #expect(try stage.state(of: 5) == "held")
    }

    @Test func `a job is not sent before its time`() async throws {
        let stage = try await Stage.simulated()
        let later = try await stage.enqueue("later", "--priority", "9")
        let soon = (Timestamp.now + .seconds(2)).description
        try stage.execute("INSERT INTO jobs (model, input, not_before) VALUES ('a/b', '{}', '\(soon)')")
        try await stage.jobctl("set", String(later), "--not-before", "1h")
        let now = try await stage.enqueue("now")
        let jobd = try stage.jobd()
        try await stage.wait(for: now, toBe: "completed")
        try await eventually("the second left at its time") {
            try stage.text("SELECT submitted_at FROM jobs WHERE id = 2") != nil
        }
        #expect(try stage.text("SELECT submitted_at FROM jobs WHERE id = 2") ?? "" >= soon)
        #expect(try stage.state(of: later) == "queued")
        try await stage.jobctl("set", String(later), "--not-before", "")
        #expect(try await jobd.exitCode(after: 15) == 0)
    }

    @Test func `never more are in flight than allowed and the limit of a model holds back no other`()
        async throws
    {
        let stage = try await Stage.simulated(
            "--queue", "100ms", "--run", "100ms", "--fault", "submit:delay=400ms")
        try await enqueuePairs(stage, 8)
        try stage.jobd("max_in_flight=4", "max_submitting=2", #"models={"narrow/*":{"max_in_flight":1}}"#)
        var most = (all: Int64(0), narrow: Int64(0), sending: Int64(0))
        let live = "state IN ('submitting', 'in_queue', 'in_progress')"
        try await eventually("all are completed") {
            let all = try stage.jobCount(where: "\(live)")
            let narrow = try stage.jobCount(where: "\(live) AND model = 'narrow/model'")
            let ledger = try await stage.ledger().first
            let there = (ledger?["in_queue"]?.integer ?? 0) + (ledger?["in_progress"]?.integer ?? 0)
            let sending = try stage.jobCount("submitting")
            most = (max(most.all, all, there), max(most.narrow, narrow), max(most.sending, sending))
            return try stage.jobCount(where: "state <> 'completed'") == 0
        }
        #expect(most.all <= 4)
        #expect(most.narrow <= 1)
        #expect(most.sending <= 2)
    }

    @Test func `as many are in flight as allowed and as many on the wire`() async throws {
        let limits = ["max_in_flight=4", "max_submitting=2", #"models={"narrow/*":{"max_in_flight":1}}"#]
        for (option, value, state, count) in [
            ("--run", "1h", "in_progress", Int64(4)), ("--fault", "submit:hang", "submitting", 2),
        ] {
            let stage = try await Stage.simulated(option, value)
            try await enqueuePairs(stage, 4)
            try stage.jobd(limits[0], limits[1], limits[2])
            try await eventually("\(count) are \(state)") {
                try stage.jobCount(where: "state = '\(state)'") == count
            }
            #expect(try stage.jobCount("queued") == 8 - count)
            #expect(try stage.jobCount(where: "model = 'narrow/model' AND state <> 'queued'") == 1)
        }
    }

    /// The database knows what left in the last minute, so that a restart does not start over.
    @Test func `the rate of a minute outlives a restart`() async throws {
        let stage = try await Stage.simulated()
        for number in 1...3 { try await stage.enqueue("fox \(number)") }
        let since = Timestamp.now + .seconds(-57)
        try stage.execute(
            """
            DROP TRIGGER charges_insert_guard;
            INSERT INTO charges (job_id, submission, at, model) VALUES
                (1001, 1, '\(since)', 'a/b'), (1002, 1, '\(Timestamp.now)', 'a/b')
            """)
        let jobd = try stage.jobd("submit_per_minute=2")
        try await eventually("one place is free again") { try stage.jobCount("completed") == 1 }
        let left = try stage.text("SELECT submitted_at FROM jobs WHERE state = 'completed'") ?? ""
        #expect(left >= (since + .seconds(60)).description)
        #expect(try stage.jobCount("queued") == 2)
        #expect(try Stage.processorTime(of: jobd.pid) < .seconds(2))
    }

    @Test func `the rate of a model holds back no other`() async throws {
        let stage = try await Stage.simulated()
        for number in 1...3 { try await stage.enqueue("fox \(number)", "--priority", "3") }
        try stage.execute(
            "INSERT INTO jobs (model, input, validation) VALUES ('other/model', '{}', 'waived')")
        try stage.jobd(#"models={"bytedance/*":{"submit_per_minute":2}}"#)
        try await stage.wait(for: 4, toBe: "completed")
        try await stage.wait(for: 2, toBe: "completed")
        #expect(try stage.state(of: 3) == "queued")
    }

    @Test func `a budget is never exceeded and its pause names it`() async throws {
        let stage = try await Stage.simulated("--fault", "result:no-cost")
        for number in 1...5 { try await stage.enqueue("fox \(number)") }
        let price = "models.\(Stage.sequential).price_usd=0.5"
        for (budget, done) in [("budget.total_usd=1.2", Int64(2)), ("budget.day_usd=1.5", 3)] {
            let jobd = try stage.jobd(price, budget, options: ["--drain"])
            defer { #expect(jobd.errors.contains("warning: submissions are paused (budget): budget.")) }
            #expect(try await jobd.exitCode() == 0, "\(jobd.errors)")
            #expect(try stage.jobCount("completed") == done)
            #expect(try stage.text("SELECT reason FROM pauses") == "budget")
            let detail = try stage.text("SELECT detail FROM pauses") ?? ""
            #expect(detail.hasPrefix(budget.replacing("=", with: " is $")), "\(detail)")
        }
        try await stage.drain(price)
        #expect(try stage.jobCount("completed") == 5)
        #expect(try stage.number("SELECT count(*) FROM pauses") == 0)
        #expect(try await stage.accepted() == 5)
    }

    @Test func `a label's budget keeps neither other jobs nor a drain`() async throws {
        let stage = try await Stage.simulated("--fault", "result:no-cost")
        for number in 1...6 {
            try await stage.enqueue("fox \(number)", "--label", "acme-\(number % 2)", "--priority", "1")
        }
        for number in 1...5 { try await stage.enqueue("cat \(number)") }
        let settings = [
            "models.\(Stage.sequential).price_usd=0.5", #"budget.labels={"acme-*":{"day_usd":1.2}}"#,
        ]
        let jobd = try await stage.drain(settings[0], settings[1], "max_in_flight=2")
        #expect(jobd.errors.contains("warning: some jobs wait (budget): budget.labels."), "\(jobd.errors)")
        #expect(try stage.jobCount(where: "state = 'completed' AND label IS NULL") == 5)
        #expect(try stage.jobCount(where: "state = 'completed' AND label IS NOT NULL") == 2)
        let status = try await stage.jobctl()
        #expect(status.output.contains("! some jobs wait (budget, "), "\(status)")
        #expect(status.output.contains(#"raise budget.labels."acme-*".day_usd, or wait for the next day"#))
        #expect(try stage.number("SELECT count(*) FROM charge_sums WHERE label LIKE 'acme-%'") == 4)
    }

    @Test func `a model without a price is warned of once if a budget is set`() async throws {
        let stage = try await Stage.simulated()
        for _ in 1...3 { try await stage.jobctl("enqueue", "test/unpriced", "text=x") }
        try await stage.jobctl("enqueue", "test/priced", "text=x")
        let price = "models.test/priced.price_usd=0.01"
        let free = try await stage.drain(price, "max_in_flight=1")
        #expect(!free.errors.contains("is not known: no budget"))
        for _ in 1...3 { try await stage.jobctl("enqueue", "test/unpriced", "text=x") }
        try await stage.jobctl("enqueue", "test/priced", "text=x")
        let jobd = try await stage.drain(price, "budget.day_usd=5", "max_in_flight=1")
        let warnings = jobd.errors.split(separator: "\n").filter { $0.contains("is not known: no budget") }
        #expect(warnings.count == 1 && warnings[0].contains("test/unpriced"), "\(jobd.errors)")
        #expect(try stage.jobCount(where: "submissions = 1") == 8)
    }

    @Test func `what was reported counts in the place of the estimate`() async throws {
        let stage = try await Stage.simulated()
        for number in 1...5 { try await stage.enqueue("fox \(number)") }
        let price = "models.\(Stage.sequential).price_usd=0.5"
        try await stage.drain(price, "budget.total_usd=0.8", "max_in_flight=1")
        #expect(try stage.jobCount("completed") == 5)
    }

    @Test func `a budget pause is said once and not at each turn`() async throws {
        let stage = try await Stage.simulated("--queue", "100ms", "--run", "100ms")
        for number in 1...9 { try await stage.enqueue("fox \(number)") }
        try stage.jobd("models.\(Stage.sequential).price_usd=0.5", "budget.total_usd=0.6", "max_in_flight=1")
        try await eventually("it is paused") { try stage.text("SELECT reason FROM pauses") == "budget" }
        try await Task.sleep(for: .milliseconds(500))
        let said = try stage.number(
            "SELECT count(*) FROM events WHERE kind = 'fault' AND job_id IS NULL AND detail LIKE '%budget%'")
        #expect(said <= 4)
    }
}
