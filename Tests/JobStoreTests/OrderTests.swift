import JobModel
import Testing

@testable import JobStore
@testable import SQL

@Suite struct OrderTests {
    private let store = ScratchStore()

    /// Only the way that is named is walked: the others are gated by a constant, which SQLite looks at once.
    @Test func `sorting uses the index of its filter`() throws {
        let database = try store.open()
        for _ in 0..<3 { _ = try database.enqueue(NewJob(model: "a/b", input: "{}")) }
        var filter = JobFilter()
        for key in JobOrder.Key.allCases {
            #expect(try Set(database.ids(filter, by: JobOrder(key))) == [1, 2, 3])
        }
        filter.limit = 2
        #expect(try database.ids(filter, by: JobOrder(.created)) == [2, 3])
        #expect(try database.ids(filter, by: JobOrder(.created, isDescending: true)) == [3, 2])
        guard let file = database.file else { return }
        let sql = try #require(file.preparedSQL.first { $0.contains("WITH chosen") })
        let plan = try database.connection.all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) }
        #expect(plan.contains { $0.contains("INDEX jobs_state (state=? AND id>?)") }, "\(plan)")
        #expect(plan.contains { $0.contains("INDEX jobs_label (label=? AND id>?)") }, "\(plan)")
    }

    @Test func `all are counted from the indexes alone`() throws {
        let database = try store.open()
        _ = try database.enqueue(NewJob(model: "a/b", input: "{}"))
        #expect(try database.counts(JobFilter()) == [.queued: 1, .completed: 0])
        for sql in (database.file?.preparedSQL ?? []) where sql.contains("count(*)") {
            let plan = try database.connection.all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) }
            #expect(plan.allSatisfy { $0.contains("COVERING INDEX") }, "\(plan)")
        }
        #expect(try database.count(upTo: 1) == 1)
    }

    @Test func `what goes before a job is counted in its order`() throws {
        let database = try store.open()
        for priority in [0, 5, 0, -1] as [Int64] {
            var job = NewJob(model: priority == 5 ? "x/y" : "a/b", input: "{}")
            job.priority = priority
            _ = try database.enqueue(job)
        }
        let third = try #require(try database.find(3))
        #expect(
            try database.ahead(of: third) == [
                JobsAhead(model: "a/b", count: 1, highestPriority: 0),
                JobsAhead(model: "x/y", count: 1, highestPriority: 5),
            ])
        let second = try #require(try database.find(2))
        #expect(try database.ahead(of: second).isEmpty)
    }
}
