import JSON
import JobModel
import SQL
import Testing

@testable import JobStore

@Suite struct SteerTests {
    private let store = ScratchStore()

    private func steer(_ database: JobDatabase, _ id: Int64, _ verb: Verb) throws -> Steered {
        try database.transaction { try database.steer(id, verb) }
    }

    @Test func `a verb is done noted refused or unknown and only what is done leaves a trace`() throws {
        let database = try store.open()
        _ = try database.job()
        let held = try #require(try steer(database, 1, .hold).job)
        #expect(held.state == .held)
        #expect(try database.find(1) == held)
        let before = try database.count("events")
        guard case .refused = try steer(database, 1, .hold) else { return #expect(Bool(false)) }
        #expect(try steer(database, 99, .cancel) == .unknown)
        #expect(try database.count("events") == before)
        let cancelled = try #require(try steer(database, 1, .cancel).job)
        #expect(cancelled.state == .cancelled)
        guard case .note = try steer(database, 1, .cancel) else { return #expect(Bool(false)) }
        let last = try #require(try database.events(of: 1).first { $0.kind == .cancelRequested })
        #expect(try JSON(parsing: last.detail)["by"]?.string == "jobctl")
    }

    @Test func `what is set is stored`() throws {
        let database = try store.open()
        _ = try database.job()
        let time = Timestamp(milliseconds: 9_000_000_000_000)
        let sets = [
            JobChanges(label: "x", priority: 3, notBefore: time),
            .init(label: .some(nil), notBefore: .some(nil)),
        ]
        for changes in sets {
            let steered = try steer(database, 1, .set(changes))
            let job = try #require(try database.find(1))
            #expect(steered == .done(job) && job.priority == 3)
            #expect(job.nextTryAt == changes.notBefore && job.label == changes.label)
        }
        #expect(try database.ready(model: "m", limit: 1).map(\.id) == [1])
        #expect(try database.events(of: 1).last?.detail == #"{"label":null,"not_before":null}"#)
    }

    @Test func `a retry is refused if another job has the key by now`() throws {
        let database = try store.open()
        _ = try database.job(key: "k", .cancelRequested)
        _ = try database.job(key: "k")
        #expect(
            try steer(database, 1, .retry(resubmit: false))
                == .refused("has the key \"k\", which job 2 has now"))
        #expect(try database.find(1)?.state == .cancelled)
        _ = try steer(database, 2, .cancel)
        let job = try #require(try steer(database, 1, .retry(resubmit: false)).job)
        #expect(job.state == .queued)
    }

    @Test func `a request belongs to one job`() throws {
        let database = try store.open()
        _ = try database.job(.submitting(priceUSD: nil), .accepted(requestID: "r"))
        _ = try database.job(.submitting(priceUSD: nil), .unanswered(reason: "cut"))
        #expect(
            try steer(database, 2, .resolve(.adopt(requestID: "r")))
                == .refused("cannot adopt r: job 1 has it"))
        let job = try #require(try steer(database, 2, .resolve(.adopt(requestID: "s"))).job)
        #expect(job.state == .inQueue && job.requestID == "s")
    }

    @Test func `what is done is wholly done or not at all`() throws {
        struct Fault: Error {}
        let database = try store.open()
        for _ in 0..<3 { _ = try database.job() }
        #expect(throws: Fault.self) {
            try database.transaction {
                for id in Int64(1)...3 { _ = try database.steer(id, .cancel) }
                throw Fault()
            }
        }
        #expect(try database.texts("SELECT DISTINCT state FROM jobs") == ["queued"])
        #expect(try database.count("events") == 3)
    }
}

extension Steered {
    /// The job as the verb has left it, if it was done.
    fileprivate var job: Job? { if case .done(let job, _) = self { job } else { nil } }
}
