import Glibc
import Scratch
import Testing

/// jobd ends at each point between the moment in which a job may be sent and its POST: the source's last file
/// is there, or a person has picked. What waits is released all the same, and each job is sent once.
@Suite(.serialized) struct ChainCrashTests {
    /// The service works on the dependents for so long that the path ends with their POSTs.
    private func simulated() async throws -> Stage {
        try await Stage.simulated(
            "--queue", "0ms", "--run", "0ms", "--image-width", "48", "--fetch-inputs", "--fault",
            "job:queue=1h;model=\(Stage.edit)")
    }

    private static let sent = "model = '\(Stage.edit)' AND state IN ('in_queue', 'uncertain')"

    /// A source of one picture, and jobs that are made from it: more than are sent at once.
    private func prepared(_ service: Stage, _ ledger: LedgerReader, parts: [String]) async throws -> Ordeal {
        let ordeal = Ordeal(service, ledger)
        let source = [
            Stage.sequential, "text=\(ordeal.prompt(0))", "sequential_image_generation_options=1",
        ]
        try await ordeal.enqueue(source, prompts: [ordeal.prompt(0)])
        for (number, part) in parts.enumerated() {
            let prompt = ordeal.prompt(number + 1)
            try await ordeal.enqueue(
                [Stage.edit, "prompt=\(prompt)", "images=job:1\(part)"], prompts: [prompt])
        }
        return ordeal
    }

    private func run(_ ordeal: Ordeal, _ orders: Orders, _ context: String) async throws -> Bool {
        try await ordeal.run(orders, until: 3, are: Self.sent, context)
    }

    private func judge(_ ordeal: Ordeal, _ context: String) throws {
        try ordeal.expectSoundStore(context)
        try ordeal.expectSoundChains(context)
        #expect(try ordeal.stage.jobCount("uncertain") <= Ordeal.mostSubmitting, "\(context)")
        for (id, prompt) in ordeal.promised {
            let bought = try ordeal.ledger.requests(for: prompt)
            let state = try ordeal.stage.state(of: id)
            #expect(bought.count == 1 || (bought.isEmpty && state == "uncertain"), "job \(id): \(context)")
            try ordeal.expectAddresses(of: id, prompt: prompt, context)
        }
    }

    /// A life that crashes at one point, and what is left of it. False if the point was not reached.
    private func live(
        _ ordeal: Ordeal, _ orders: Orders, _ loss: Loss, _ seed: inout SeededNumbers, _ context: String
    ) async throws -> Bool {
        let crashed = try await run(ordeal, orders, context)
        if crashed {
            loss.strike(ordeal, &seed)
            try ordeal.expectFewInDoubt(context)
            try ordeal.expectSoundChains(context)
            #expect(try await !run(ordeal, .none, context))
        }
        try judge(ordeal, context)
        return crashed
    }

    /// Goes through the points from `from` on, all of them in a long run. `prepare` makes what is the same in
    /// each life.
    private func tryAll(
        from: String?, _ loss: Loss, _ what: String, _ prepare: () async throws -> Ordeal
    ) async throws {
        var seed = Effort.freshSeed()
        let clean = try await prepare()
        let trace = clean.stage.scratch["trace"]
        #expect(try await !run(clean, Orders(from: from, trace: trace), what))
        try judge(clean, what)
        let points = FileOnDisk.content(trace).split(separator: "\n").count
        #expect(points > 20, "\(what)")
        let step = Effort.points.map { max(1, points / $0) } ?? 1
        var crashes = 0
        for number in stride(from: Int.random(in: 1...step, using: &seed), through: points, by: step) {
            let moment = Orders.Moment.allCases[number % 3]
            let context = "\(what), \(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
            let orders = Orders(crashAt: (number, moment), from: from)
            if try await live(try await prepare(), orders, loss, &seed, context) { crashes += 1 }
        }
        Effort.say("\(what), \(loss.rawValue): \(points) points, \(crashes) crashes, seed \(seed.seed)")
    }

    @Test(arguments: Loss.allCases)
    func `no release is lost between the last file of a source and the requests that follow`(loss: Loss)
        async throws
    {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        try await tryAll(from: "rename:000001-1.", loss, "from the last file on") {
            try await prepared(service, ledger, parts: ["", "/all", "/1"])
        }
    }

    @Test(arguments: Loss.allCases)
    func `no release is lost between a pick and the requests that follow`(loss: Loss) async throws {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        try await tryAll(from: nil, loss, "from a pick on") {
            let ordeal = try await prepared(service, ledger, parts: ["/pick", "/pick", "/pick"])
            _ = try await ordeal.drain()
            let program = try await ordeal.jobctl(["pick", "1", "1"])
            #expect(try await program.exitCode() == 0, "\(program.errors)")
            return ordeal
        }
    }
}
