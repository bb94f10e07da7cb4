import JSON
import Scratch
import Testing

/// What a verb does to a job in some state.
enum Outcome: Sendable, Equatable {
    case becomes(String)
    /// There is nothing to do, which is reported and is no failure.
    case note
    /// It cannot be done, and the message says why.
    case refused(String)
}

@Suite struct SteeringTests {
    private let stage = Stage()

    static let states = [
        "held", "queued", "submitting", "uncertain", "in_queue", "in_progress", "downloading", "completed",
        "failed",
        "cancelled",
    ]

    static func table(_ outcomes: [Outcome]) -> [(String, Outcome)] { Array(zip(states, outcomes)) }

    private func check(_ words: [String], _ state: String, _ expected: Outcome, errorKind: String = "remote")
        throws
    {
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: state, errorKind: errorKind)
        let before = try stage.number("SELECT count(*) FROM events")
        let answer = try stage.jobctl([words[0], "\(id)"] + words.dropFirst())
        let after = try stage.state(of: id)
        switch expected {
        case .becomes(let next):
            #expect(answer.code == 0, "\(answer)")
            #expect(after == next)
            #expect(answer.lines == ["\(id)\t\(next)"])
            #expect(try stage.number("SELECT count(*) FROM events") > before)
        case .note:
            #expect(answer.code == 0, "\(answer)")
            #expect(after == state)
            #expect(answer.errors.contains("job \(id) "))
        case .refused(let words):
            #expect(answer.code == 1, "\(answer)")
            #expect(after == state)
            #expect(answer.output == "")
            #expect(answer.errors.contains("job \(id) ") && answer.errors.contains(words), "\(answer)")
        }
        if case .becomes = expected {
        } else {
            #expect(try stage.number("SELECT count(*) FROM events") == before)
        }
    }

    @Test(
        arguments: table([
            .becomes("cancelled"), .becomes("cancelled"), .becomes("submitting"), .refused("resolve"),
            .becomes("in_queue"), .becomes("in_progress"), .refused("paid for"), .note, .note, .note,
        ]))
    func `cancel ends a job that was not sent, requests it of others, and fetches what is paid for`(
        state: String, outcome: Outcome
    ) throws { try check(["cancel"], state, outcome) }

    @Test(
        arguments: table([
            .becomes("cancelled"), .becomes("cancelled"), .becomes("submitting"), .refused("resolve"),
            .becomes("in_queue"), .becomes("in_progress"), .becomes("failed"), .note, .note, .note,
        ]))
    func `cancel --give-up also ends downloads`(state: String, outcome: Outcome) throws {
        try check(["cancel", "--give-up"], state, outcome)
    }

    @Test(
        arguments: table([
            .refused("only a queued"), .becomes("held"), .refused("only a queued"), .refused("only a queued"),
            .refused("only a queued"), .refused("only a queued"), .refused("only a queued"),
            .refused("only a queued"), .refused("only a queued"), .refused("only a queued"),
        ]))
    func `only queued jobs can be held`(state: String, outcome: Outcome) throws {
        try check(["hold"], state, outcome)
    }

    @Test(arguments: table([.becomes("queued")] + Array(repeating: .refused("only a held"), count: 9)))
    func `only held jobs can be released`(state: String, outcome: Outcome) throws {
        try check(["release"], state, outcome)
    }

    @Test(
        arguments: table([
            .refused("release"), .refused("only a failed"), .refused("only a failed"), .refused("resolve"),
            .refused("only a failed"), .refused("only a failed"), .refused("only a failed"),
            .refused("rerun"), .becomes("queued"), .becomes("queued"),
        ]))
    func `failed and cancelled jobs can be retried; a completed one is run again`(
        state: String, outcome: Outcome
    ) throws { try check(["retry"], state, outcome) }

    @Test(arguments: [
        ("input", "queued"), ("remote", "queued"), ("lost", "in_progress"), ("output", "in_progress"),
        ("download", "downloading"), ("deadline", "in_progress"),
    ])
    func `retry buys nothing if RunComfy has the work, and says so if it buys`(
        errorKind: String, next: String
    ) throws {
        try check(["retry"], "failed", .becomes(next), errorKind: errorKind)
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "failed", errorKind: errorKind)
        let answer = try stage.jobctl("retry", "\(id)")
        #expect(answer.errors.contains("submitted again") == (next == "queued"))
        // What the service refused at once was never bought.
        #expect(answer.errors.contains("paid for again") == (next == "queued" && errorKind != "input"))
        let request = try stage.text("SELECT request_id FROM jobs WHERE id = \(id)")
        #expect(request == (next == "queued" ? nil : "request-\(id)"))
        try check(["retry", "--resubmit"], "failed", .becomes("queued"), errorKind: errorKind)
    }

    @Test(arguments: ["--resubmit", "--abandon", "--adopt=their-id"], states)
    func `only uncertain jobs can be resolved`(option: String, state: String) throws {
        let next = ["--resubmit": "queued", "--abandon": "cancelled"][option] ?? "in_queue"
        try check(
            ["resolve", option], state, state == "uncertain" ? .becomes(next) : .refused("only an uncertain"))
    }

    @Test func `a request id belongs to one job`() throws {
        let (first, second) = (try stage.enqueue("2 cats"), try stage.enqueue("2 cats"))
        try stage.put(first, into: "in_queue")
        try stage.put(second, into: "uncertain")
        let answer = try stage.jobctl("resolve", "\(second)", "--adopt", "request-\(first)")
        #expect(answer.code == 1 && answer.errors.contains("job \(first) has it"), "\(answer)")
        #expect(try stage.jobctl("resolve", "\(first)-\(second)", "--adopt", "x").code == 64)
        #expect(try stage.jobctl("resolve", "\(second)", "--adopt", "a/../b").code == 64)
        #expect(try stage.jobctl("resolve", "\(second)").code == 64)
        #expect(try stage.jobctl("resolve", "\(second)", "--abandon", "--resubmit").code == 64)
    }

    @Test(arguments: states)
    func `the label can always be set, priority and time only before the job is sent`(state: String) throws {
        try check(["set", "--label", "new"], state, .becomes(state))
        let isEarly = state == "held" || state == "queued"
        try check(
            ["set", "--priority", "-7"], state, isEarly ? .becomes(state) : .refused("while a job is held"))
        try check(
            ["set", "--not-before", "2h"], state, isEarly ? .becomes(state) : .refused("while a job is held"))
    }

    @Test func `set changes what it is given and nothing else, and can clear it`() throws {
        let id = try stage.enqueue(
            "2 cats", "--label", "old", "--priority", "3", "--not-before", "2099-01-01T00:00:00Z")
        let job = try stage.jobctl("set", "\(id)", "--priority", "4", "--json").object()
        #expect(job["priority"] == .integer(4))
        #expect(job["label"] == "old")
        #expect(job["not_before"] == "2099-01-01 00:00:00.000")
        let cleared = try stage.jobctl("set", "\(id)", "--label=", "--not-before", "now", "--json").object()
        #expect([cleared["label"], cleared["not_before"], cleared["next_try_at"]] == [.null, .null, .null])
        #expect(try stage.jobctl("set", "\(id)").code == 64)
    }

    @Test func `a label is set even if the priority beside it comes too late`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "in_progress")
        let answer = try stage.jobctl("set", "\(id)", "--priority", "5", "--label", "zz")
        #expect(answer.code == 1 && answer.lines == ["\(id)\tin_progress"], "\(answer)")
        #expect(
            answer.errors.contains(
                "priority can be set only while a job is held or queued; its label was set\n"), "\(answer)")
        #expect(try stage.text("SELECT label || priority FROM jobs") == "zz0")
    }

    @Test func `each of several jobs is changed, or reported with the reason`() throws {
        let ids = try (0..<3).map { _ in try stage.enqueue("2 cats") }
        try stage.put(ids[1], into: "downloading")
        let answer = try stage.jobctl("cancel", "\(ids[0])", "\(ids[1])", "99", "\(ids[2])", "-q")
        #expect(answer.code == 1)
        #expect(answer.lines == ["\(ids[0])", "\(ids[2])"])
        #expect(answer.errors.contains("job \(ids[1]) has finished"))
        #expect(answer.errors.contains("no job 99"))
    }

    @Test func `a pause outlives its program, says its reason, and ends by resume`() throws {
        try stage.enqueue("2 cats")
        #expect(try stage.jobctl("pause", "until", "Monday").code == 0)
        let status = try stage.jobctl()
        #expect(status.output.contains("until Monday"), "\(status)")
        #expect(try stage.jobctl("pause").errors.contains("already"))
        #expect(try stage.jobctl("resume").code == 0)
        #expect(try stage.jobctl("resume").errors.contains("were not paused"))
        #expect(!(try stage.jobctl().output.contains("paused")))
    }

    @Test func `a second pause says what becomes of the reason, and loses none`() throws {
        try stage.enqueue("2 cats")
        try stage.jobctl("pause", "until", "Monday")
        #expect(try stage.jobctl("pause").errors == "submissions were paused already: until Monday\n")
        let replaced = try stage.jobctl("pause", "the invoice", "--json")
        #expect(replaced.errors.contains("is now \"the invoice\", it was \"until Monday\""), "\(replaced)")
        #expect(
            try replaced.object() == [
                "paused": .bool(true), "detail": "the invoice", "replaced": "until Monday",
            ])
        #expect(try stage.text("SELECT detail FROM pauses") == "the invoice")
    }

    @Test func `resume says which pause will come back`() throws {
        try stage.enqueue("2 cats")
        try stage.jobctl("pause", "x")
        try stage.execute(
            "INSERT INTO pauses (reason, detail) VALUES ('token', 'no token'), "
                + "('budget', 'budget.total_usd is $1: $1 is spent')")
        let answer = try stage.jobctl("resume", "--json")
        #expect(answer.code == 0 && answer.errors.contains("token: no token"), "\(answer)")
        #expect(answer.errors.contains("raise budget.total_usd"), "\(answer)")
        let object = try answer.object()
        #expect(object["resumed"]?.array?.count == 3 && object["in_the_way"]?.array?.count == 2)
        #expect(try stage.jobctl("resume", "--json").object()["resumed"] == .array([]))
    }

    @Test func `a budget's pause is not said to end by resume`() throws {
        try stage.enqueue("2 cats")
        for (key, advice) in [("day", "wait for the next day"), ("total", "raise budget.total_usd")] {
            try stage.execute("DELETE FROM pauses")
            try stage.execute(
                "INSERT INTO pauses (reason, detail) VALUES ('budget', 'budget.\(key)_usd is $1: $1 is spent')"
            )
            for words in [[], ["doctor"]] {
                let answer = try stage.jobctl(words)
                #expect(answer.output.contains(advice), "\(answer)")
                #expect(!answer.output.contains("jobctl resume"), "\(answer)")
            }
            #expect(try stage.jobctl().output.contains("next day") == (key == "day"))
        }
    }
}

extension SteeringTests {
    @Test func `a retry that will be refused is not counted as bought`() throws {
        for key in ["taken", "free"] {
            let id = try stage.enqueue("2 cats", "--key", key)
            try stage.put(id, into: "failed")
        }
        try stage.enqueue("2 cats", "--key", "taken")
        let look = try stage.jobctl("retry", "--state", "failed", "--dry-run")
        #expect(look.errors.contains("retry 2 jobs (buys 1 job, "), "\(look)")
        #expect(look.errors.contains("job 1 has the key \"taken\", which job 3 has now"), "\(look)")
        let answer = try stage.jobctl("retry", "1-2")
        #expect(answer.code == 1 && answer.errors.contains("submits 1 job again"), "\(answer)")
        #expect(try stage.texts("SELECT state FROM jobs") == ["failed", "queued", "queued"])
    }

    @Test func `pause takes no ids`() throws {
        try stage.enqueue("2 cats")
        let answer = try stage.jobctl("pause", "14")
        #expect(answer.code == 64 && answer.errors.contains("jobctl hold 14"), "\(answer)")
        #expect(try stage.number("SELECT count(*) FROM pauses") == 0)
    }
}
