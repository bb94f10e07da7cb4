import JSON
import JobModel
import Testing

@testable import JobStore

/// The plans of the statements themselves, taken from the connection that ran them.
@Suite(.onlySQLite) struct QueryPlanTests {
    private let store = ScratchStore()
    private let database: JobDatabase

    init() throws {
        try store.open().job(.submitting(priceUSD: 1), .accepted(requestID: "r"))
        // A connection that has run nothing yet.
        database = try store.open(.write)
    }

    private func expect(
        _ body: (JobDatabase) throws -> Void, uses expected: String...,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let lines = try database.plans(body)
        #expect(!lines.isEmpty, sourceLocation: location)
        for line in lines where line.hasPrefix("SCAN") && !line.hasPrefix("SCAN CONSTANT ROW") {
            #expect(
                line == "SCAN ready" || line.hasPrefix("SCAN json_each") || line == "SCAN pauses",
                sourceLocation: location)
        }
        #expect(!lines.contains { $0.contains("TEMP B-TREE") }, "\(lines)", sourceLocation: location)
        for part in expected {
            #expect(lines.contains { $0.contains(part) }, "\(lines)", sourceLocation: location)
        }
    }

    @Test func `claiming reads only what it takes`() throws {
        try expect(
            { _ = try $0.ready(model: "m", limit: 10) },
            uses: "SEARCH jobs USING COVERING INDEX jobs_ready (model=?)")
        try expect(
            { _ = try $0.ready(model: "m", limit: 10, fromTheEnd: true) },
            uses: "SEARCH jobs USING COVERING INDEX jobs_ready (model=?)")
        for fromTheEnd in [false, true] {
            try expect(
                {
                    _ = try $0.ready(
                        model: "m", limit: 10, fromTheEnd: fromTheEnd, without: .init(references: true))
                },
                uses: "SEARCH jobs USING COVERING INDEX jobs_ready (model=?)",
                "SEARCH links USING PRIMARY KEY (job_id=?)")
            try expect(
                {
                    _ = try $0.ready(
                        model: "m", limit: 10, fromTheEnd: fromTheEnd,
                        without: .init(labels: [LabelPattern("a"), LabelPattern("b*")]))
                },
                uses: "SEARCH jobs USING COVERING INDEX jobs_ready (model=?)")
        }
        try expect(
            { _ = try $0.readyModels() }, uses: "SEARCH jobs USING COVERING INDEX jobs_ready (model>?)")
        try expect(
            { _ = try $0.promoteDue(retriesWithin: .seconds(300)) },
            uses: "SEARCH jobs USING INDEX jobs_waiting (next_try_at>? AND next_try_at<?)",
            "SEARCH jobs USING INDEX jobs_waiting (next_try_at>?)",
            "SEARCH jobs USING INDEX jobs_retry (next_try_at>?)")
    }

    @Test func `money and rates are known without reading the history`() throws {
        for labels in [nil, LabelPattern("x"), LabelPattern("x*")] {
            for period in SpendingPeriod.allCases {
                _ = try database.spent(period, by: labels)
            }
        }
        let lines = try store.open(.write).plans { _ = try $0.spent(.month, by: LabelPattern("x*")) }
        #expect(
            lines.contains("SEARCH sums USING PRIMARY KEY (day=? AND label>? AND label<?)"), "\(lines)")
        #expect(lines.allSatisfy { !$0.hasPrefix("SCAN") || $0.hasPrefix("SCAN days") }, "\(lines)")
        let recent = try database.plans { _ = try $0.recentSubmissions(since: .now) }
        for table in ["charges", "events"] {
            #expect(
                recent.contains("SEARCH \(table) USING INTEGER PRIMARY KEY (rowid>?)"), "\(recent)")
        }
        #expect(recent.allSatisfy { !$0.contains("AUTOMATIC") }, "\(recent)")
        let runs = try database.plans { _ = try $0.recentRuns(limit: 200) }
        #expect(runs.contains { $0.contains("jobs USING INDEX jobs_ended (ended_at>?)") }, "\(runs)")
    }

    @Test func `one job is found by its keys`() throws {
        try expect({ _ = try $0.find(1) }, uses: "INTEGER PRIMARY KEY")
        try expect({ _ = try $0.find(request: "r") }, uses: "jobs_request")
        try expect({ _ = try $0.keyHolder("k") }, uses: "jobs_key")
        try expect({ _ = try $0.outputs(of: 1) }, uses: "SEARCH outputs USING INDEX")
        try expect({ _ = try $0.events(of: 1) }, uses: "events_job (job_id=?)")
        try expect({ _ = try $0.links(of: 1) }, uses: "SEARCH links USING PRIMARY KEY (job_id=?)")
        try expect(
            { _ = try $0.users(of: 1, limit: 10) }, uses: "links_lineage (source_id=?)", "INTEGER PRIMARY KEY"
        )
        try expect({ _ = try $0.events(after: 1, limit: 10) }, uses: "INTEGER PRIMARY KEY (rowid>?)")
    }

    @Test func `care reads by its indexes`() throws {
        try expect(
            { _ = try $0.ended(before: .now, JobFilter(), after: nil, limit: 10) },
            uses: "jobs_ended (ended_at=? AND rowid>?)", "jobs_ended (ended_at>? AND ended_at<?)")
        try expect({ _ = try $0.isOnRecord(path: "x") }, uses: "outputs_path (path=?)")
        try expect({ _ = try $0.hasLeftFiles(of: 1, in: "x") }, uses: "left_files_job (job_id=?)")
        try expect({ _ = try $0.leavingOutputs(in: [], limit: 9) }, uses: "outputs_leaving")
        try expect({ _ = try $0.hasEnded(1, before: .now) }, uses: "INTEGER PRIMARY KEY")
        try expect({ _ = try $0.filesOnRecord(of: 1...1) }, uses: "(job_id>? AND job_id<?)")
        #expect(
            try database.plans { _ = try $0.labels(limit: 10) }.filter { $0.contains("SCAN jobs") }.isEmpty)
    }

    @Test func `what jobs wait for is found by its indexes`() throws {
        let writer = try store.open()
        for output in ["1", "pick"] {
            try writer.job(input: #"{"images":["job:1/\#(output)"]}"#)
        }
        _ = try database.noteWaitsInVain(limit: 1)
        let failed = JobEvent.failed(JobFailure(.remote, "no"))
        try writer.drive(try #require(try writer.find(1)), through: [failed])
        let lines = try database.plans {
            _ = try $0.missing(of: 2)
            _ = try $0.waitingForPick(of: 1)
            _ = try $0.sentPicks(of: 1)
            _ = try $0.failed(since: .now, limit: 6)
            while try $0.noteWaitsInVain(limit: 100) {}
        }
        #expect(
            lines.contains { $0.contains("SEARCH l USING INDEX links_lineage (source_id=?)") }, "\(lines)")
        #expect(lines.contains { $0.contains("jobs_ended (ended_at>?)") }, "\(lines)")
        let tables = ["jobs", "links", "outputs", "events", "l", "m", "j", "s"]
        #expect(!lines.contains { line in tables.contains { line.hasPrefix("SCAN \($0)") } }, "\(lines)")
    }

    @Test func `recording touches one row`() throws {
        try expect { database in
            _ = try database.transaction {
                try database.record(
                    .succeeded(finishedAt: nil, costUSD: 1), for: 1, in: .inQueue,
                    outputs: [(.image, "https://x.test/1")])
            }
            _ = try database.transaction { try database.steer(1, .set(JobChanges(label: "x"))) }
        }
    }

    @Test func `the newest are read from the end`() throws {
        func list(_ change: (inout JobFilter) -> Void) throws -> (JobDatabase) throws -> Void {
            var filter = JobFilter()
            change(&filter)
            filter.limit = 50
            return { _ = try $0.ids(filter) }
        }
        // The whole table is visited in the order of its key, until the limit is reached.
        let lines = try database.plans(list { _ in })
        #expect(lines == ["SEARCH jobs USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"])
        try expect(list { $0.states = [.queued] }, uses: "jobs_state (state=? AND id>? AND id<?)")
        try expect(list { $0.label = "x" }, uses: "jobs_label (label=? AND id>? AND id<?)")
        try expect(list { $0.model = "x/y" }, uses: "jobs_model (model=? AND rowid>? AND rowid<?)")
    }

    @Test func `what was made from a job is found by its links`() throws {
        let lines = try database.plans { _ = try $0.descendants(of: [1]) }
        let scanned = lines.filter { $0.hasPrefix("SCAN") && !$0.hasPrefix("SCAN named") }
        #expect(scanned.allSatisfy { $0 == "SCAN made" }, "\(lines)")
        #expect(
            lines.count { $0.contains("USING COVERING INDEX links_lineage (source_id=?)") } == 2, "\(lines)")
        #expect(lines.contains { $0.contains("SEARCH l USING PRIMARY KEY (job_id=?)") }, "\(lines)")
        #expect(lines.contains { $0.contains("events USING INDEX events_job (job_id=?)") }, "\(lines)")
    }

    @Test func `a status does not count the history`() throws {
        let lines = try database.plans { _ = try $0.counts(endedSince: .now) }
        #expect(
            lines.contains { $0.contains("SEARCH jobs USING COVERING INDEX jobs_state (state=?)") },
            "\(lines)")
        #expect(lines.contains { $0.contains("jobs_ended (ended_at>?)") }, "\(lines)")
        #expect(!lines.contains { $0.hasPrefix("SCAN") }, "\(lines)")
    }
}
