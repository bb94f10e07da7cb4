import Glibc
import JSON
import SQL
import Scratch
import Testing

/// Three jobds and a crowd of jobctls on one store, which are killed, frozen and deposed at random, and a
/// server that is killed, too. The simulator's ledger is the judge.
@Suite(.serialized, .enabled(if: SharedServer.isInstalled, "needs PostgreSQL: make test-deps"))
struct SharedLifeTests {
    static let seeds = Effort.rounds ?? (Effort.isLong ? 25 : 1)
    static let crashes = Effort.isLong ? 42 : 4

    @Test(arguments: 0..<seeds)
    func `whatever happens to three jobds, nothing is lost and nothing is bought twice`(round: Int)
        async throws
    {
        let fresh = Effort.freshSeed()
        var life = try await SharedLife(seed: SeededNumbers(fresh.seed &+ UInt64(round)))
        while life.crashes < Self.crashes { try await life.strike() }
        try await life.end()
        Effort.say(
            "three jobds: seed \(life.seed.seed), \(life.steps) steps, \(life.crashes) crashes, of them "
                + "\(life.serverCrashes) of the server, \(life.jobs) jobs; at the end \(life.uncertain) uncertain, "
                + "\(life.deposed) leases lost")
    }
}

/// One random run.
struct SharedLife {
    private(set) var seed: SeededNumbers
    private let server: SharedServer
    private let stage = Stage()
    private let ledger: LedgerReader
    private var jobds: [String: Program] = [:]
    /// What `jobctl` has answered for: the prompts by their ids.
    private var promised: [Int64: String] = [:]
    private(set) var jobs = 0
    private(set) var steps = 0
    private(set) var crashes = 0
    private(set) var serverCrashes = 0
    private(set) var uncertain: Int64 = 0
    private(set) var deposed: Int64 = 0
    /// How many jobs may be in doubt: those on the wire at a crash, and those of the service's own faults.
    private var mostInDoubt: Int64 = 0

    private static let names = ["a", "b", "c"]
    private static let mostSubmitting = 2
    private static let price = 0.03
    private static let budget = 0.9
    private static let faults = [
        "submit:429;p=0.05", "submit:cut-after;p=0.02", "result:failed;p=0.05", "status:html-504;p=0.1",
        "status:cut-before;p=0.05", "result:500;p=0.1", "file:500;p=0.1", "file:cut=4k;p=0.2",
    ]

    init(seed: SeededNumbers) async throws {
        self.seed = seed
        server = try SharedServer()
        ledger = LedgerReader(of: stage)
        try await stage.simulate(Self.speed + Self.faults.flatMap { ["--fault", $0] })
        try await stage.share(on: server)
        try await enqueue(12)
    }

    private static let speed = [
        "--queue", "30ms", "--run", "300ms", "--jitter", "0.9", "--image-width", "48",
    ]

    private mutating func start(_ name: String, budget: Double? = Self.budget, drains: Bool = false) throws {
        var settings = [
            "max_submitting=\(Self.mostSubmitting)", "max_in_flight=8", "output_dir=\(stage.scratch["out"])",
            #"models={"bytedance/*":{"price_usd":\#(Self.price)}}"#,
        ]
        if let budget { settings.append("budget.total_usd=\(budget)") }
        jobds[name] = try stage.jobd(
            options: ["--state-dir", stage.scratch[name]] + settings.flatMap { ["--set", $0] }
                + (drains ? ["--drain"] : []))
    }

    private enum Strike: CaseIterable {
        case kill, killTwo, stop, freeze, depose, freezeAndDepose, killServer
        case enqueue, killedEnqueue, insert, cancel, hold, pause, label, restartOfTheService
    }

    mutating func strike() async throws {
        steps += 1
        for name in Self.names where jobds[name]?.hasEnded != false { try start(name) }
        try await Task.sleep(for: .milliseconds(Int.random(in: 1...400, using: &seed)))
        let name = Self.names.randomElement(using: &seed) ?? "a"
        switch Strike.allCases.randomElement(using: &seed) ?? .kill {
        case .kill: try await kill(name)
        case .killTwo: for name in Self.names.shuffled(using: &seed).prefix(2) { try await kill(name) }
        case .stop:
            let number = Bool.random(using: &seed) ? SIGTERM : SIGINT
            let code = try await jobds[name]?.exitCode(after: number) ?? 0
            // A server that is being killed cannot be told.
            #expect([0, -number, 69].contains(code), "\(code) \(jobds[name]?.errors ?? "")")
        case .freeze: try await freeze(name, deposing: false)
        case .depose: try depose(name)
        case .freezeAndDepose: try await freeze(name, deposing: true)
        case .killServer:
            server.kill()
            (crashes, serverCrashes) = (crashes + 1, serverCrashes + 1)
            mostInDoubt += Int64(Self.names.count * Self.mostSubmitting)
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...300, using: &seed)))
            try server.start()
        case .enqueue: try await enqueue(Int.random(in: 1...6, using: &seed))
        case .killedEnqueue:
            let program = try stage.start(order(jobs))
            usleep(UInt32.random(in: 1...60_000, using: &seed))
            program.end()
            jobs += 1
        case .insert:
            try stage.execute(
                """
                INSERT INTO jobs (model, input) VALUES ('\(Stage.sequential)',
                    '{"text": "\(prompt(jobs))", "sequential_image_generation_options": 1}')
                """)
            jobs += 1
        // Refused in most states.
        case .cancel: _ = try await stage.jobctl(["cancel", anyJob()])
        case .hold:
            let id = anyJob()
            _ = try await stage.jobctl(["hold", id])
            _ = try await stage.jobctl(["release", id])
        case .pause:
            _ = try await stage.jobctl(["pause"])
            _ = try await stage.jobctl(["resume"])
        case .label: _ = try await stage.jobctl(["set", anyJob(), "--label", "x"])
        case .restartOfTheService:
            mostInDoubt += Int64(Self.names.count * Self.mostSubmitting)
            stage.simulator?.signal(SIGKILL)
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...200, using: &seed)))
            try await stage.simulate(Self.speed)
            try await stage.setFaults(Self.faults)
        }
    }

    private func prompt(_ number: Int) -> String { "fox \(number)" }

    private func order(_ number: Int) -> [String] {
        [
            "enqueue", Stage.sequential, "text=\(prompt(number))", "sequential_image_generation_options=1",
            "-q",
            "--key", "key-\(number)",
        ]
    }

    private mutating func anyJob() -> String { String(Int.random(in: 1...jobs, using: &seed)) }

    private mutating func enqueue(_ count: Int) async throws {
        for number in jobs..<jobs + count {
            let answer = try await stage.jobctl(order(number))
            #expect(answer.code == 0, "\(answer)")
            if let id = answer.lines.first.flatMap({ Int64($0) }) { promised[id] = prompt(number) }
        }
        jobs += count
    }

    private mutating func kill(_ name: String) async throws {
        jobds[name]?.end()
        crashes += 1
        let doubted = try stage.jobCount(
            where: """
                state = 'submitting' AND owner IN (
                    SELECT id FROM daemons WHERE state_dir = '\(stage.scratch[name])' AND ended_at IS NULL)
                """)
        #expect(doubted <= Self.mostSubmitting, "seed \(seed.seed)")
        mostInDoubt += doubted
    }

    /// Lets the lease of a jobd end, and the longest time that its POSTs may take.
    private mutating func depose(_ name: String) throws {
        mostInDoubt += Int64(Self.mostSubmitting)
        try stage.execute(
            """
            UPDATE daemons SET lease_until = clock_timestamp() - interval '\(Bool.random(using: &seed) ? 1 : 90) s'
            WHERE state_dir = '\(stage.scratch[name])' AND ended_at IS NULL
            """)
    }

    private mutating func freeze(_ name: String, deposing: Bool) async throws {
        jobds[name]?.signal(SIGSTOP)
        // One that is frozen in the middle of a transaction is thrown out by the server, which takes a while.
        if deposing { try depose(name) }
        try await enqueue(1)
        try await Task.sleep(for: .milliseconds(Int.random(in: 1...6000, using: &seed)))
        jobds[name]?.signal(SIGCONT)
    }

    // MARK: - The end

    mutating func end() async throws {
        let context = "seed \(seed.seed)"
        for name in Self.names where jobds[name]?.hasEnded == false {
            _ = try await jobds[name]?.exitCode(after: SIGTERM)
        }
        try await stage.setFaults([])
        _ = try await stage.jobctl(["resume"])
        let spent = try stage.connection().first(
            "SELECT coalesce(sum(coalesce(reported_usd, estimated_usd)), 0) FROM charges"
        ) { $0.real(0) }
        #expect(spent ?? 0 <= Self.budget + 1e-9, "the budget was passed: \(context)")
        try start("a", budget: nil, drains: true)
        let code = try await jobds["a"]?.exitCode()
        #expect(code == 0, "\(jobds["a"]?.errors ?? ""): \(context)")
        // What another was sending when it ended is in doubt a while after its lease.
        try stage.execute("UPDATE daemons SET lease_until = lease_until - interval '200 s'")
        try start("a", budget: nil)
        try await eventually("all is done: \(context)") {
            try stage.jobCount(
                where: "state NOT IN ('completed', 'failed', 'cancelled', 'uncertain', 'held')") == 0
        }
        _ = try await jobds["a"]?.exitCode(after: SIGTERM)
        deposed = try stage.number("SELECT count(*) FROM daemons") - Int64(Self.names.count)
        try judge(context)
    }

    private mutating func judge(_ context: String) throws {
        struct Row {
            let id: Int64
            let state: String
            let prompt: String
            let requestID: String?
        }
        let rows = try stage.connection().all(
            "SELECT jobs.id, jobs.state, json_extract(input, '$.text'), request_id FROM jobs"
        ) { Row(id: $0.integer(0), state: $0.text(1), prompt: $0.text(2), requestID: $0.optionalText(3)) }
        for (id, prompt) in promised {
            #expect(rows.contains { $0.id == id && $0.prompt == prompt }, "job \(id) is lost: \(context)")
        }
        for row in rows {
            let bought = try ledger.requests(for: row.prompt)
            #expect(bought.count <= 1, "job \(row.id) was bought twice: \(context)")
            if row.state != "uncertain" { #expect(row.requestID == bought.last, "job \(row.id): \(context)") }
            let charges = try stage.number("SELECT count(*) FROM charges WHERE job_id = \(row.id)")
            #expect(charges >= bought.count, "charges of job \(row.id): \(context)")
        }
        uncertain = Int64(rows.count { $0.state == "uncertain" })
        #expect(uncertain <= mostInDoubt + Int64(jobs / 10) + 2, "too many in doubt: \(context)")
        let wrong = try stage.number(
            """
            SELECT count(*) FROM charge_sums AS s FULL JOIN charge_ledger AS l USING (day, label)
            WHERE abs(coalesce(s.nanos, 0) - coalesce(l.nanos, 0)) > 0.5
            """)
        #expect(wrong == 0, "sums: \(context)")
        let missing = try stage.connection().all(
            "SELECT path FROM outputs JOIN jobs ON id = job_id WHERE jobs.state = 'completed'"
        ) { $0.text(0) }.filter { !FileOnDisk.exists($0) }
        #expect(missing.isEmpty, "\(missing): \(context)")
        #expect(
            try stage.jobCount(where: "state = 'completed' AND id NOT IN (SELECT job_id FROM outputs)") == 0)
    }
}
