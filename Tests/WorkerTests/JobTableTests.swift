import JobModel
import Testing

@testable import Worker

@Suite struct JobTableTests {
    private func job(_ id: Int64, _ origin: String? = "https://model-api.example.com") throws -> RemoteJob {
        var row = Job(
            id: id, state: .inQueue, model: "vendor/model/text-to-image", input: "{}",
            createdAt: Timestamp(milliseconds: 0))
        (row.requestID, row.origin, row.followedSince) = ("r\(id)", origin, Timestamp(milliseconds: 0))
        return try #require(RemoteJob(row, at: 0, Timestamp(milliseconds: 0)))
    }

    @Test func `a job is changed in its place and removed once`() throws {
        let table = JobTable()
        for id in 1...3 as ClosedRange<Int64> { table[id] = try job(id) }
        table[2]?.faults = 5
        let copy = table[2]
        table[2]?.faults = 6
        #expect(copy?.faults == 5 && table[2]?.faults == 6 && table[1]?.faults == 0)
        #expect(table.remove(1)?.id == 1 && table.remove(1) == nil)
        table[3] = nil
        #expect(Array(table.ids) == [2])
    }

    @Test func `the names that jobs have in common stay what they are`() throws {
        let table = JobTable()
        let origins = ["https://one.example.com", nil, "https://two.example.com", "https://one.example.com"]
        for (id, origin) in origins.enumerated() { table[Int64(id)] = try job(Int64(id), origin) }
        #expect(origins.indices.map { table[Int64($0)]?.request?.origin } == origins)
        #expect(table.ids.allSatisfy { table[$0]?.model == "vendor/model/text-to-image" })
    }
}
