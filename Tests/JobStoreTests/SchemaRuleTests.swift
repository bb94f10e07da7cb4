import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

/// Each CHECK of the schema: a change that it lets pass, and the same change with the fault that it is there
/// for.
@Suite struct SchemaRuleTests {
    private let store = ScratchStore()

    private static let time = "'2024-01-01 00:00:00.000'"
    private static let nul = perEngine("char(0)", postgresql: "E'\\000'")

    private static func letters(_ letter: String, _ count: Int) -> String {
        String(repeating: letter, count: count)
    }

    static let jobRules: [(JobState, String, String)] = [
        (.queued, "model = 'x'", "model = ''"),
        (.queued, "input = '{\"a\":1}'", "input = '[1]'"),
        (.queued, "validation = 'passed'", "validation = 'ok'"),
        (.queued, "key = 'k'", "key = ''"),
        (.queued, "state = 'held'", "state = 'sleeping'"),
        (.queued, "price_usd = 0", "price_usd = -0.01"),
        (.queued, "submissions = 1", "submissions = -1"),
        (.inQueue, "request_id = 'a_B-9'", "request_id = ''"),
        (.inQueue, "request_id = '\(letters("x", 128))'", "request_id = '\(letters("x", 129))'"),
        (.inQueue, "request_id = 'ab'", "request_id = 'a/b'"),
        (.inQueue, "request_id = 'ab'", "request_id = 'a' || \(nul) || '/'"),
        // A request id exactly where RunComfy knows the job.
        (.queued, "label = 'x'", "request_id = 'r', followed_since = \(time), submissions = 1"),
        (.inQueue, "label = 'x'", "request_id = NULL, followed_since = NULL"),
        (.downloading, "label = 'x'", "request_id = NULL, followed_since = NULL"),
        (.completed, "label = 'x'", "request_id = NULL, followed_since = NULL"),
        (.failed, "label = 'x'", "request_id = NULL, followed_since = NULL"),
        (.failed, "label = 'x'", "error_kind = 'input'"),
        (
            .failed, "error_kind = 'input', request_id = NULL, followed_since = NULL",
            "error_kind = 'bad luck'"
        ),
        (.cancelled, "request_id = NULL", "request_id = 'r'"),
        (
            .cancelled, "request_id = 'r', followed_since = \(time), submissions = 1",
            "followed_since = \(time)"
        ),
        (.inQueue, "submissions = 1", "submissions = 0"),
        (.uncertain, "submissions = 1", "submissions = 0"),
        (.inQueue, "label = 'x'", "followed_since = NULL"),
        // An end exactly when it has ended, and a reason exactly when it failed.
        (.completed, "ended_at = \(time)", "ended_at = NULL"),
        (.failed, "ended_at = \(time)", "ended_at = NULL"),
        (.cancelled, "ended_at = \(time)", "ended_at = NULL"),
        (.queued, "label = 'x'", "ended_at = \(time)"),
        (.inQueue, "label = 'x'", "ended_at = \(time)"),
        (.failed, "error_kind = 'remote'", "error_kind = NULL"),
        (.failed, "error_message = 'x'", "error_message = NULL"),
        (.queued, "error_message = 'x'", "error_kind = 'remote', error_message = 'x'"),
        // A time of submission if it was sent.
        (.queued, "label = 'x'", "submitted_at = \(time)"),
        (.submitting, "submitted_at = \(time)", "submitted_at = NULL"),
        (.inQueue, "submitted_at = \(time)", "submitted_at = NULL"),
        (.completed, "submitted_at = \(time)", "submitted_at = NULL"),
    ]

    /// A job in `state`, by the way jobs get there.
    private func job(_ state: JobState, _ database: JobDatabase) throws -> Job {
        let sent: [JobEvent] = [.submitting(priceUSD: 0.1), .accepted(requestID: "r")]
        let path: [JobEvent] =
            switch state {
            case .held: [.held]
            case .queued: []
            case .submitting: [.submitting(priceUSD: nil)]
            case .uncertain: [.submitting(priceUSD: nil), .unanswered(reason: "cut")]
            case .inQueue: sent
            case .inProgress: sent + [.observed(.init(isRunning: true, word: "in_progress"))]
            case .downloading: sent + [.succeeded(finishedAt: nil, costUSD: nil)]
            case .completed: sent + [.succeeded(finishedAt: nil, costUSD: nil), .fetched]
            case .failed: sent + [.failed(JobFailure(.remote, "no"))]
            case .cancelled: [.cancelRequested]
            }
        let job = try database.drive(database.job(), through: path)
        return try #require(try database.find(job.id))
    }

    @Test(arguments: jobRules)
    func `no program can store an impossible job`(state: JobState, good: String, bad: String) throws {
        let database = try store.open()
        let start = try job(state, database)
        #expect(start.state == state)
        let foreign = try store.foreign()
        let error = #expect(throws: SQLError.self) { try foreign.run("UPDATE jobs SET \(bad)") }
        #expect(error?.kind == .constraint)
        #expect(try database.find(start.id) == start)
        #expect(try foreign.rowsChanged(by: "UPDATE jobs SET \(good)", []) == 1)
    }

    @Test(arguments: [
        "not_before", "cancel_requested_at", "created_at", "submitted_at", "started_at", "finished_at",
        "ended_at", "next_try_at", "followed_since",
    ])
    func `every time has the one form`(column: String) throws {
        let database = try store.open()
        _ = try job(.completed, database)
        let foreign = try store.foreign()
        #expect(try foreign.rowsChanged(by: "UPDATE jobs SET \(column) = \(Self.time)", []) == 1)
        for text in [
            "'2024-01-01'", "'2024-01-01 00:00:00'", "'2024-01-01T00:00:00.000'", "'2024-02-30 00:00:00.000'",
            "'2024-01-01 00:00:00.000 '", "'2024-01-01 00:00:00.000Z'", "''", "'now'", "'2460000.5'",
        ] {
            #expect(throws: SQLError.self, "\(text)") {
                try foreign.run("UPDATE jobs SET \(column) = \(text)")
            }
        }
    }

    @Test(
        arguments: [
            -62_167_219_200_000, -1, 0, 951_782_400_000, 1_763_653_632_257, 253_402_300_799_999,
        ] as [Int64])
    func `every time that we write is taken`(milliseconds: Int64) throws {
        let database = try store.open()
        var numbers = SeededNumbers(UInt64(bitPattern: milliseconds))
        _ = try database.job()
        try database.transaction {
            for step in 0..<500 {
                let moment =
                    step == 0 ? milliseconds : Int64.random(in: 0...4_102_444_800_000, using: &numbers)
                try database.connection.run(
                    "UPDATE jobs SET created_at = ?1", Timestamp(milliseconds: moment))
            }
        }
    }

    static let otherRules: [(String, String, String)] = [
        ("outputs", "position = 2", "position = 0"),
        ("outputs", "kind = 'video'", "kind = 'smell'"),
        ("outputs", "bytes = 0", "bytes = -1"),
        ("outputs", "width = 1", "width = 0"), ("outputs", "height = 1", "height = 0"),
        ("outputs", "duration_s = 0", "duration_s = -1"),
        ("outputs", "attempts = 1", "attempts = -1"),
        ("outputs", "state = 'failed'", "state = 'lost'"),
        ("outputs", "sha256 = '\(letters("a", 64))'", "sha256 = '\(letters("A", 64))'"),
        ("outputs", "sha256 = '\(letters("0", 64))'", "sha256 = 'abc'"),
        ("outputs", "path = 'x'", "downloaded_at = \(time)"),
        ("outputs", done(), done(but: "downloaded_at")), ("outputs", done(), done(but: "path")),
        ("outputs", done(), done(but: "bytes")), ("outputs", done(), done(but: "sha256")),
        ("outputs", done(), done(but: "media_type")),
        ("outputs", done(), done(but: "downloaded_at", "'2024-01-01'")),
        ("pauses", "reason = 'balance'", "reason = 'mood'"),
        ("pauses", "since = \(time)", "since = '2024-01-01'"),
        ("models", "document = '[]'", "document = '{'"),
        ("models", "updated_at = \(time)", "updated_at = 'soon'"),
        ("charges", "reported_usd = 0.5", "at = '2024-01-01'"),
    ]

    /// An output that is on disk, but for one column.
    private static func done(but column: String = "", _ value: String = "NULL") -> String {
        [
            ("state", "'done'"), ("downloaded_at", time), ("path", "'p'"), ("bytes", "1"),
            ("sha256", "'\(letters("a", 64))'"), ("media_type", "'m'"),
        ].map { "\($0) = \($0 == column ? value : $1)" }.joined(separator: ", ")
    }

    @Test(arguments: otherRules)
    func `the other tables are guarded too`(table: String, good: String, bad: String) throws {
        let database = try store.open()
        _ = try database.succeededJob(pictures: 1)
        try database.pause(.hand, "x")
        try database.connection.execute("INSERT INTO models VALUES ('m', '{}', \(Self.time))")
        let foreign = try store.foreign()
        let error = #expect(throws: SQLError.self) {
            try foreign.run("UPDATE \(table) SET \(bad)")
        }
        #expect(error?.kind == .constraint)
        #expect(try foreign.rowsChanged(by: "UPDATE \(table) SET \(good)", []) == 1)
    }

    @Test func `what must be unique is`() throws {
        let database = try store.open()
        _ = try database.job(
            .submitting(priceUSD: 1), .accepted(requestID: "r"), .succeeded(finishedAt: nil, costUSD: nil),
            outputs: [
                (.image, "https://x.test/1"), (.image, "https://x.test/1"), (.video, "https://x.test/2"),
            ])
        #expect(
            try database.outputs(of: 1).map { "\($0.position) \($0.url)" }
                == ["1 https://x.test/1", "2 https://x.test/2"])
        let error = #expect(throws: StoreError.self) {
            try database.job(.submitting(priceUSD: 1), .accepted(requestID: "r"))
        }
        #expect(error?.name == "refused")
        #expect(try database.find(2)?.state == .submitting)
        #expect(try database.find(request: "r") == 1)
        let foreign = try store.foreign()
        // Below the guards that speak first.
        try foreign.dropTrigger("charges_insert_guard", on: "charges")
        let codes = perEngine(["SQLite's code 1555", "SQLite's code 2067"], postgresql: ["SQLSTATE 23505"])
        for sql in [
            "INSERT INTO outputs (job_id, position, kind, url) VALUES (1, 9, 'image', 'https://x.test/1')",
            "INSERT INTO outputs (job_id, position, kind, url) VALUES (1, 1, 'image', 'https://x.test/3')",
            "INSERT INTO charges (id, job_id, submission, at, model) VALUES (9, 1, 1, \(Self.time), 'm')",
        ] {
            let error = #expect(throws: SQLError.self, "\(sql)") { try foreign.run(sql) }
            #expect(codes.contains(error?.code ?? ""), "\(sql)")
        }
    }
}
