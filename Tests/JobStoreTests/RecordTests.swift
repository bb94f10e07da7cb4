import JobModel
import SQL
import Testing

@testable import JobStore

@Suite struct RecordTests {
    private let store = ScratchStore()

    @Test func `a stale caller is told and changes nothing`() throws {
        let database = try store.open()
        let job = try database.job()
        let other = try store.open(.write)
        _ = try other.transaction { try other.record(.held, for: job.id, in: .queued) }
        let events = try database.count("events")
        let error = #expect(throws: StaleJob.self) {
            try database.transaction {
                try database.record(.submitting(priceUSD: nil), for: job.id, in: .queued)
            }
        }
        #expect(error?.id == job.id && error?.expected == .queued && error?.found == .held)
        #expect(throws: StaleJob.self) {
            try database.transaction { try database.record(.fetched, for: job.id, in: .held) }
        }
        let missing = #expect(throws: StaleJob.self) {
            try database.transaction { try database.record(.held, for: 99, in: .queued) }
        }
        #expect(missing?.found == nil)
        #expect(try database.count("events") == events)
        #expect(try database.count("charges") == 0)
    }

    @Test func `an event applies only in the state that its caller has seen even if it would fit another`()
        throws
    {
        let database = try store.open()
        let job = try database.job()
        _ = try database.transaction {
            try database.record(.submitting(priceUSD: nil), for: job.id, in: .queued)
        }
        #expect(throws: StaleJob.self) {
            try database.transaction { try database.record(.cancelRequested, for: job.id, in: .inQueue) }
        }
        #expect(try database.find(job.id)?.cancelRequestedAt == nil)
    }

    @Test func `a cancel wish is not erased by a caller that has not seen it`() throws {
        let database = try store.open()
        let seen = try database.job(.submitting(priceUSD: 1), .accepted(requestID: "r"))
        let other = try store.open(.write)
        #expect(try other.transaction { try other.steer(seen.id, .cancel) } != .unknown)
        #expect(seen.cancelRequestedAt == nil)
        let recorded = try database.transaction {
            try database.record(
                .observed(.init(isRunning: true, word: "in_progress")), for: seen.id, in: seen.state)
        }
        #expect(recorded.cancelRequestedAt != nil)
        #expect(try database.find(seen.id) == recorded)
    }

    @Test func `a label and a priority set meanwhile stay`() throws {
        let database = try store.open()
        let seen = try database.job()
        let other = try store.open(.write)
        _ = try other.transaction {
            try other.steer(seen.id, .set(JobChanges(label: "new", priority: 7)))
        }
        let recorded = try database.transaction {
            try database.record(.submitting(priceUSD: nil), for: seen.id, in: .queued)
        }
        #expect(recorded.label == "new" && recorded.priority == 7)
        #expect(try database.find(seen.id) == recorded)
    }

    @Test func `the history tells the whole life in order`() throws {
        let database = try store.open()
        let job = try database.job(
            .held, .released, .submitting(priceUSD: 0.5), .notBought(reason: "503", tryAgainAt: nil),
            .submitting(priceUSD: 0.5), .unanswered(reason: "cut"), .resolved(.adopt(requestID: "r")),
            .observed(.init(isRunning: false, word: "in_queue", queuePosition: 3)), .cancelRequested,
            .failed(JobFailure(.deadline, "too long")), .retried(resubmit: false),
            .succeeded(finishedAt: nil, costUSD: 0.25), .fetched,
            outputs: [(.image, "https://x.test/1")])
        let events = try database.events(of: job.id)
        #expect(
            events.map(\.kind.rawValue).joined(separator: " ")
                == "enqueued held released submitting fault submitting uncertain resolved status cancel_requested "
                + "ended retried status output ended")
        #expect(events.map(\.id) == events.map(\.id).sorted())
        #expect(events[7].detail == #"{"as":"adopt","request_id":"r"}"#)
        #expect(try database.events(after: events[11].id, limit: 1) == [events[12]])
        #expect(try database.events(after: events[14].id, limit: 10).isEmpty)
        #expect(try database.lastEventID() == events[14].id)
    }

    /// One line a charge: estimate and report.
    private func ledger(_ database: JobDatabase) throws -> [String] {
        try database.connection.rows(
            "SELECT submission, estimated_usd, reported_usd FROM charges ORDER BY job_id, submission")
    }

    @Test func `the ledger holds a charge for every post that may have bought`() throws {
        let database = try store.open()
        let (sent, cut) = (JobEvent.submitting(priceUSD: 0.5), JobEvent.unanswered(reason: "cut"))
        let accepted = JobEvent.accepted(requestID: "r")
        _ = try database.job(sent, .notBought(reason: "", tryAgainAt: nil), sent, .refused(message: "no"))
        _ = try database.job(sent, cut, .resolved(.resubmit), sent, accepted, .cancelledRemotely())
        _ = try database.job(
            .submitting(priceUSD: nil), .accepted(requestID: "s"), .succeeded(finishedAt: nil, costUSD: 0.25),
            .fetched)
        #expect(try ledger(database) == ["1|0.5|-", "2|0.5|0.0", "1|-|0.25"])
        // The money stays when the job goes.
        try store.foreign(foreignKeys: true).execute("DELETE FROM jobs")
        #expect(try ledger(database) == ["1|0.5|-", "2|0.5|0.0", "1|-|0.25"])
    }

    @Test func `a file on disk outlives an answer asked for again`() throws {
        let database = try store.open()
        let job = try database.succeededJob(pictures: 3)
        try database.connection.run(
            """
            UPDATE outputs SET state = 'done', downloaded_at = created, path = 'a', bytes = 1,
                sha256 = '\(String(repeating: "a", count: 64))', media_type = 'image/png'
            FROM (SELECT created_at AS created FROM jobs) AS moment WHERE position = 1
            """)
        try database.connection.run("UPDATE outputs SET state = 'failed', attempts = 8 WHERE position = 2")
        let fresh = (1...3).map { (kind: Output.Kind.image, url: "https://x.test/\($0)?signed") }
        _ = try database.transaction {
            try database.record(
                .succeeded(finishedAt: nil, costUSD: nil), for: job.id, in: .downloading, outputs: fresh)
        }
        #expect(
            try database.outputs(of: job.id).map { "\($0.position) \($0.state) \($0.url) \($0.attempts)" }
                == [
                    "1 done https://x.test/1 0", "2 pending https://x.test/2?signed 0",
                    "3 pending https://x.test/3?signed 0",
                ])
    }

    @Test func `a retry of a download starts its failed files again`() throws {
        let database = try store.open()
        let job = try database.succeededJob(pictures: 2)
        try database.connection.run("UPDATE outputs SET state = 'failed', attempts = 8 WHERE position = 2")
        try database.drive(job, through: [.failed(JobFailure(.download, "404")), .retried(resubmit: false)])
        #expect(try database.find(job.id)?.state == .downloading)
        #expect(
            try database.outputs(of: job.id).map { "\($0.state) \($0.attempts)" } == [
                "pending 0", "pending 0",
            ])
    }

    @Test func `a job is not completed while an output is missing`() throws {
        let database = try store.open()
        let job = try database.succeededJob(pictures: 2)
        #expect(throws: StaleJob.self) {
            try database.transaction { try database.record(.fetched, for: job.id, in: .downloading) }
        }
        #expect(try database.find(job.id)?.state == .downloading)
    }

    @Test func `what is given up takes no name and no file any more`() throws {
        let database = try store.open()
        let job = try database.succeededJob(pictures: 1, then: .givenUp)
        #expect(job.state == .failed && job.failureKind == .download)
        #expect(try database.outputs(of: job.id).map(\.state) == [.failed])
        // A download that was under way learns of it before it renames.
        #expect(throws: StaleJob.self) {
            try database.transaction {
                try database.announce(path: "a.png", bytes: 1, sha256: "", of: job.id, 1)
            }
        }
        let before = try database.count("events")
        try database.transaction { try database.finishOutputs(of: job.id) }
        #expect(try database.count("events") == before)
        _ = try database.transaction {
            try database.record(.retried(resubmit: false), for: job.id, in: .failed)
        }
        #expect(try database.outputs(of: job.id).map(\.state) == [.pending])
    }

    @Test func `a fresh address is never that of another output`() throws {
        let database = try store.open()
        let job = try database.succeededJob(pictures: 2)
        func fail(_ fresh: [String], isLast: Bool = false) throws {
            let second = try #require(try database.outputs(of: job.id).last)
            try database.transaction {
                try database.countFailure(of: second, isLast: isLast, fresh: fresh, reason: "404")
            }
        }
        // The service names them the other way round: the second keeps its own.
        try fail(["https://x.test/2", "https://x.test/1"])
        #expect(try database.outputs(of: job.id).map(\.url) == ["https://x.test/1", "https://x.test/2"])
        try fail(["https://x.test/1", "https://x.test/3"])
        #expect(try database.outputs(of: job.id).map(\.url) == ["https://x.test/1", "https://x.test/3"])
        try fail([], isLast: true)
        #expect(try database.outputs(of: job.id).map(\.state) == [.pending, .failed])
        #expect(try database.outputs(of: job.id).last?.attempts == 3)
    }
}
