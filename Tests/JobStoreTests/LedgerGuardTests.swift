import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

/// What people write with a shell neither stops the queue nor changes what was spent.
@Suite struct LedgerGuardTests {
    private let store = ScratchStore()

    @Test(arguments: ["= 0", "= submissions - 1", "= 9223372036854775807", "= submissions + 2"])
    func `submissions are counted by jobd alone`(value: String) throws {
        let database = try store.open()
        let paid = try database.job(.submitting(priceUSD: 1), .accepted(requestID: "r"))
        let said = store.shell("UPDATE jobs SET submissions \(value)")
        #expect(said.code != 0 && said.errors.contains("submissions"), "\(said)")
        #expect(try database.find(paid.id) == paid)
    }

    private static let changes = [
        "DELETE FROM charges", "DELETE FROM charges WHERE job_id = 1", "UPDATE charges SET estimated_usd = 0",
        "UPDATE charges SET at = '2020-01-01 00:00:00.000'", "UPDATE charges SET job_id = 7",
        "UPDATE charges SET submission = 2", "UPDATE charges SET model = 'x/y'",
        "UPDATE charges SET id = 9", "UPDATE charges SET reported_usd = NULL",
        "INSERT INTO charges (job_id, submission, at, model) VALUES (1, 2, '2020-01-01 00:00:00.000', 'a/b')",
        "INSERT INTO charges (job_id, submission, at, model) VALUES (99, 1, '2020-01-01 00:00:00.000', 'a/b')",
    ]

    private static let replacements = [
        "REPLACE INTO charges (job_id, submission, at, model) VALUES (1, 1, '2020-01-01 00:00:00.000', 'a/b')",
        "REPLACE INTO charges (id, job_id, submission, at, model) VALUES (1, 2, 1, '2020-01-01 00:00:00.000', 'a/b')",
        "UPDATE OR REPLACE charges SET id = 1",
    ]

    @Test(arguments: changes + perEngine(replacements, postgresql: []))
    func `what was spent stays`(sql: String) throws {
        let database = try store.open()
        let finished = JobEvent.succeeded(finishedAt: nil, costUSD: 0.5)
        _ = try database.job(.submitting(priceUSD: 1), .accepted(requestID: "r"), finished)
        _ = try database.job(.submitting(priceUSD: 1))
        let all = "SELECT id, job_id, submission, at, model, reported_usd FROM charges ORDER BY id"
        let before = try database.connection.rows(all)
        #expect(before.count == 2)
        let said = store.shell(sql)
        #expect(said.code != 0 && said.errors.contains("charge"), "\(said)")
        #expect(try database.connection.rows(all) == before)
    }

    @Test func `what was not bought is taken back and a bill is noted`() throws {
        let database = try store.open()
        let job = try database.job(.submitting(priceUSD: 1), .notBought(reason: "later", tryAgainAt: nil))
        #expect(try database.texts("SELECT id FROM charges") == [])
        try database.transaction {
            _ = try database.record(.submitting(priceUSD: 1), for: job.id, in: .queued)
            _ = try database.record(.refused(message: "no"), for: job.id, in: .submitting)
        }
        #expect(try database.texts("SELECT id FROM charges") == [])
        let paid = try database.job(
            .submitting(priceUSD: 1), .accepted(requestID: "r"), .succeeded(finishedAt: nil, costUSD: nil))
        try database.transaction { try database.note(cost: 0.25, of: paid.id) }
        #expect(try database.texts("SELECT reported_usd FROM charges") == ["0.25"])
        // A bill that a person knows better may be put right.
        #expect(store.shell("UPDATE charges SET reported_usd = 0.75").code == 0)
    }

    /// A store in which somebody has set the number back before there was a guard.
    @Test(.onlySQLite) func `a number that was set back is mended when the store is brought up`() throws {
        try store.directory.create()
        let old = Migration.all.filter { $0.number < 3 }
        var opening = DatabaseOpening(directory: store.directory, busyTimeout: .seconds(5))
        opening.migrations = old
        let connection = try opening.open(.create, lock: nil)
        try connection.execute(
            """
            INSERT INTO jobs (model, input) VALUES ('a/b', '{}'), ('a/b', '{}');
            INSERT INTO charges (job_id, submission, at, model) VALUES (1, 1, '2026-01-01 00:00:00.000', 'a/b'),
                (1, 2, '2026-01-01 00:00:00.000', 'a/b');
            """)
        let database = try store.open(.write)
        #expect(try database.texts("SELECT submissions FROM jobs ORDER BY id") == ["2", "0"])
        let sent = try database.transaction {
            try database.record(.submitting(priceUSD: nil), for: 1, in: .queued)
        }
        #expect(sent.state == .submitting)
    }
}
