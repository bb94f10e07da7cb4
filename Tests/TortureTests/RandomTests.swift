import Glibc
import Scratch
import Testing

/// Many jobs, a service that errs, and a jobd that is killed, stopped and cut from power at random.
@Suite(.serialized) struct RandomTests {
    static let seeds = Effort.rounds ?? (Effort.isLong ? 25 : 1)
    static let crashes = Effort.isLong ? 42 : 3

    @Test(arguments: 0..<seeds)
    func `whatever happens and whenever, nothing is lost and nothing is bought twice`(round: Int) async throws
    {
        let fresh = Effort.freshSeed()
        var torture = try await Torture(seed: SeededNumbers(fresh.seed &+ UInt64(round)))
        while torture.crashes < Self.crashes { try await torture.strike() }
        try await torture.end()
        Effort.say(
            "random: seed \(torture.seed.seed), \(torture.steps) steps, \(torture.crashes) crashes, of them "
                + "\(torture.cuts) power cuts, \(torture.jobs) jobs; at the end "
                + "\(torture.mostUncertain) uncertain, and \(torture.waitedForBudgets) waited for a budget")
    }
}

/// One random run.
struct Torture {
    private(set) var seed: SeededNumbers
    private let service: Stage
    private let ordeal: Ordeal
    private var jobd: Program?
    private(set) var crashes = 0
    private(set) var cuts = 0
    private(set) var jobs = 0
    private(set) var mostUncertain: Int64 = 0
    private(set) var steps = 0
    private(set) var waitedForBudgets = 0
    private let budgets: Budgets

    static let faults = [
        "submit:429;p=0.05", "submit:500;p=0.02", "submit:500;accept;p=0.02", "submit:cut-after;p=0.02",
        "result:failed;p=0.05", "result:fewer=1;p=0.1;model=bytedance/seedream-4-0/sequential",
        "status:html-504;p=0.1", "status:cut-before;p=0.05", "result:500;p=0.1", "file:500;p=0.1",
        "file:cut=4k;p=0.2", "file:drip=200k;p=0.3", "file:no-length;p=0.2",
    ]

    init(seed: SeededNumbers) async throws {
        self.seed = seed
        budgets = Budgets(&self.seed)
        service = Stage()
        let faults = Self.faults.flatMap { ["--fault", $0] }
        try await service.simulate(
            ["--queue", "30ms", "--run", "60ms", "--jitter", "0.9", "--image-width", "48"] + faults)
        ordeal = Ordeal(service)
        try await enqueue(12)
        try await enqueueChain()
    }

    private mutating func enqueueChain() async throws {
        try await ordeal.enqueueChain(jobs)
        jobs += Ordeal.chainLength
    }

    private mutating func enqueue(_ count: Int, _ orders: Orders = .none) async throws {
        try await ordeal.enqueue(jobs..<jobs + count, orders)
        jobs += count
    }

    /// Something that happens to a running jobd, or to jobctl beside it.
    private enum Strike: CaseIterable {
        case kill, killAtPoint, powerCut, hardPowerCut, stop, stopTwice, freeze, reload
        case enqueue, crashedEnqueue, insert, cancel, pause, restartOfTheService
        case chain, crashedChain, dependent, pick, crashedPick, retry, label
    }

    mutating func strike() async throws {
        steps += 1
        if jobd?.hasEnded != false { try start() }
        try await Task.sleep(for: .milliseconds(Int.random(in: 1...250, using: &seed)))
        switch Strike.allCases.randomElement(using: &seed) ?? .kill {
        case .kill: try await kill(.nothing)
        case .killAtPoint:
            try await kill(.nothing, then: .crash(Int.random(in: 1...200, using: &seed), .during))
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...250, using: &seed)))
            try await kill(.nothing)
        case .powerCut: try await kill(.someUnsynced)
        case .hardPowerCut: try await kill(.unsynced)
        case .stop: try await stop(signals: 1)
        case .stopTwice: try await stop(signals: 2)
        case .freeze:
            jobd?.signal(SIGSTOP)
            let words = ["enqueue", "--batch", ordeal.batch(jobs..<jobs + 1), "-q"]
            jobs += 1
            let waiting = try ordeal.start(words)
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...300, using: &seed)))
            jobd?.signal(SIGCONT)
            #expect(try await waiting.exitCode() == 0, "\(waiting.errors)")
        case .reload: jobd?.signal(SIGHUP)
        case .enqueue: try await enqueue(Int.random(in: 1...5, using: &seed))
        case .crashedEnqueue:
            try await enqueue(3, .crash(Int.random(in: 1...20, using: &seed), .during))
        case .insert: try await insert()
        case .chain: try await enqueueChain()
        case .crashedChain:
            try await ordeal.enqueueChain(jobs, .crash(Int.random(in: 1...20, using: &seed), .during))
            jobs += Ordeal.chainLength
        case .dependent: try await makeFromAnother()
        case .pick: _ = try await ordeal.jobctl(pick())
        case .crashedPick:
            _ = try await ordeal.jobctl(pick(), .crash(Int.random(in: 1...10, using: &seed), .during))
        // Both are refused in most states. A cancel takes along what waits.
        case .cancel: _ = try await ordeal.jobctl(["cancel", anyJob()])
        case .retry: _ = try await ordeal.jobctl(["retry", anyJob()])
        case .label:
            let label = Ordeal.labels.compactMap(\.self).randomElement(using: &seed) ?? ""
            _ = try await ordeal.jobctl(["set", anyJob(), "--label", label])
        case .pause:
            _ = try await ordeal.jobctl(["pause"])
            _ = try await ordeal.jobctl(["resume"])
        case .restartOfTheService:
            service.simulator?.signal(SIGKILL)
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...200, using: &seed)))
            try await service.simulate(
                ["--queue", "30ms", "--run", "60ms", "--jitter", "0.9", "--image-width", "48"])
            try await service.setFaults(Self.faults)
        }
    }

    private mutating func anyJob() -> String { String(Int.random(in: 1...jobs, using: &seed)) }

    private mutating func pick() -> [String] { ["pick", anyJob(), Bool.random(using: &seed) ? "1" : "2"] }

    /// A job that is made from any other, if that is not over in vain.
    private mutating func makeFromAnother() async throws {
        let part = ["", "/2", "/all", "/pick"].randomElement(using: &seed) ?? ""
        // A film is no picture: a job that is made from one fails by itself, whatever a person does.
        let films = Set(try ordeal.stage.texts("SELECT id FROM jobs WHERE model GLOB '*-to-video'"))
        let source = (0..<9).map { _ in anyJob() }.first { !films.contains($0) } ?? "1"
        let words = [Stage.edit, "prompt=\(ordeal.prompt(jobs))", "images=job:\(source)\(part)"]
        let label = Ordeal.label(jobs).map { ["--label", $0] } ?? []
        try await ordeal.enqueue(words + label, prompts: [ordeal.prompt(jobs)])
        jobs += 1
    }

    private mutating func start(_ orders: Orders = .none) throws {
        jobd = try ordeal.jobd(orders, settings: [Ordeal.prices] + budgets.settings, drains: false)
    }

    private mutating func kill(_ loss: Loss, then orders: Orders = .none) async throws {
        jobd?.signal(SIGKILL)
        _ = try await jobd?.exitCode()
        crashes += 1
        if loss != .nothing { cuts += 1 }
        loss.strike(ordeal, &seed)
        try ordeal.expectFewInDoubt("seed \(seed.seed)")
        try start(orders)
    }

    private mutating func stop(signals: Int) async throws {
        guard let jobd else { return }
        // In its first moments a signal ends it as a signal does: that is a crash, too.
        for _ in 0..<signals { jobd.signal(Bool.random(using: &seed) ? SIGTERM : SIGINT) }
        let code = try await jobd.exitCode()
        let isCut = [-SIGTERM, -SIGINT, -SIGHUP].contains(code)
        #expect(code == 0 || isCut || (signals == 2 && code == 130), "\(code) \(jobd.errors)")
        try start()
    }

    /// An enqueue from any language.
    private mutating func insert() async throws {
        let prompt = ordeal.prompt(jobs)
        let label = Ordeal.label(jobs).map { "'" + $0.replacing("'", with: "''") + "'" } ?? "NULL"
        jobs += 1
        let sql = """
            INSERT INTO jobs (label, model, input) VALUES (\(label), 'bytedance/seedream-4-0/sequential',
                json_object('text', '\(prompt)', 'sequential_image_generation_options', 1));
            """
        let words = ["-cmd", ".timeout 600000", ordeal.stage.database, sql]
        let answer = try await ordeal.start(words, program: "sqlite3").answer()
        #expect(answer.code == 0, "\(answer)")
    }

    /// Lets everything come to its end, and judges.
    mutating func end() async throws {
        let context = "seed \(seed.seed)"
        jobd?.signal(SIGTERM)
        _ = try await jobd?.exitCode()
        try await service.setFaults([])
        _ = try await ordeal.drain(settings: [Ordeal.prices] + budgets.settings)
        waitedForBudgets = try ordeal.expectKept(budgets, context)
        try ordeal.expectSoundMoney(context)
        _ = try await ordeal.drain(settings: [Ordeal.prices])
        mostUncertain = try ordeal.stage.jobCount("uncertain")
        try await ordeal.judge(context)
        try await ordeal.resolveAll(context, retrying: true, settings: [Ordeal.prices])
        try ordeal.expectSoundMoney(context)
    }
}
