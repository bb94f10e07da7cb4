import JSON
import Scratch
import Testing

@Suite struct ExplainTests {
    private let stage = Stage()

    private struct Told {
        let reason: String
        let text: String
        let hint: String
    }

    private func explain(_ id: Int64, _ more: String...) throws -> Told {
        let answer = try stage.jobctl(["explain", "\(id)", "--json"] + more)
        try #require(answer.code == 0, "\(answer)")
        let object = try answer.object()
        #expect(object["id"] == .integer(id))
        #expect(object["state"]?.string == (try stage.state(of: id)))
        return Told(
            reason: try #require(object["reason"]?.string), text: try #require(object["text"]?.string),
            hint: object["hint"]?.string ?? "")
    }

    @Test func `every state has a cause and a way on, with and without a jobd`() throws {
        let states = [
            "held", "queued", "submitting", "uncertain", "in_queue", "in_progress", "downloading",
            "completed", "failed",
            "cancelled",
        ]
        for state in states { try stage.put(try stage.enqueue("2 cats"), into: state) }
        let alone = try stage.jobctl("explain", "1-10", "--json").objects().map { $0["reason"]?.string }
        #expect(
            alone == [
                "held", "no_jobd", "no_jobd", "uncertain", "no_jobd", "no_jobd", "no_jobd", "completed",
                "failed",
                "cancelled",
            ])
        try stage.hold()
        let running = try stage.jobctl("explain", "1-10", "--json").objects().map { $0["reason"]?.string }
        #expect(
            running == [
                "held", "due", "submitting", "uncertain", "in_queue", "in_progress", "downloading",
                "completed", "failed", "cancelled",
            ])
        #expect(try explain(1).hint == "jobctl release 1")
        let ways = try explain(4).hint
        for way in ["jobctl resolve 4", "--adopt", "--resubmit", "--abandon"] { #expect(ways.contains(way)) }
    }

    @Test func `without a choice of states, a filter means what has not ended`() throws {
        for state in ["queued", "failed"] {
            try stage.put(try stage.enqueue("2 cats", "--label", "x"), into: state)
        }
        #expect(try stage.jobctl("explain", "--label", "x", "-q").output == "1\n")
        #expect(try stage.jobctl("explain", "--label", "y").code == 1)
        let unknown = try stage.jobctl("explain", "1", "99")
        #expect(unknown.code == 1 && unknown.errors.contains("no job 99"))
        #expect(unknown.output.hasPrefix("1\tqueued\tno_jobd\tjob 1 is queued: "))
    }

    @Test func `a time and a retry are told apart, and only one of them can be cut short`() throws {
        let late = try stage.enqueue("2 cats", "--not-before", "2h")
        let retried = try stage.enqueue("2 cats")
        try stage.execute(
            "UPDATE jobs SET next_try_at = '2999-01-01 00:00:00.000', error_message = 'busy' WHERE id = \(retried)"
        )
        try stage.hold()
        #expect(try explain(late).reason == "time")
        #expect(try explain(late).hint == "jobctl set \(late) --not-before now")
        let told = try explain(retried)
        #expect(told.reason == "retry" && told.text.contains("busy; nothing was bought") && told.hint == "")
    }

    @Test(arguments: [
        ("hand", "pause_hand", "jobctl resume"), ("token", "pause_token", "token_file"),
        ("balance", "pause_balance", "credit"), ("outage", "pause_outage", "jobctl resume"),
        ("budget", "budget", "budget"),
    ])
    func `a pause is named with its words`(pause: String, reason: String, hint: String) throws {
        let id = try stage.enqueue("2 cats")
        try stage.execute(
            "INSERT INTO pauses (reason, detail) VALUES ('\(pause)', 'budget.day_usd: so it is')")
        try stage.hold()
        let told = try explain(id)
        #expect(
            told.reason == reason && told.text.contains("so it is") && told.hint.contains(hint), "\(told)")
    }

    @Test func `a budget says its figures, and only of a job that does not fit`() throws {
        try stage.jobctl("enqueue", Stage.sequential, "text=x", "sequential_image_generation_options=10")
        let (dear, cheap) = (Int64(1), try stage.enqueue("2 cats", "--priority", "1"))
        try stage.hold()
        let price = #"models={"bytedance/*":{"price_usd":0.03}}"#
        let told = try explain(dear, "--set", "budget.day_usd=0.2", "--set", price)
        let fits = try explain(cheap, "--set", "budget.day_usd=0.2", "--set", price)
        #expect(told.reason == "budget", "\(told)")
        #expect(told.text.contains("about $0.30, and $0.00 of the $0.20 of budget.day_usd"), "\(told)")
        #expect(told.hint.contains("--set") && told.hint.contains("next day"))
        #expect(fits.reason == "due", "\(fits)")
    }

    @Test func `a full place is named with its key, and how to be the next`() throws {
        for _ in 0..<2 { try stage.put(try stage.enqueue("2 cats"), into: "in_progress") }
        try stage.enqueue("2 cats", "--priority", "7")
        let id = try stage.enqueue("2 cats")
        try stage.hold()
        let full = try explain(id, "--set", "max_in_flight=2")
        #expect(full.reason == "max_in_flight" && full.text.contains("all 2 places"), "\(full)")
        #expect(
            full.text.contains("1 job goes before it") && full.hint.hasPrefix("jobctl set \(id) --priority 8")
        )
        #expect(try explain(id).reason == "order")
        let models = #"models={"bytedance/*":{"max_in_flight":1}}"#
        let ofModel = try explain(id, "--set", models)
        #expect(ofModel.reason == "model_max_in_flight" && ofModel.text.contains("bytedance/*"), "\(ofModel)")
        #expect(try explain(id, "--set", #"models={"a/b":{"max_in_flight":0}}"#).reason == "order")
        try stage.execute(
            """
            DROP TRIGGER charges_insert_guard;
            INSERT INTO charges (job_id, submission, at, model)
            VALUES (1, 1, strftime('%Y-%m-%d %H:%M:%f', 'now'), '\(Stage.sequential)')
            """)
        #expect(try explain(id, "--set", "submit_per_minute=1").reason == "submit_per_minute")
        let rate = #"models={"bytedance/*":{"submit_per_minute":1}}"#
        #expect(try explain(id, "--set", rate).reason == "model_submit_per_minute")
        try stage.put(3, into: "submitting")
        #expect(try explain(id, "--set", "max_submitting=1").reason == "max_submitting")
    }

    @Test func `a budget that is spent holds back a job of unknown price, too`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.hold()
        #expect(try explain(id, "--set", "budget.day_usd=1").reason == "due")
        try stage.execute(
            """
            DROP TRIGGER charges_insert_guard;
            INSERT INTO charges (job_id, submission, at, model, reported_usd)
            VALUES (99, 1, strftime('%Y-%m-%d %H:%M:%f', 'now'), 'a/b', 9)
            """)
        let told = try explain(id, "--set", "budget.day_usd=1")
        #expect(told.reason == "budget" && told.text.contains("its price is not known"), "\(told)")
    }

    @Test func `what a failure means says whether a retry buys`() throws {
        let promises = [
            "input": "--edit", "remote": "paid for again", "lost": "buys nothing", "output": "buys nothing",
            "download": "buys nothing", "deadline": "buys nothing",
        ]
        for (kind, promise) in promises {
            let id = try stage.enqueue("2 cats")
            try stage.put(id, into: "failed", errorKind: kind)
            let told = try explain(id)
            #expect(told.text.contains("failed (\(kind)") && told.text.contains("it went wrong"), "\(told)")
            #expect(told.hint.contains(promise), "\(kind): \(told)")
        }
    }

    @Test func `a job that came by SQL is told that its input will be refused`() throws {
        try stage.enqueue("2 cats")
        try stage.execute("INSERT INTO jobs (model, input) VALUES ('\(Stage.sequential)', '{\"txt\": 1}')")
        let told = try explain(2)
        #expect(told.reason == "input" && told.hint.contains("jobctl cancel 2"), "\(told)")
    }

    @Test func `a configuration that cannot be read does not keep it from explaining`() throws {
        let id = try stage.enqueue("2 cats")
        let broken = stage.file("broken.json", "{\"nonsense\": 1}")
        let answer = try stage.jobctl("explain", "\(id)", environment: ["JOBD_CONFIG": broken])
        #expect(answer.code == 0 && answer.errors.contains("nonsense"), "\(answer)")
        #expect(try stage.jobctl("explain", "\(id)", "--config", broken).code == 78)
    }

    @Test func `it goes by what the running jobd was started with`() throws {
        try stage.put(try stage.enqueue("2 cats"), into: "in_queue")
        let id = try stage.enqueue("2 cats")
        // Nobody listens there: nothing is sent, and what was sent is looked at in vain.
        let words = ["--api-url", "http://127.0.0.1:9", "--set", "max_in_flight=1"]
        let jobd = try stage.start(words, environment: ["RUNCOMFY_TOKEN": "x"], program: "jobd")
        let lock = stage.state + "/lock"
        try eventually("it is so") { FileOnDisk.content(lock).hasPrefix("jobd \(jobd.pid) ") }
        let told = try explain(id)
        jobd.signal(15)
        _ = try jobd.answer()
        #expect(told.reason == "max_in_flight" && told.hint.contains("(--set)"), "\(told)")
        #expect(try explain(id).reason == "no_jobd")
    }

    @Test func `how long a job usually takes is what the last ones took`() throws {
        for _ in 0..<3 { try stage.put(try stage.enqueue("2 cats"), into: "completed") }
        try stage.execute(
            "UPDATE jobs SET started_at = '2026-01-01 00:00:10.000', finished_at = '2026-01-01 00:01:30.000'")
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "in_progress")
        try stage.hold()
        let told = try explain(id)
        #expect(told.text.contains("usually take 1 min 20 s") && told.text.contains("late"), "\(told)")
    }
}
