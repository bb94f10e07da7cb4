import JSON
import JobModel
import SQLite
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
        guard case .done(let held) = try steer(database, 1, .hold) else {
            Issue.record("hold of a queued job was not done")
            return
        }
        #expect(held.state == .held)
        #expect(try database.find(1) == held)
        let stands = try database.count("events")
        guard case .refused = try steer(database, 1, .hold) else {
            Issue.record("hold of a held job was not refused")
            return
        }
        #expect(try steer(database, 99, .cancel) == .unknown)
        #expect(try database.count("events") == stands)
        guard case .done(let cancelled) = try steer(database, 1, .cancel) else {
            Issue.record("cancel of a held job was not done")
            return
        }
        #expect(cancelled.state == .cancelled)
        guard case .note = try steer(database, 1, .cancel) else {
            Issue.record("cancel of a cancelled job was no note")
            return
        }
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

    @Test func `a retry is refused where another job has the key by now`() throws {
        let database = try store.open()
        _ = try database.job(key: "k", .cancelRequested)
        _ = try database.job(key: "k")
        #expect(
            try steer(database, 1, .retry(resubmit: false))
                == .refused("has the key \"k\", which job 2 has now"))
        #expect(try database.find(1)?.state == .cancelled)
        _ = try steer(database, 2, .cancel)
        guard case .done(let job) = try steer(database, 1, .retry(resubmit: false)) else {
            Issue.record("the key is free, but the retry was refused")
            return
        }
        #expect(job.state == .queued)
    }

    @Test func `a request belongs to one job`() throws {
        let database = try store.open()
        _ = try database.job(.submitting(priceUSD: nil), .accepted(requestID: "r"))
        _ = try database.job(.submitting(priceUSD: nil), .unanswered(reason: "cut"))
        #expect(
            try steer(database, 2, .resolve(.adopt(requestID: "r")))
                == .refused("cannot adopt r: job 1 has it"))
        guard case .done(let job) = try steer(database, 2, .resolve(.adopt(requestID: "s"))) else {
            Issue.record("a free request could not be adopted")
            return
        }
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
