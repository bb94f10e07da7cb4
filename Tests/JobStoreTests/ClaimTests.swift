import JobModel
import SQL
import Scratch
import System
import Testing

@testable import JobStore

@Suite struct ClaimTests {
    private let store = ScratchStore()

    @discardableResult
    private func add(
        _ database: JobDatabase, model: String = "m", priority: Int64 = 0, notBefore: Timestamp? = nil,
        held: Bool = false
    ) throws -> Int64 {
        var new = NewJob(model: model, input: "{}")
        (new.priority, new.notBefore, new.isHeld) = (priority, notBefore, held)
        return try database.enqueue(new).job.id
    }

    @Test func `the highest priority goes first then the oldest`() throws {
        let database = try store.open()
        for priority in [0, 5, -1, 5, 0, .max, .min] as [Int64] { try add(database, priority: priority) }
        #expect(try database.ready(model: "m", limit: 100).map(\.id) == [6, 2, 4, 1, 5, 3, 7])
        #expect(try database.ready(model: "m", limit: 2).map(\.id) == [6, 2])
        #expect(try database.ready(model: "other", limit: 2).isEmpty)
    }

    @Test func `only what is ready is offered`() throws {
        let database = try store.open()
        #expect(try database.readyModels().isEmpty)
        for model in ["b", "a", "c", "a"] { try add(database, model: model) }
        try add(database, model: "held", held: true)
        try add(database, model: "later", notBefore: Timestamp(milliseconds: 9_000_000_000_000))
        #expect(try database.readyModels() == ["a", "b", "c"])
        let first = try #require(try database.ready(model: "a", limit: 9).first)
        _ = try database.transaction {
            try database.record(.submitting(priceUSD: nil), for: first.id, in: .queued)
        }
        #expect(try database.ready(model: "a", limit: 9).map(\.id) == [4])
        #expect(try database.ready(model: "held", limit: 9).isEmpty)
        #expect(try database.ready(model: "later", limit: 9).isEmpty)
    }

    @Test func `what waits for its time is ready then and not before`() throws {
        let clock = Locked(Timestamp(milliseconds: 1000))
        let database = try store.open(clock: { clock.withLock { $0 } })
        for time in [1000, 3000, 2000, 5000] as [Int64] {
            try add(database, notBefore: Timestamp(milliseconds: time))
        }
        #expect(try database.promoteDue(retriesWithin: .seconds(300)) == Timestamp(milliseconds: 2000))
        #expect(try database.ready(model: "m", limit: 9).map(\.id) == [1])
        clock.withLock { $0 = Timestamp(milliseconds: 2999) }
        #expect(try database.promoteDue(retriesWithin: .seconds(300)) == Timestamp(milliseconds: 3000))
        clock.withLock { $0 = Timestamp(milliseconds: 5000) }
        #expect(try database.promoteDue(retriesWithin: .seconds(300)) == nil)
        #expect(try database.ready(model: "m", limit: 9).map(\.id) == [1, 2, 3, 4])
        #expect(try database.find(2)?.notBefore == Timestamp(milliseconds: 3000))
    }

    @Test func `a retry that a clock has put off is taken up and a person's time is kept`() throws {
        let clock = Locked(Timestamp(milliseconds: 1_800_000_000_000))
        let database = try store.open(clock: { clock.withLock { $0 } })
        let now = clock.withLock { $0 }
        let retry = try add(database)
        _ = try database.transaction {
            _ = try database.record(.submitting(priceUSD: nil), for: retry, in: .queued)
            return try database.record(
                .notBought(reason: "busy", tryAgainAt: now + .seconds(60)), for: retry, in: .submitting)
        }
        let later = now + .seconds(7200)
        let planned = try add(database, notBefore: later)
        #expect(try database.promoteDue(retriesWithin: .seconds(300)) == now + .seconds(60))
        // A day back: neither is due, and the retry was meant for a minute from then.
        clock.withLock { $0 = now + .seconds(-86_400) }
        #expect(try database.promoteDue(retriesWithin: .seconds(300)) == later)
        #expect(try database.ready(model: "m", limit: 9).map(\.id) == [retry])
        #expect(try database.find(planned)?.nextTryAt == later)
    }

    @Test func `what was sent at a time that is now in the future counts as just sent`() throws {
        let clock = Locked(Timestamp(milliseconds: 1_800_000_000_000))
        let database = try store.open(clock: { clock.withLock { $0 } })
        _ = try database.transaction {
            try database.record(.submitting(priceUSD: nil), for: add(database), in: .queued)
        }
        clock.withLock { $0 = $0 + .seconds(-86_400) }
        let recent = try database.recentSubmissions(since: clock.withLock { $0 } + .seconds(-60))
        #expect(recent.map(\.at) == [clock.withLock { $0 }])
    }

    @Test func `many jobs are taken up without their inputs`() throws {
        let database = try store.open()
        let job = try database.job(.submitting(priceUSD: 1), .accepted(requestID: "r"))
        #expect(try database.followed() == [job.withoutInput])
    }

    @Test func `a held job is not promoted but keeps its time`() throws {
        let database = try store.open()
        let id = try add(database, notBefore: Timestamp(milliseconds: 1000), held: true)
        #expect(try database.promoteDue(retriesWithin: .seconds(300)) == nil)
        _ = try database.transaction { try database.steer(id, .release) }
        #expect(try database.ready(model: "m", limit: 9).isEmpty)
        #expect(try database.promoteDue(retriesWithin: .seconds(300)) == nil)
        #expect(try database.ready(model: "m", limit: 9).map(\.id) == [id])
    }

    @Test func `a start continues everything unfinished and nothing else`() throws {
        let database = try store.open()
        let sent = [JobEvent.submitting(priceUSD: nil), .accepted(requestID: "r")]
        _ = try database.job()
        _ = try database.job(.held)
        _ = try database.job(.cancelRequested)
        let wire = try database.job(sent[0])
        let doubt = try database.job(sent[0], .unanswered(reason: ""))
        let queue = try database.job(sent[0], .accepted(requestID: "1"))
        let running = try database.job(
            sent[0], .accepted(requestID: "2"), .observed(.init(isRunning: true, word: "x")))
        let fetching = try database.job(
            sent[0], .accepted(requestID: "3"), .succeeded(finishedAt: nil, costUSD: nil))
        _ = try database.job(
            sent[0], .accepted(requestID: "4"), .succeeded(finishedAt: nil, costUSD: nil), .fetched)
        _ = try database.job(sent[0], .accepted(requestID: "5"), .failed(JobFailure(.lost, "")))
        #expect(try database.unfinished() == [wire, doubt, queue, running, fetching])
    }
}
