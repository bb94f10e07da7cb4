import JobModel
import Scratch
import Testing

@testable import JobStore

/// References by SQL: the schema refuses what jobctl would, and keeps the lineage.
@Suite struct ReferenceGuardTests {
    private let store = ScratchStore()
    private let database: JobDatabase

    /// Job 1 has completed with an output, 2 has failed, 3 was cancelled, and 4 waits for 1.
    init() throws {
        database = try store.open()
        let path: [JobEvent] = [.submitting(priceUSD: 1), .accepted(requestID: "r")]
        try database.drive(
            database.job(), through: path + [.succeeded(finishedAt: nil, costUSD: nil), .fetched],
            outputs: [(.image, "https://x.test/1")])
        try database.job(.submitting(priceUSD: 1), .refused(message: "no"))
        try database.job(.cancelRequested)
        try database.job(input: #"{"image":"job:1/pick"}"#)
    }

    @Test(arguments: [
        (#""image":"job:2""#, "has failed or was cancelled"),
        (#""image":"job:3/pick""#, "has failed or was cancelled"),
        (#""image":"job:9""#, "not there"), (#""image":"job:5""#, "not there"),
        (#""image":"job:1/2""#, "did not make"), (#""image":"job:1/0""#, "a reference is job:ID"),
        (#""image":"job:1/3/4""#, "a reference is job:ID"),
        (#""image":"job:0""#, "a reference is job:ID"), (#""image":"job:01""#, "a reference is job:ID"),
        (#""im\u0061ge":"job:1""#, "the key of a reference is written without escapes"),
        (#""a":[{"\"":"job:1"}]"#, "the key of a reference is written without escapes"),
    ])
    func `a reference that cannot be fulfilled is refused in words`(member: String, words: String) throws {
        let answer = store.shell("INSERT INTO jobs (model, input) VALUES ('m', '{\(member)}')")
        #expect(answer.code != 0 && answer.errors.contains(words), "\(answer)")
        #expect(try database.count("jobs") == 4 && database.count("links") == 1)
    }

    @Test func `an escape in another key or in a text is no matter`() throws {
        let input = #"{"\u0061":"x","image":"job:1","text":"a\"b","other":"job\u003a1"}"#
        #expect(store.shell("INSERT INTO jobs (model, input) VALUES ('m', '\(input)')").code == 0)
        #expect(try database.links(of: 5).map(\.path) == ["$.image"])
    }

    @Test(arguments: [
        ("INSERT INTO jobs (model, input, waits_for) VALUES ('m', '{}', 1)", "may set only"),
        (#"UPDATE jobs SET input = '{"image":"job:1"}' WHERE id = 4"#, "never changed"),
        ("UPDATE jobs SET input = '{}' WHERE id = 4", "never changed"),
        (#"UPDATE jobs SET input = '{"image":"job:1"}' WHERE id = 2"#, "never changed"),
        ("UPDATE jobs SET waits_for = -1", "is counted, not set"), ("DELETE FROM links", "links are kept"),
        ("DELETE FROM jobs WHERE id = 1", "other jobs wait for this one"),
        (
            "INSERT INTO links (job_id, path, source_id, output) VALUES (2, '$.a', 2, '1')",
            "links are made"
        ),
        (
            "INSERT INTO links (job_id, path, source_id, output) VALUES (2, '$.a', 1, 'some')",
            "links are made"
        ),
    ])
    func `lineage is written by the store alone`(sql: String, words: String) throws {
        let answer = store.shell(sql)
        #expect(answer.code != 0 && answer.errors.contains(words), "\(answer)")
        #expect(try database.texts("SELECT input FROM jobs WHERE id = 4") == [#"{"image":"job:1/pick"}"#])
        #expect(try database.count("links") == 1)
    }

    @Test func `links and charges outlive the jobs that they tell of`() throws {
        try database.transaction {
            _ = try database.record(.cancelRequested, for: 4, in: .queued)
        }
        #expect(store.shell("DELETE FROM jobs").code == 0)
        #expect(try database.count("jobs") == 0 && database.count("events") == 0)
        #expect(try database.count("outputs") == 0 && database.count("left_files") == 1)
        #expect(try database.texts("SELECT job_id || path || source_id FROM links") == ["4$.image1"])
        #expect(try database.texts("SELECT job_id FROM charges") == ["1"])
    }

    @Test func `jobs without references are found behind those that have some`() throws {
        let database = try store.open()
        for number in 1...5 {
            try database.job(model: "a", input: number.isMultiple(of: 2) ? "{}" : #"{"image":"job:1"}"#)
        }
        func ids(_ limit: Int, fromTheEnd: Bool = false) throws -> [Int64] {
            try database.ready(
                model: "a", limit: limit, fromTheEnd: fromTheEnd, without: .init(references: true)
            ).map(\.id)
        }
        #expect(try ids(9) == [6, 8] && ids(1) == [6] && ids(1, fromTheEnd: true) == [8])
        // The same for those that name files.
        try database.transaction {
            try database.note([], objects: [("$.image", "s3://bucket/fox.png")], of: 6)
        }
        #expect(try ids(9) == [8])
    }
}
