import Glibc
import JobModel
import Scratch
import System
import Testing

@testable import JobStore
@testable import SQL

/// A shared store has one writer at a time, whoever that is.
@Suite(.onServer) struct OneWriterTests {
    private let store = ScratchStore(isShared: true)

    /// Runs `body` on so many threads at once. Returns when all have ended.
    private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
        let threads = (0..<count).map { _ in WorkThread() }
        for (number, thread) in threads.enumerated() {
            thread.async { do { try body(number) } catch { Issue.record(error) } }
        }
        for thread in threads { thread.sync {} }
    }

    @Test func `nothing that many read and write back is lost`() throws {
        let directory = store.directory
        onThreads(8) { _ in
            let database = try JobDatabase(directory, .write)
            for _ in 0..<25 { try database.transaction { _ = try database.countClaim() } }
        }
        #expect(try store.open().claims() == 200)
    }

    /// Some write by themselves, some through us, and some of what is written is undone.
    @Test func `who reads what comes after an id misses nothing`() throws {
        let store = store
        let left = Locked(6)
        let seen = Locked([Int64]())
        onThreads(7) { number in
            if number == 6 {
                let reader = try store.open(.read)
                var isLast = false
                while !isLast {
                    isLast = left.withLock { $0 == 0 }
                    seen.withLock { seen in
                        seen += (try? reader.events(after: seen.last ?? 0, limit: 1000).map(\.id)) ?? []
                    }
                }
                return
            }
            defer { left.withLock { $0 -= 1 } }
            let (database, foreign) = (try store.open(), try store.foreign())
            for step in 0..<40 {
                switch (number + step) % 4 {
                case 0: try foreign.run("INSERT INTO jobs (model, input) VALUES ('m', '{}')")
                case 1: try foreign.run("INSERT INTO events (kind) VALUES ('fault')")
                case 2: try database.job()
                default:
                    try? database.transaction {
                        try database.job()
                        throw StoreError.busy
                    }
                }
            }
        }
        let all = try store.open().events(after: 0, limit: 10_000).map(\.id)
        #expect(seen.withLock { $0 } == all)
        #expect(all.count == 180)
    }

    @Test func `who waits long says so once, and goes on`() throws {
        let holder = try store.foreign()
        try holder.run("BEGIN")
        // A person at a shell, in the midst of something.
        try holder.run("UPDATE daemon_settings SET value = value")
        try holder.run("INSERT INTO jobs (model, input) VALUES ('held', '{}')")
        let told = Locked(0)
        let directory = store.directory
        let waiting = Locked<Result<Int64, any Error>?>(nil)
        let thread = WorkThread()
        thread.async {
            let result = Result {
                let database = try JobDatabase(
                    directory, .write, onWait: { _ in told.withLock { $0 += 1 } })
                return try database.job().id
            }
            waiting.withLock { $0 = result }
        }
        try eventually("it says that it waits") { told.withLock { $0 } > 0 }
        #expect(waiting.withLock { $0 } == nil)
        try holder.run("COMMIT")
        thread.sync {}
        #expect(try waiting.withLock { try $0?.get() } == 2)
        #expect(told.withLock { $0 } == 1)
    }

    @Test func `who waits too long gives up, and nothing is changed`() throws {
        let holder = try store.foreign()
        try holder.execute("BEGIN; INSERT INTO jobs (model, input) VALUES ('m', '{}')")
        let told = Locked(0)
        let database = try JobDatabase(
            store.directory, .write, busyTimeout: .milliseconds(50),
            onWait: { _ in told.withLock { $0 += 1 } })
        let error = #expect(throws: StoreError.self) { try database.job() }
        #expect(error?.exitCode == 69 && error.map { "\($0)" }?.contains("locked") == true)
        // Who gives up before it is long says nothing.
        #expect(told.withLock { $0 } == 0)
        try holder.execute("ROLLBACK")
        try database.job()
        #expect(try database.count("jobs") == 1)
    }

    @Test func `who reads waits for nobody`() throws {
        let holder = try store.foreign()
        try holder.execute("BEGIN; INSERT INTO jobs (model, input) VALUES ('m', '{}')")
        let reader = try store.open(.read)
        #expect(try reader.count("jobs") == 0)
        #expect(try reader.snapshot { try reader.jobs(JobFilter()) }.isEmpty)
        try holder.execute("COMMIT")
        #expect(try reader.count("jobs") == 1)
    }

    @Test func `a client that does not go on keeps nobody for ever`() throws {
        let frozen = try store.open()
        #expect(try frozen.texts("SHOW idle_in_transaction_session_timeout") == ["8s"])
        let other = try store.open()
        let error = #expect(throws: StoreError.self) {
            try frozen.transaction {
                _ = try frozen.insert(NewJob(model: "frozen", input: "{}"))
                try frozen.run("SET LOCAL idle_in_transaction_session_timeout = '100ms'")
                // As if it were stopped: the other gets its turn.
                try other.job(model: "other")
                _ = try frozen.insert(NewJob(model: "late", input: "{}"))
            }
        }
        #expect(error?.name == "unreachable")
        #expect(try other.texts("SELECT model FROM jobs") == ["other"])
        try frozen.job()
        #expect(try other.count("jobs") == 2)
    }

    // MARK: - The same work, one after the other

    /// Something that can happen to the store: what, depends on the number and on what is there.
    private static func step(_ seed: UInt64, _ database: JobDatabase) throws {
        var numbers = SeededNumbers(seed)
        let ids = try database.connection.all("SELECT id FROM jobs ORDER BY id") { $0.integer(0) }
        guard ids.count > 3, numbers.chance(0.85), let id = ids.randomElement(using: &numbers),
            let job = try database.find(id)
        else {
            var new = NewJob(model: "m\(seed % 3)", input: #"{"n":\#(seed % 1000)}"#)
            if numbers.chance(0.3) { new.key = "k\(seed % 5)" }
            if numbers.chance(0.3) { new.label = "l\(seed % 2)" }
            if numbers.chance(0.2), let source = ids.last, try database.find(source)?.state == .queued {
                new = NewJob(model: "m", input: #"{"image":"job:\#(source)"}"#)
            }
            _ = try database.enqueue(new)
            return
        }
        let verbs: [Verb] = [
            .cancel, .hold, .release, .retry(resubmit: numbers.chance(0.5)), .resolve(.resubmit),
            .set(JobChanges(label: "l\(seed % 7)", priority: Int64(seed % 4))),
        ]
        if numbers.chance(0.25), let verb = verbs.randomElement(using: &numbers) {
            _ = try database.steer(id, verb)
            return
        }
        let events: [JobEvent] = [
            .submitting(priceUSD: Double(seed % 9) / 4), .accepted(requestID: "r\(seed % 1_000_000_007)"),
            .notBought(reason: "503", tryAgainAt: nil), .unanswered(reason: "cut"),
            .observed(.init(isRunning: true, word: "in_progress")), .refused(message: "no"),
            .succeeded(finishedAt: nil, costUSD: Double(seed % 5) / 8), .fetched,
            .failed(JobFailure(.remote, "no")), .cancelledRemotely(),
        ].filter { job.state(after: $0) != nil }
        if case .queued = job.state, try database.ready(id: id) == nil { return }
        guard let event = events.randomElement(using: &numbers) else { return }
        _ = try database.record(event, for: id, in: job.state)
        if case .submitting = event { _ = try database.countClaim() }
    }

    private static let tables = [
        """
        SELECT id, state, model, input, priority, label, key, request_id, submissions, error_kind, price_usd,
            cost_usd, submitted_at, ended_at, next_try_at, waits_for FROM jobs ORDER BY id
        """,
        "SELECT id, job_id, kind, detail FROM events ORDER BY id",
        "SELECT id, job_id, submission, at, estimated_usd, reported_usd, label, nanos FROM charges ORDER BY id",
        "SELECT * FROM charge_sums ORDER BY day, label", "SELECT * FROM links ORDER BY job_id, path",
        "SELECT * FROM daemon_settings WHERE name NOT LIKE 'commit %' ORDER BY name",
    ]

    @Test(arguments: UInt64(1)...3)
    func `what many do at once is what one does after the other`(seed: UInt64) throws {
        let (together, alone) = (store, ScratchStore(isShared: true))
        let clock: @Sendable () -> Timestamp = { Timestamp(milliseconds: 1_800_000_000_000) }
        let done = Locked([UInt64]())
        onThreads(6) { thread in
            var numbers = SeededNumbers(seed * 100 + UInt64(thread))
            let database = try together.open(clock: clock)
            for _ in 0..<60 {
                let step = numbers.next()
                try database.transaction {
                    try Self.step(step, database)
                    // Nobody else is here, so this is the order of the commits.
                    done.withLock { $0.append(step) }
                }
            }
        }
        let steps = done.withLock { $0 }
        #expect(steps.count == 360)
        let database = try alone.open(clock: clock)
        for step in steps { try database.transaction { try Self.step(step, database) } }
        let (first, second) = (try together.open().connection, database.connection)
        for table in Self.tables { #expect(try first.rows(table) == second.rows(table), "\(table)") }
        #expect(try together.open().wrongSums().isEmpty)
    }
}
