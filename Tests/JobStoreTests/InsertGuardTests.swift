import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

/// `INSERT INTO jobs` is open to every program; these tests use the shell of its engine or a bare connection.
@Suite struct InsertGuardTests {
    private let store = ScratchStore()

    @Test func `an insert from the shell is an enqueue`() throws {
        let database = try store.open()
        let said = store.shell(
            "INSERT INTO jobs(model, input) VALUES ('m', '{\"prompt\":\"hi\"}') RETURNING id, state, validation;"
        )
        #expect(said.output == "1|queued|pending\n" && said.code == 0)
        let job = try #require(try database.find(1))
        #expect(
            job.state == .queued && job.input == #"{"prompt":"hi"}"# && job.priority == 0
                && job.submissions == 0)
        let events = try database.events(of: 1)
        #expect(events.map(\.kind) == [.enqueued])
        #expect(events[0].at == job.createdAt && events[0].detail == "{}")
        #expect(try database.readyModels() == ["m"])
    }

    @Test func `an input holds sixteen mebibytes and no more`() throws {
        let database = try store.open()
        // {"t":"…"} is eight bytes more than its text; é is one character of two bytes.
        func add(_ bytes: Int, _ letter: String = "x") throws {
            let text = String(repeating: letter, count: (bytes - 8) / letter.utf8.count)
            try database.transaction {
                _ = try database.insert(NewJob(model: "m", input: #"{"t":"\#(text)"}"#))
            }
        }
        try add(16 << 20)
        try add(16 << 20, "é")
        for letter in ["x", "é"] {
            let error = #expect(throws: StoreError.self) { try add((16 << 20) + 2, letter) }
            #expect(error.map { "\($0)" } == "an input holds at most 16 MiB" && error?.exitCode == 65)
        }
        #expect(throws: SQLError.self) {
            try store.foreign().execute(
                "UPDATE jobs SET input = '{\"t\":\"' || "
                    + perEngine("hex(zeroblob(9000000))", postgresql: "repeat('0', 18000000)") + " || '\"}'")
        }
        #expect(try database.count("jobs") == 2)
    }

    @Test func `an insert may set what the person may say`() throws {
        let database = try store.open()
        let said = store.shell(
            """
            INSERT INTO jobs(model, input, priority, label, key, not_before, validation, state)
            VALUES ('m', '{}', -5, 'cats', 'k', '2030-01-01 00:00:00.000', 'waived', 'held'),
                ('m', '{}', 9223372036854775807, NULL, NULL, NULL, 'passed', 'queued');
            """)
        #expect(said.code == 0)
        let held = try #require(try database.find(1))
        #expect(held.state == .held && held.priority == -5 && held.label == "cats" && held.key == "k")
        #expect(held.notBefore == Timestamp("2030-01-01 00:00:00.000") && held.nextTryAt == held.notBefore)
        #expect(held.validation == .waived)
        #expect(try database.find(2)?.priority == .max)
        #expect(try database.count("events") == 2)
    }

    private static let nul = perEngine("char(0)", postgresql: "E'\\000'")
    private static let character = perEngine("char", postgresql: "chr")

    private static let refused = [
        ("id", "5"), ("id", "-1"), ("id", "0"), ("state", "'submitting'"), ("state", "'completed'"),
        ("state", "'nonsense'"), ("request_id", "'r'"), ("remote_status", "'x'"),
        ("queue_position", "1"), ("submissions", "1"), ("submissions", "-1"),
        ("cancel_requested_at", "'2024-01-01 00:00:00.000'"), ("error_kind", "'input'"),
        ("error_message", "'x'"), ("price_usd", "0.1"), ("price_usd", "0"), ("cost_usd", "0.1"),
        ("created_at", "'2024-01-01 00:00:00.000'"),
        ("submitted_at", "'2024-01-01 00:00:00.000'"), ("started_at", "'2024-01-01 00:00:00.000'"),
        ("finished_at", "'2024-01-01 00:00:00.000'"), ("ended_at", "'2024-01-01 00:00:00.000'"),
        ("next_try_at", "'2024-01-01 00:00:00.000'"), ("followed_since", "'2024-01-01 00:00:00.000'"),
        ("input_removed_at", "'2024-01-01 00:00:00.000'"), ("origin", "'https://o'"),
        ("model", "NULL"), ("model", "''"), ("model", "'\(String(repeating: "x", count: 300))'"),
        ("model", "'a' || \(nul)"), ("model", "'a b'"), ("model", "'a' || \(character)(27)"),
        ("model", "'ä'"),
        ("model", "'a' || \(character)(8238)"), ("input", "NULL"), ("input", "''"), ("input", "'{'"),
        ("input", "'[]'"), ("input", "'1'"), ("input", "'null'"), ("input", "x'7b7d'"),
        ("input", "'{}' || \(nul)"), ("priority", "'high'"),
        ("label", "'a' || \(nul)"), ("key", "''"), ("key", "'a' || \(nul)"), ("validation", "'maybe'"),
        ("not_before", "'2024-01-01'"), ("not_before", "'2024-01-01 00:00:00'"),
        ("not_before", "'2024-01-01T00:00:00.000'"), ("not_before", "'2024-01-01 00:00:00.000Z'"),
        ("not_before", "'2023-02-30 00:00:00.000'"), ("not_before", "'2024-01-01 25:00:00.000'"),
        ("not_before", "''"), ("not_before", "1700000000"),
    ]

    /// To PostgreSQL, a null is the same as nothing, a text is never bytes, and a fraction is rounded.
    private static let refusedBySQLite = [
        ("created_at", "NULL"), ("model", "CAST(x'61ff' AS TEXT)"), ("model", "CAST(x'61a0' AS TEXT)"),
        ("priority", "1.5"),
    ]

    @Test(arguments: refused + perEngine(refusedBySQLite, postgresql: []))
    func `anything else that an INSERT sets is refused in words`(column: String, value: String) throws {
        let database = try store.open()
        let foreign = try store.foreign()
        var values = ["model": "'m'", "input": "'{}'"]
        values[column] = value
        let (columns, literals) = (
            values.keys.joined(separator: ", "), values.values.joined(separator: ", ")
        )
        for verb in perEngine(
            ["INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE"], postgresql: ["INSERT"])
        {
            do { try foreign.run("\(verb) INTO jobs (\(columns)) VALUES (\(literals))") } catch {
                #expect((error as? SQLError)?.kind == .constraint, "\(verb) \(column) \(value): \(error)")
            }
            // OR IGNORE may leave a row out in silence, but no row must come of it.
            #expect(try database.count("jobs") == 0, "\(verb) \(column) = \(value)")
            #expect(try database.count("events") == 0)
        }
        #expect(throws: SQLError.self) {
            try foreign.run("INSERT INTO jobs (\(columns)) VALUES (\(literals))")
        }
    }

    @Test(arguments: [
        ("not_before", "'2026-01-31'", "not_before is a time in UTC, written like 2026-01-31 18:00:00.000"),
        ("not_before", "'2026-01-31T18:00:00Z'", "not_before is a time in UTC"),
        (
            "label", "'a' || \(nul)",
            perEngine("a label holds no NUL character", postgresql: "invalid byte sequence")
        ),
        ("validation", "'maybe'", "validation is pending, passed or waived"),
        ("state", "'nonsense'", "a new job is queued or held"),
        (
            "priority", "'high'",
            perEngine(
                "cannot store TEXT value in INTEGER column jobs.priority",
                postgresql: "invalid input syntax for type bigint")
        ),
        ("input", "'{'", "input is a JSON object"), ("key", "''", "key is not empty"),
        ("model", "'a b'", "model is 1 to 256 plain characters"),
    ])
    func `a refusal is a sentence and no expression`(column: String, value: String, words: String) throws {
        let database = try store.open()
        var values = ["model": "'m'", "input": "'{}'"]
        values[column] = value
        let (columns, literals) = (
            values.keys.joined(separator: ", "), values.values.joined(separator: ", ")
        )
        let insert = store.shell("INSERT INTO jobs (\(columns)) VALUES (\(literals))")
        #expect(insert.code != 0 && insert.errors.contains(words), "\(insert)")
        try database.job()
        let update = store.shell("UPDATE jobs SET \(column) = \(value)")
        let its = column == "state" ? "there is no such state" : words
        #expect(update.code != 0 && update.errors.contains(its), "\(update)")
    }

    @Test func `a key in use is never replaced`() throws {
        let database = try store.open()
        let job = try database.job(key: "k", .submitting(priceUSD: 1), .accepted(requestID: "r"))
        let verbs = ["INSERT", "INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT OR ROLLBACK"]
        for verb in perEngine(verbs, postgresql: ["INSERT"]) {
            let said = store.shell("\(verb) INTO jobs(model, input, key) VALUES ('m', '{}', 'k')")
            #expect(
                said.code != 0 && said.errors.contains(perEngine("has this key", postgresql: "jobs_key")),
                "\(verb): \(said)")
        }
        #expect(try database.find(job.id) == job)
        #expect(try database.count("jobs") == 1)
        // A key is free again once its job has failed or was cancelled, and only then.
        for event in [JobEvent.failed(JobFailure(.remote, "no")), .retried(resubmit: true), .cancelRequested]
        {
            let now = try #require(try database.find(job.id))
            _ = try database.transaction { try database.record(event, for: job.id, in: now.state) }
            let free = event != .retried(resubmit: true)
            #expect(try database.keyHolder("k") == (free ? nil : job.id))
        }
        let next = try database.enqueue(keyed("k"))
        let again = try database.enqueue(keyed("k"))
        #expect(!next.existing && again.existing && again.job.id == next.job.id)
    }

    private func keyed(_ key: String) -> NewJob {
        var new = NewJob(model: "m", input: "{}")
        new.key = key
        return new
    }

    @Test func `an id is never used again`() throws {
        let database = try store.open()
        for _ in 1...3 { _ = try database.job(.cancelRequested) }
        try store.foreign().run("DELETE FROM jobs")
        #expect(try database.job().id == 4)
        #expect(store.shell("VACUUM").code == 0)
        #expect(try database.job().id == 5)
    }

    @Test func `history is append only and goes only with its ended job`() throws {
        let database = try store.open()
        _ = try database.job()
        let foreign = try store.foreign(foreignKeys: true)
        for sql in [
            "UPDATE events SET kind = 'held'", "UPDATE events SET detail = '{}'", "DELETE FROM events",
            "DELETE FROM jobs", "INSERT INTO events (job_id, kind) VALUES (99, 'held')",
            "INSERT INTO events (job_id, kind) VALUES (1, 'nonsense')",
            "INSERT INTO events (job_id, kind, detail) VALUES (1, 'held', '{')",
            "INSERT INTO events (job_id, kind, at) VALUES (1, 'held', 'soon')",
        ] {
            let error = #expect(throws: SQLError.self, "\(sql)") { try foreign.run(sql) }
            #expect(error?.kind == .constraint, "\(sql)")
        }
        #expect(try database.count("events") == 1)
        _ = try database.transaction { try database.record(.cancelRequested, for: 1, in: .queued) }
        try foreign.run("DELETE FROM jobs")
        #expect(try database.count("events") == 0)
    }
}
