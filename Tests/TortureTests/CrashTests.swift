import Glibc
import Scratch
import Testing

/// jobd crashes at each point at which it touches disk or network, its recovery too. The ledger of the
/// simulator says whether anything was lost or bought twice. The jobs are a chain: most are made from the
/// outputs of others, which the simulator fetches, as the service does.
@Suite(.serialized) struct CrashTests {
    static let jobs = Ordeal.chainLength

    private func simulated() async throws -> Stage {
        try await Stage.simulated(
            "--queue", "0ms", "--run", "0ms", "--image-width", "48", "--fetch-inputs")
    }

    /// How many points a clean run has: what is tried goes a little beyond.
    private func pointsOfACleanRun(_ service: Stage, _ ledger: LedgerReader) async throws -> Int {
        let ordeal = Ordeal(service, ledger)
        try await ordeal.enqueueChain(0)
        let trace = ordeal.stage.scratch["trace"]
        _ = try await ordeal.drain(Orders(trace: trace))
        try await ordeal.judge("without a crash")
        try await ordeal.resolveAll("without a crash")
        #expect(try ordeal.stage.jobCount("completed") == Int64(Self.jobs))
        let points = FileOnDisk.content(trace).split(separator: "\n").count
        #expect(points > 200)
        return points
    }

    /// One life: a crash at the first point, then at each of the others counted from the restart before it.
    private func live(
        _ service: Stage, _ ledger: LedgerReader, crashing points: [(Int, Orders.Moment)], _ losses: [Loss],
        _ seed: inout SeededNumbers
    ) async throws -> Int {
        let ordeal = Ordeal(service, ledger)
        var context = ""
        try await ordeal.enqueueChain(0)
        for (number, moment) in points {
            let loss = losses.randomElement(using: &seed) ?? .nothing
            context += "\(loss.rawValue) \(moment) \(number), "
            guard try await ordeal.drain(.crash(number, moment)) else { break }
            loss.strike(ordeal, &seed)
            try ordeal.expectFewInDoubt(context)
        }
        context += "seed \(seed.seed)"
        _ = try await ordeal.drain()
        try await ordeal.judge(context)
        try await ordeal.resolveAll(context)
        // What is completed outlives a power cut, whatever the crashes before have left half done.
        Loss.unsynced.strike(ordeal, &seed)
        try await ordeal.judge(context + ", cut at the end")
        #expect(try ordeal.stage.jobCount("completed") == Int64(Self.jobs), "\(context), cut at the end")
        return ordeal.crashes
    }

    @Test(arguments: Loss.allCases)
    func `every point of a life can be its last`(loss: Loss) async throws {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        var seed = Effort.freshSeed()
        let points = try await pointsOfACleanRun(service, ledger)
        let step = Effort.points.map { max(1, points / $0) } ?? 1
        let first = Int.random(in: 1...step, using: &seed)
        var crashes = 0
        for number in stride(from: first, through: points + 10, by: step) {
            let moment = Orders.Moment.allCases[number % 3]
            crashes += try await live(service, ledger, crashing: [(number, moment)], [loss], &seed)
        }
        Effort.say("each point, \(loss.rawValue): \(points) points, \(crashes) crashes, seed \(seed.seed)")
    }

    @Test func `the recovery may crash at each of its points again and again`() async throws {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        var seed = Effort.freshSeed()
        let points = try await pointsOfACleanRun(service, ledger)
        var crashes = 0
        for _ in 0..<(Effort.isLong ? 180 : 3) {
            let number = Int.random(in: 1...points, using: &seed)
            // The restart is crashed at early points, where it recovers, more often than later.
            let again = (0..<4).map { _ in
                (Int.random(in: 1...(seed.chance(0.5) ? 40 : points), using: &seed), moment(&seed))
            }
            let all = [(number, moment(&seed))] + again
            crashes += try await live(service, ledger, crashing: all, Loss.allCases, &seed)
        }
        Effort.say("crashes of the recovery: \(crashes) crashes, seed \(seed.seed)")
    }

    @Test func `a directory outlives its maker who ended before its sync`() async throws {
        let service = try await simulated()
        let ordeal = Ordeal(service)
        try await ordeal.enqueueChain(0)
        let first = try ordeal.jobd(Orders(failures: ["sync:-9:1:/outputs"]))
        #expect(try await first.exitCode() == -SIGKILL)
        try await ordeal.resolveAll("the maker of a directory ended")
        ordeal.cutPower()
        try await ordeal.judge("a directory that was never synced by its maker")
        #expect(try ordeal.stage.jobCount("completed") == Int64(Self.jobs))
    }

    /// A sidecar is renamed into the same directory, and its sync would hide that the outputs' own is
    /// missing.
    @Test func `the names of files outlive a power cut also without sidecars`() async throws {
        let service = try await simulated()
        let ordeal = Ordeal(service)
        try await ordeal.enqueueChain(0)
        _ = try await ordeal.drain(settings: ["sidecar=false"])
        try await ordeal.pickAll("without sidecars")
        _ = try await ordeal.drain(settings: ["sidecar=false"])
        ordeal.cutPower()
        try await ordeal.judge("cut once everything is completed", withSidecars: false)
        #expect(try ordeal.stage.jobCount("completed") == Int64(Self.jobs))
    }

    private func moment(_ seed: inout SeededNumbers) -> Orders.Moment {
        Orders.Moment.allCases.randomElement(using: &seed) ?? .before
    }
}
