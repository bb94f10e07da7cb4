import JobModel
import SQL
import Scratch
import System
import Testing

@testable import JobStore

/// The sums by which budgets go, held against the charges.
@Suite struct SpendingTests {
    private let store = ScratchStore()
    private let clock = Locked(Timestamp(milliseconds: 1_800_000_000_000))

    private func open() throws -> JobDatabase {
        try store.open(clock: { [clock] in clock.withLock { $0 } })
    }

    private func set(_ text: String) throws {
        let moment = try #require(Timestamp(text))
        clock.withLock { $0 = moment }
    }

    /// A job of this label that was sent, and what it cost.
    @discardableResult
    private func spend(_ price: Double?, _ cost: Double? = nil, _ label: String?, _ database: JobDatabase)
        throws -> Job
    {
        var new = NewJob(model: "m", input: "{}")
        new.label = label
        return try database.drive(
            database.enqueue(new).job,
            through: [
                .submitting(priceUSD: price), .accepted(requestID: "r\(database.count("jobs"))"),
                .succeeded(finishedAt: nil, costUSD: cost),
            ])
    }

    @Test func `days and months are those of UTC, and a label's prefix is one sum`() throws {
        let database = try open()
        try set("2026-10-31 23:59:59.999")
        try spend(1, nil, "acme", database)
        try set("2026-11-01 00:00:00.000")
        try spend(2, nil, "acme", database)
        try spend(9, 4, "acme-film", database)
        try set("2026-11-30 23:59:59.999")
        try spend(8, nil, nil, database)
        try spend(nil, nil, "acme", database)
        func spent(_ labels: String?) throws -> [Double] {
            try SpendingPeriod.allCases.map { try database.spent($0, by: labels.map { LabelPattern($0) }) }
        }
        #expect(try spent(nil) == [8, 14, 15])
        #expect(try spent("*") == [8, 14, 15])
        #expect(try spent("acme") == [0, 2, 3])
        #expect(try spent("acme*") == [0, 6, 7])
        #expect(try spent("acme-*") == [0, 4, 4])
        #expect(try spent("other") == [0, 0, 0])
        try set("2026-12-01 00:00:00.000")
        #expect(try spent(nil) == [0, 0, 15])
        // What a clock that was ahead has recorded counts in its own time.
        try set("2026-11-01 12:00:00.000")
        #expect(try spent(nil) == [6, 14, 15])
    }

    @Test func `a charge keeps the label under which it was made`() throws {
        let database = try open()
        let job = try spend(1, nil, "acme", database)
        _ = try database.transaction { try database.steer(job.id, .set(JobChanges(label: "other"))) }
        #expect(try database.spent(.total, by: LabelPattern("acme")) == 1)
        try database.drive(job, through: [.fetched])
        _ = try database.transaction { try database.removeRow(of: job.id) }
        #expect(try database.spent(.total, by: LabelPattern("acme")) == 1)
        let filter = { (label: String) in
            var filter = JobFilter()
            filter.label = label
            return filter
        }
        #expect(try database.statistics(filter("acme"), day: \.day).all.spentUSD == 1)
        #expect(try database.statistics(filter("other"), day: \.day).all.spentUSD == 0)
        let said = store.shell("UPDATE charges SET label = 'other'")
        #expect(said.code != 0 && said.errors.contains("a charge is never changed"), "\(said)")
    }

    @Test func `a cost beyond all reason stops nothing, and the rest is still counted`() throws {
        let database = try open()
        for _ in 1...3 { try spend(1, 1e300, "acme", database) }
        #expect(try database.spent(.day) == 3e9)
        #expect(try database.wrongSums().isEmpty)
    }

    @Test func `a sum that somebody has changed is found and added up again`() throws {
        let database = try open()
        try spend(1, 0.5, "acme", database)
        try spend(2, nil, nil, database)
        #expect(try database.wrongSums().isEmpty)
        #expect(
            store.shell(
                "UPDATE charge_sums SET nanos = nanos + 1e9 WHERE day = '' AND label = ''; "
                    + "DELETE FROM charge_sums WHERE label = 'acme' AND day = ''"
            ).code == 0)
        let wrong = try database.wrongSums()
        #expect(wrong.map(\.label) == [nil, "acme"] && wrong.allSatisfy { $0.day == nil })
        #expect(wrong.map(\.summedUSD) == [3.5, 0] && wrong.map(\.chargedUSD) == [2.5, 0.5])
        try database.transaction { try database.repairSums() }
        #expect(try database.wrongSums().isEmpty && database.spent(.total) == 2.5)
    }

    /// A store of a release without sums.
    @Test(.onlySQLite) func `an older store's charges are added up, by the labels of its jobs`() throws {
        try store.directory.create()
        var opening = DatabaseOpening(directory: store.directory, busyTimeout: .seconds(5))
        opening.migrations = Migration.all.filter { $0.number < 8 }
        try opening.open(.create, lock: nil).execute(
            """
            DROP TRIGGER charges_insert_guard;
            INSERT INTO jobs (model, input, label) VALUES ('a/b', '{}', 'acme'), ('a/b', '{}', NULL);
            INSERT INTO charges (job_id, submission, at, model, estimated_usd, reported_usd)
            VALUES (1, 1, '2026-11-01 00:00:00.000', 'a/b', 1, NULL),
                (1, 2, '2026-11-02 00:00:00.000', 'a/b', 1, 0.25),
                (2, 1, '2026-11-02 00:00:00.000', 'a/b', NULL, NULL),
                (77, 1, '2026-10-02 00:00:00.000', 'a/b', 4, NULL);
            """)
        let database = try open()
        try set("2026-11-02 01:00:00.000")
        #expect(try SpendingPeriod.allCases.map { try database.spent($0) } == [0.25, 1.25, 5.25])
        #expect(try database.spent(.total, by: LabelPattern("acme")) == 1.25)
        #expect(try database.wrongSums().isEmpty)
    }

    @Test(arguments: UInt64(1)...6)
    func `after any lives the sums are those of the charges`(seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        let database = try open()
        let labels = [nil, "", "a", "ab", "b", "日本"]
        try database.transaction {
            var jobs: [Job] = []
            for step in 0..<600 {
                clock.withLock { $0 = $0 + .seconds(Int.random(in: -3000...90_000, using: &numbers)) }
                if jobs.count < 30 {
                    var new = NewJob(model: "m", input: "{}")
                    new.label = labels.randomElement(using: &numbers) ?? nil
                    jobs.append(try #require(try database.find(database.insert(new).id)))
                }
                let index = Int.random(in: 0..<jobs.count, using: &numbers)
                let price = Double(Int.random(in: 0...50, using: &numbers)) / 10
                let events: [JobEvent] = [
                    .submitting(priceUSD: price), .submitting(priceUSD: nil),
                    .accepted(requestID: "r\(step)"), .notBought(reason: "busy", tryAgainAt: nil),
                    .unanswered(reason: "cut"), .resolved(.resubmit), .refused(message: "no"),
                    .succeeded(finishedAt: nil, costUSD: price), .succeeded(finishedAt: nil, costUSD: nil),
                    .failed(JobFailure(.remote, "no")), .cancelledRemotely(), .retried(resubmit: true),
                ]
                let event = events.filter { jobs[index].state(after: $0) != nil }
                    .randomElement(using: &numbers)
                if let event {
                    jobs[index] = try database.record(event, for: jobs[index].id, in: jobs[index].state)
                }
                if step % 7 == 0 {
                    let label = labels.randomElement(using: &numbers) ?? nil
                    _ = try database.steer(jobs[index].id, .set(JobChanges(label: label)))
                    jobs[index] = try #require(try database.find(jobs[index].id))
                }
                if step % 11 == 0, jobs[index].state.hasEnded, try database.removeRow(of: jobs[index].id) {
                    jobs.remove(at: index)
                }
            }
        }
        #expect(try database.wrongSums().isEmpty)
        let charged = try database.connection.first(
            "SELECT total(coalesce(reported_usd, estimated_usd)) FROM charges"
        ) { $0.real(0) }
        #expect(abs(try database.spent(.total) - (charged ?? -1)) < 1e-6)
        #expect(try database.count("charges") > 20)
    }
}
