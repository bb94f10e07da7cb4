import JSON
import JobModel
import Testing

@testable import JobStore

/// Reasons that need a person because jobs wait for others: each is told once.
@Suite struct WaitsTests {
    private let store = ScratchStore()
    private let database: JobDatabase

    init() throws {
        database = try store.open()
        _ = try database.noteWaitsInVain(limit: 100)
    }

    /// What has been written down since the last call.
    private func news() throws -> [String] {
        let before = try database.lastEventID()
        while try database.noteWaitsInVain(limit: 3) {}
        return try database.hookEvents(after: before, limit: 100).compactMap {
            let detail = try JSON(parsing: $0.detail)
            #expect($0.subject == detail["source"]?.integer)
            return "\(detail["wait"]?.string ?? "?"): \(detail["detail"]?.string ?? "?")"
        }
    }

    private func user(_ reference: String) throws -> Job {
        try database.job(input: #"{"image":"\#(reference)"}"#)
    }

    /// - Parameter ending: how the job ends.
    @discardableResult
    private func end(_ job: Job, _ ending: JobEvent) throws -> Job {
        let sent: [JobEvent] = [.submitting(priceUSD: 1), .accepted(requestID: "r\(job.id)")]
        if case .failed = ending { return try database.drive(job, through: sent + [ending]) }
        return try database.drive(
            job, through: sent + [.succeeded(finishedAt: nil, costUSD: nil), ending],
            outputs: [(.image, "https://x.test/\(job.id)")])
    }

    @Test func `a pick is asked for once when the source completes`() throws {
        let source = try database.job()
        for _ in 1...3 { _ = try user("job:1/pick") }
        _ = try user("job:1")
        #expect(try news() == [])
        try end(source, .fetched)
        #expect(
            try news() == ["pick: job 1 is completed, and jobs 2-4 wait for your pick among its outputs"])
        #expect(try news() == [])
        // One more that waits for the same is no new reason.
        _ = try user("job:1/pick")
        #expect(try news() == [])
    }

    @Test func `a job that comes after its source has completed asks for a pick once`() throws {
        try end(try database.job(), .fetched)
        #expect(try news() == [])
        for _ in 2...3 { _ = try user("job:1/pick") }
        #expect(
            try news() == ["pick: job 1 is completed, and jobs 2-3 wait for your pick among its outputs"])
        try database.transaction { try database.pick([1], of: 1, by: "test") }
        _ = try user("job:1/pick")
        #expect(try news() == [])
    }

    @Test func `each failure of a source is a reason, and one that was retried since is none`() throws {
        let source = try database.job()
        _ = try user("job:1")
        let failed = try end(source, .failed(JobFailure(.remote, "no")))
        #expect(try news() == ["source_failed: job 1 has failed, and job 2 waits for it"])
        let again = try database.drive(failed, through: [.retried(resubmit: false)])
        #expect(try news() == [])
        let sent: [JobEvent] = [.submitting(priceUSD: 1), .accepted(requestID: "again")]
        let once = try database.drive(again, through: sent + [.failed(JobFailure(.remote, "no"))])
        let third = try database.drive(once, through: [.retried(resubmit: false)])
        // It failed and goes on: nobody is needed.
        #expect(try news() == [])
        try database.drive(third, through: [.submitting(priceUSD: 1), .accepted(requestID: "third")])
        let now = try #require(try database.find(1))
        try database.drive(now, through: [.failed(JobFailure(.remote, "no"))])
        #expect(try news() == ["source_failed: job 1 has failed, and job 2 waits for it"])
    }

    @Test func `the end of a job for which nobody waits is no reason`() throws {
        try end(try database.job(), .failed(JobFailure(.remote, "no")))
        try end(try database.job(), .fetched)
        _ = try user("job:2")
        #expect(try news() == [])
    }
}
