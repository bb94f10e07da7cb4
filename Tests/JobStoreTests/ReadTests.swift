import Glibc
import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

@Suite struct ReadTests {
    private let store = ScratchStore()

    private func filled() throws -> JobDatabase {
        let database = try store.open()
        let models = ["bytedance/a", "bytedance/b", "other/[c]*?"]
        for index in 0..<30 {
            var new = NewJob(model: models[index % 3], input: "{}")
            new.label = index % 5 == 0 ? "cats" : nil
            let job = try database.enqueue(new).job
            let sent: [JobEvent] = [.submitting(priceUSD: nil), .accepted(requestID: "r\(index)")]
            let path: [JobEvent] =
                switch index % 4 {
                case 0: []
                case 1: [.cancelRequested]
                case 2: sent + [.succeeded(finishedAt: nil, costUSD: nil), .fetched]
                default: sent
                }
            try database.drive(job, through: path)
            let day = index + 1 < 10 ? "0\(index + 1)" : "\(index + 1)"
            try database.connection.run(
                "UPDATE jobs SET created_at = '2024-01-\(day) 00:00:00.000' WHERE id = ?1", job.id)
        }
        return database
    }

    /// The rule said a second time, in Swift, over every job.
    private func means(_ filter: JobFilter, _ job: Job) -> Bool {
        let model = filter.model.map { name in
            name.hasSuffix("*") ? job.model.hasPrefix(String(name.dropLast())) : job.model == name
        }
        return (filter.states.isEmpty || filter.states.contains(job.state)) && model != false
            && (filter.label == nil || job.label == filter.label)
            && filter.since.map { job.createdAt >= $0 } != false
    }

    @Test func `every combination of a filter means what it says`() throws {
        let database = try filled()
        let every = try database.jobs(JobFilter())
        #expect(every.map(\.id) == (1...30).reversed())
        let states: [[JobState]] = [
            [], [.queued], [.completed], [.cancelled, .inQueue], [.completed, .queued], [.failed],
        ]
        for states in states {
            for model in [nil, "bytedance/*", "bytedance/a", "other/[c]*?", "other/[c]*?*", "*", "none"] {
                for label in [nil, "cats", "dogs"] {
                    for since in [nil, Timestamp(year: 2024, month: 1, day: 15)] {
                        for limit in [nil, 0, 2, 100] {
                            var filter = JobFilter()
                            (filter.states, filter.model, filter.label) = (states, model, label)
                            (filter.since, filter.limit) = (since, limit)
                            // A name that ends in * is a prefix, also when the model's own name ends so.
                            let expected = every.filter { means(filter, $0) }.prefix(limit ?? .max)
                            #expect(try database.jobs(filter) == Array(expected), "\(filter)")
                        }
                    }
                }
            }
        }
    }

    @Test func `all are visited from the oldest`() throws {
        let database = try filled()
        var seen: [Int64] = []
        try database.forEach(JobFilter()) { seen.append($0.id) }
        #expect(seen == Array(1...30))
        seen = []
        try database.forEach(JobFilter(), in: 29...99) { seen.append($0.id) }
        #expect(seen == [29, 30])
    }

    @Test func `a status counts the living all and the ended of late`() throws {
        let database = try filled()
        #expect(
            try database.counts(endedSince: Timestamp(milliseconds: 0)) == [
                .queued: 8, .cancelled: 8, .completed: 7, .inQueue: 7,
            ])
        #expect(
            try database.counts(endedSince: Timestamp(milliseconds: 9_000_000_000_000)) == [
                .queued: 8, .inQueue: 7,
            ])
    }

    @Test func `another writer's commit moves the version and our own does not`() throws {
        let database = try filled()
        let before = try database.version()
        _ = try database.job()
        // The server of the tests has other databases, whose commits count as somebody's.
        if !SharedServer.isTested { #expect(try !database.hasChanged(since: before)) }
        _ = try store.open(.write).job()
        #expect(try database.hasChanged(since: before))
    }

    @Test(.onlySQLite) func `a copy is whole and a checkpoint loses nothing`() throws {
        let database = try filled()
        try database.backup(to: store.scratch["copy.db"])
        let said = Program.sqlite3(store.scratch["copy.db"], "SELECT count(*) FROM jobs; PRAGMA quick_check")
        #expect(said.output == "30\nok\n")
        #expect(FileOnDisk(store.scratch["copy.db"])?.mode == 0o600)
        let log = store.directory.database + "-wal"
        #expect((FileOnDisk(log)?.size ?? 0) > 0)
        try database.tidy(ifLargerThan: 1 << 30)
        #expect((FileOnDisk(log)?.size ?? 0) > 0)
        let lock = try #require(try StateLock(store.directory, as: "jobd"))
        try database.tidy(ifLargerThan: 1)
        #expect((FileOnDisk(log)?.size ?? 0) > 0)
        try database.checkpoint(holding: lock)
        #expect(FileOnDisk(log)?.size == 0)
        #expect(try database.count("jobs") == 30)
    }
}
