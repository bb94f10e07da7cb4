import SQL
import Scratch
import Testing

/// jobctl crashes at each point of a move to a shared store: one of the two is whole, and the same command
/// finishes it.
@Suite(.serialized, .enabled(if: SharedServer.isInstalled, "needs PostgreSQL: make test-deps"))
struct MoveCrashTests {
    @Test(arguments: Loss.allCases)
    func `a move is done or not done, and the same command finishes it`(loss: Loss) async throws {
        let (server, service) = (try SharedServer.ofAllTests.get(), Stage())
        var seed = Effort.freshSeed()
        let clean = try await prepared(Ordeal(service))
        let trace = clean.stage.scratch["trace"]
        let whole = try await clean.jobctl(
            ["move-store", MovedStore(clean.stage, on: server).address], Orders(trace: trace))
        #expect(try await whole.exitCode() == 0, "\(whole.errors)")
        let last = FileOnDisk.content(trace).split(separator: "\n").count
        #expect(last > 10)
        let all = Array(1...last)
        // The last are what is done once the database is given up.
        let some = all.shuffled(using: &seed).prefix(4) + all.suffix(6)
        for number in Effort.isLong ? all : Array(Set(some)).sorted() {
            let moment = Orders.Moment.allCases[number % 3]
            let context = "\(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
            let ordeal = try await prepared(Ordeal(service))
            let store = try MovedStore(ordeal.stage, on: server)
            _ = try await ordeal.jobctl(["move-store", store.address], .crash(number, moment))
            loss.strike(ordeal, &seed)
            let isOldUsable = try await ordeal.jobctl(["list"]).exitCode() == 0
            let new = try await ordeal.jobctl(["list", "-q", "--store", store.address])
            let isNewUsed = try await new.exitCode() == 0 && !new.output.isEmpty
            #expect(!(isOldUsable && isNewUsed), "\(context)")
            let again = try await ordeal.jobctl(["move-store", store.address])
            #expect(try await again.exitCode() == 0, "\(again.errors) \(context)")
            ordeal.cutPower()
            #expect(try store.differences() == [], "\(context)")
            #expect(try store.count("jobs") == 5, "\(context)")
            #expect(try await ordeal.jobctl(["list"]).exitCode() == 69, "\(context)")
            #expect(
                try await ordeal.jobctl(["list", "--store", store.address]).exitCode() == 0, "\(context)")
        }
        Effort.say("move-store, \(loss.rawValue): \(last) points, seed \(seed.seed)")
    }

    private func prepared(_ ordeal: Ordeal) async throws -> Ordeal {
        try await ordeal.enqueue(0..<5)
        try ordeal.stage.put(2, into: "submitting")
        try ordeal.stage.put(3, into: "completed")
        ordeal.disk.takeAsSynced()
        return ordeal
    }
}
