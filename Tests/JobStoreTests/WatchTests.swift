import JobModel
import Testing

@testable import JobStore

@Suite struct WatchTests {
    private let store = ScratchStore()
    private let database: JobDatabase

    init() throws { database = try store.open() }

    private func scope(_ change: (inout WatchScope) -> Void) -> WatchScope {
        var scope = WatchScope()
        change(&scope)
        return scope
    }

    private func sent(_ request: String, model: String = "m", input: String = "{}") throws -> Int64 {
        try database.job(model: model, input: input, .submitting(priceUSD: 1), .accepted(requestID: request))
            .id
    }

    @Test func `counts and lists agree`() throws {
        let queued = [try database.job().id, try database.job().id]
        let running = try sent("a")
        _ = try database.transaction { try database.steer(queued[1], .hold) }
        #expect(try database.unfinishedCounts() == [.queued: 1, .held: 1, .inQueue: 1])
        #expect(try database.watched(.queued, WatchScope()) == [queued[0]])
        #expect(try database.watched(.held, WatchScope()) == [queued[1]])
        #expect(try database.watched(.inQueue, WatchScope()) == [running])
        #expect(try database.endedCounts(since: database.now + .seconds(-3600), limit: 10) == [:])
        for id in queued { _ = try database.transaction { try database.steer(id, .cancel) } }
        #expect(try database.endedCounts(since: database.now + .seconds(-3600), limit: 10) == [.cancelled: 2])
        #expect(try database.endedCounts(since: database.now + .seconds(-3600), limit: 1) == [.cancelled: 1])
        #expect(try database.endedCounts(since: database.now + .seconds(60), limit: 10) == [:])
        #expect(try database.watchedEnds(WatchScope(), limit: 10).map(\.id) == queued.reversed())
        #expect(try database.watchedEnds(WatchScope(), limit: 1).map(\.state) == [.cancelled])
    }

    @Test func `those that failed lately are found, the last first`() throws {
        let jobs = try ["a", "b", "c", "d"].map { try sent($0) }
        for id in jobs.prefix(3) {
            let job = try #require(try database.find(id))
            try database.drive(job, through: [.failed(JobFailure(.remote, "it went wrong"))])
        }
        let since = database.now + .seconds(-3600)
        #expect(try database.failed(since: since, limit: 9) == jobs.prefix(3).reversed())
        #expect(try database.failed(since: since, limit: 1) == [jobs[2]])
        #expect(try database.failed(since: database.now + .seconds(60), limit: 9) == [])
    }

    @Test func `words are looked for in prompt label and model`() throws {
        let fox = try database.job(model: "a/b", input: #"{"prompt":"A red Fox"}"#).id
        let whale = try database.job(model: "a/c", input: #"{"text":"a blue whale"}"#).id
        _ = try database.transaction { try database.steer(whale, .set(JobChanges(label: "Sea 50%"))) }
        for (words, ids) in [
            (["fox"], [fox]), (["RED", "fox"], [fox]), (["red", "whale"], []), (["sea"], [whale]),
            (["50%"], [whale]), (["a/"], [fox, whale]), (["*"], []), (["prompt"], []), (["\"'"], []),
        ] as [([String], [Int64])] {
            #expect(try database.watched(.queued, scope { $0.words = words }) == ids, "\(words)")
        }
        let apple = try database.job(input: #"{"prompt":"EIN ROTER ÄPFEL"}"#).id
        #expect(try database.watched(.queued, scope { $0.words = ["Roter", "ÄPFEL"] }) == [apple])
        for id in [fox, whale] { _ = try database.transaction { try database.steer(id, .cancel) } }
        #expect(try database.watchedEnds(scope { $0.words = ["fox"] }, limit: 10).map(\.id) == [fox])
        #expect(try database.watchedEnds(scope { $0.filter.model = "a/c*" }, limit: 10).map(\.id) == [whale])
        #expect(try database.watchedEnds(scope { $0.filter.states = [.failed] }, limit: 10).isEmpty)
    }

    @Test func `a choice is by id or label in any state`() throws {
        let ids = try (0..<4).map { _ in try database.job().id }
        for id in ids.prefix(3) {
            _ = try database.transaction { try database.steer(id, .set(JobChanges(label: "x"))) }
        }
        _ = try database.transaction { try database.steer(ids[0], .cancel) }
        let labelled = try database.watchedChoice(scope { $0.filter.label = "x" })
        #expect(labelled.map(\.id) == ids.prefix(3).reversed())
        #expect(labelled.map(\.state) == [.queued, .queued, .cancelled])
        let named = try database.watchedChoice(scope { $0.ids = [ids[3], ids[0], 99] })
        #expect(named.map(\.id) == [ids[3], ids[0]])
        let narrowed = scope { ($0.filter.label, $0.filter.states) = ("x", [.cancelled]) }
        #expect(try database.watchedChoice(narrowed).map(\.id) == [ids[0]])
    }

    @Test func `throughput is counted once`() throws {
        let before = try database.lastEventID()
        let id = try sent("a")
        _ = try database.transaction {
            try database.record(
                .succeeded(finishedAt: nil, costUSD: 1), for: id, in: .inQueue,
                outputs: [(.image, "https://x.test/1")])
        }
        try database.transaction { try database.progress(4, of: 10, in: id, 1) }
        #expect(try database.bytesUnderWay() == 4)
        _ = try database.transaction {
            try database.finishOutputs(of: id)
            return try database.record(.fetched, for: id, in: .downloading)
        }
        #expect(try database.bytesUnderWay() == 0)
        let all = try database.throughput(after: before)
        #expect((all.sent, all.completed, all.bytes) == (1, 1, 10))
        #expect(all.lastEvent == (try database.lastEventID()))
        #expect(try database.throughput(after: all.lastEvent) == Throughput(lastEvent: all.lastEvent))
        #expect(try database.throughput(after: before, since: database.now + .seconds(60)).sent == 0)
    }

    /// What is asked ten times a second reads no history, and no more of the queue than its index.
    @Test(.onlySQLite) func `a picture reads by its indexes`() throws {
        _ = try sent("a")
        let reader = try store.open(.read)
        let filtered = scope { $0.words = ["x"] }
        for (lines, uses) in [
            (try reader.plans { _ = try $0.unfinishedCounts() }, "COVERING INDEX jobs_state (state=?)"),
            (
                try reader.plans { _ = try $0.watched(.queued, WatchScope()) },
                "COVERING INDEX jobs_state (state=?)"
            ),
            (try reader.plans { _ = try $0.watched(.queued, filtered) }, "INDEX jobs_state (state=?)"),
            (
                try reader.plans { _ = try $0.endedCounts(since: .now, limit: 10) },
                "INDEX jobs_ended (ended_at>?)"
            ),
            (try reader.plans { _ = try $0.watchedEnds(filtered, limit: 10) }, "INDEX jobs_ended"),
            (try reader.plans { _ = try $0.watchedChoice(filtered) }, "INDEX jobs_label (label=?)"),
            (try reader.plans { _ = try $0.bytesUnderWay() }, "COVERING INDEX jobs_state (state=?)"),
            (
                try reader.plans { _ = try $0.throughput(after: 1) },
                "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)"
            ),
        ] {
            #expect(lines.contains { $0.contains(uses) }, "\(lines)")
            #expect(!lines.contains { $0.hasPrefix("SCAN jobs") && !$0.contains("jobs_ended") }, "\(lines)")
            #expect(
                !lines.contains { $0.hasPrefix("SCAN events") || $0.hasPrefix("SCAN outputs") }, "\(lines)")
        }
    }

    @Test func `a filter means the same in memory as in the store`() throws {
        let job = try database.job(model: "vendor/model")
        for (change, isMeant) in [
            ({ $0.states = [.queued] }, true), ({ $0.states = [.held, .failed] }, false),
            ({ $0.model = "vendor/*" }, true), ({ $0.model = "vendor/model" }, true),
            ({ $0.model = "vendor" }, false),
            ({ $0.model = "*" }, true), ({ $0.label = "x" }, false), ({ _ in }, true),
        ] as [((inout JobFilter) -> Void, Bool)] {
            var filter = JobFilter()
            change(&filter)
            #expect(filter.matches(job) == isMeant, "\(filter)")
            #expect(try database.jobs(filter).isEmpty != isMeant, "\(filter)")
        }
    }
}
