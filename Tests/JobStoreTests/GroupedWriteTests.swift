import JSON
import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

/// What is written for several jobs in one transaction reaches a server in another order, and as fewer
/// statements.
@Suite struct GroupedWriteTests {
    /// A step in the life of a job, the same in each store.
    private struct Step {
        let job: Int64
        /// What it is decided by.
        let chance: UInt64
        let number: Int

        var moment: Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + Int64(number)) }

        func callAsFunction(_ database: JobDatabase) throws {
            guard let row = try database.find(job) else { return }
            switch chance % 8 {
            case 0:
                try database.append(
                    .fault, ["message": #"a "quote", a \ and {braces}, NULL"#], job: job, at: moment)
            case 1, 2: try receive(row, database)
            default: try record(row, database)
            }
        }

        /// A file of it arrives.
        private func receive(_ row: Job, _ database: JobDatabase) throws {
            let pending = try database.outputs(of: job).filter { $0.state == .pending }
            guard row.state == .downloading, var output = pending.first?.withFile else { return }
            if chance % 8 == 2 { output.width = 7 }
            try database.announce(
                path: output.path ?? "", bytes: 10, sha256: output.sha256 ?? "", of: job, output.position)
            try database.finish(output, at: moment)
        }

        private func record(_ row: Job, _ database: JobDatabase) throws {
            let events: [JobEvent] = [
                .submitting(priceUSD: 0.5), .accepted(requestID: "r-\(number)", origin: "o"),
                .succeeded(finishedAt: moment, costUSD: 0.25), .fetched,
                .observed(.init(isRunning: true, word: "in_progress")), .failed(JobFailure(.remote, "")),
                .notBought(reason: "it's full", tryAgainAt: nil), .cancelRequested, .released, .held,
            ]
            let possible = events.filter { row.state(after: $0) != nil }
            // Most go on to their end.
            let place = chance % 3 > 0 ? 0 : Int(chance / 8 % UInt64(max(1, possible.count)))
            guard possible.indices.contains(place) else { return }
            if possible[place] == .fetched {
                guard try database.outputs(of: job).allSatisfy({ $0.state == .done }) else { return }
            }
            let count = chance % 16 == 3 ? 25 : Int(chance / 8 % 3) + 1
            let outputs = (1...count).map { (kind: Output.Kind.image, url: "https://x.test/\(number)/\($0)") }
            _ = try database.record(possible[place], for: job, in: row.state, outputs: outputs, at: moment)
        }
    }

    /// Everything but the ids that the store gives to events and charges.
    private static func contents(of store: ScratchStore) throws -> [String] {
        let store = try store.foreign()
        return try [
            """
            SELECT id, state, request_id, remote_status, submissions, cancel_requested_at, error_kind, error_message,
                cost_usd, submitted_at, started_at, finished_at, ended_at, next_try_at, origin, waits_for
            FROM jobs ORDER BY id
            """,
            "SELECT job_id, kind, detail FROM events ORDER BY job_id, id",
            "SELECT * FROM outputs ORDER BY job_id, position",
            "SELECT job_id, submission, at, estimated_usd, reported_usd FROM charges ORDER BY job_id, submission",
        ].flatMap { try store.rows($0) }
    }

    @Test(arguments: UInt64(1)...6)
    func `jobs that are written together are left as if each was written alone`(seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        let (together, alone) = (ScratchStore(), ScratchStore())
        let (one, other) = (try together.open(), try alone.open())
        for database in [one, other] {
            for _ in 1...12 { _ = try database.insert(NewJob(model: "m", input: "{}")) }
        }
        for group in 0..<60 {
            let steps = (0..<Int.random(in: 2...30, using: &numbers)).map { place in
                Step(
                    job: .random(in: 1...12, using: &numbers), chance: numbers.next(),
                    number: group * 100 + place)
            }
            try one.transaction {
                try one.readAhead(steps.map(\.job))
                for step in steps { try step(one) }
            }
            for step in steps { try other.transaction { try step(other) } }
        }
        let found = try Self.contents(of: together)
        #expect(found == (try Self.contents(of: alone)))
        #expect(found.contains { $0.contains("completed") } && found.contains { $0.contains("NULL") })
    }

    @Test func `a job that was read ahead is read again once it has changed`() throws {
        let database = try ScratchStore().open()
        let jobs = try (1...2).map {
            try database.job(.submitting(priceUSD: 1), .accepted(requestID: "r\($0)")).id
        }
        try database.transaction {
            try database.readAhead(jobs)
            _ = try database.record(.cancelRequested, for: 1, in: .inQueue)
            let news = JobEvent.observed(.init(isRunning: false, word: "in_queue", queuePosition: 7))
            #expect(try database.record(news, for: 1, in: .inQueue).cancelRequestedAt != nil)
        }
    }

    @Test func `of a job with many outputs all count`() throws {
        let database = try ScratchStore().open()
        let many = try database.succeededJob(pictures: 25)
        let other = try database.job()
        for output in try database.outputs(of: many.id).prefix(24) {
            try database.transaction {
                try database.readAhead([many.id, other.id])
                try database.finish(output.withFile)
                #expect(throws: StaleJob.self) {
                    try database.record(.fetched, for: many.id, in: .downloading)
                }
            }
        }
        try database.transaction {
            try database.readAhead([many.id, other.id])
            #expect(try database.outputs(of: many.id).count == 25)
        }
    }

    /// How often each table was written to by a statement of its own.
    @Test(.onServer) func `what many jobs become is a few statements`() throws {
        let store = ScratchStore()
        let database = try store.open()
        let jobs = try (1...20).map { _ in try database.job() }
        try store.foreign().execute(
            """
            CREATE TABLE statements (place text);
            CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN INSERT INTO statements VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
            CREATE TRIGGER counted AFTER UPDATE ON jobs FOR EACH STATEMENT EXECUTE FUNCTION counted();
            CREATE TRIGGER counted AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION counted();
            CREATE TRIGGER counted AFTER INSERT ON charges FOR EACH STATEMENT EXECUTE FUNCTION counted();
            CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE ON outputs
                FOR EACH STATEMENT EXECUTE FUNCTION counted()
            """)
        func together(_ body: (Job) throws -> Void) throws -> [String] {
            try store.foreign().execute("DELETE FROM statements")
            try database.transaction {
                try database.readAhead(jobs.map(\.id))
                for job in jobs { try body(job) }
            }
            return try database.texts("SELECT place FROM statements ORDER BY 1")
        }
        let sent = try together { _ = try database.record(.submitting(priceUSD: 1), for: $0.id, in: .queued) }
        #expect(sent == ["charges", "events", "jobs"])
        let accepted = try together {
            _ = try database.record(.accepted(requestID: "r\($0.id)"), for: $0.id, in: .submitting)
        }
        #expect(accepted == ["events", "jobs"])
        let succeeded = try together {
            _ = try database.record(
                .succeeded(finishedAt: nil, costUSD: nil), for: $0.id, in: .inQueue,
                outputs: [(.image, "https://x.test/1")])
        }
        #expect(succeeded == ["events", "jobs", "outputs"])
        let outputs = try jobs.map { try database.outputs(of: $0.id)[0] }
        let completed = try together {
            try database.finish(outputs[Int($0.id) - 1].withFile)
            _ = try database.record(.fetched, for: $0.id, in: .downloading)
        }
        #expect(completed == ["events", "events", "jobs", "outputs"])
    }
}
