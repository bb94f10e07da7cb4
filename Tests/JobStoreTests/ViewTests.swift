import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

@Suite struct ViewTests {
    private let store = ScratchStore()

    /// A completed job with two files on disk and one that failed, at known times.
    private func completed(_ database: JobDatabase) throws {
        _ = try database.job(
            .submitting(priceUSD: 0.5), .accepted(requestID: "r"),
            .succeeded(finishedAt: nil, costUSD: 0.25), .fetched,
            outputs: (1...3).map { (.image, "https://x.test/\($0)") })
        try database.connection.execute(
            """
            UPDATE jobs SET label = 'cats', created_at = '2024-01-01 00:00:00.000',
                submitted_at = '2024-01-01 00:00:01.500', started_at = '2024-01-01 00:00:03.500',
                finished_at = '2024-01-01 00:00:13.750', ended_at = '2024-01-01 00:00:14.000';
            UPDATE outputs SET state = 'done', downloaded_at = '2024-01-01 00:00:14.000', path = 'p' || position,
                bytes = position * 100, sha256 = '\(String(repeating: "a", count: 64))', media_type = 'image/png', width = 10,
                height = 20 WHERE position < 3;
            UPDATE outputs SET state = 'failed', downloaded_at = NULL, bytes = 5 WHERE position = 3;
            """)
    }

    private func columns(_ database: JobDatabase, _ view: String) throws -> String {
        try database.columns(view).joined(separator: " ")
    }

    @Test func `history tells what it took`() throws {
        let database = try store.open()
        #expect(
            try columns(database, "history")
                == "id state model label prompt created_at waited_s queued_s ran_s fetched_s files bytes cost_usd"
        )
        try completed(database)
        _ = try database.job(input: #"{"text":"words"}"#)
        _ = try database.job(input: #"{"prompt":null,"n":1}"#)
        #expect(
            try database.connection.rows("SELECT * FROM history WHERE id = 1") == [
                "1|completed|m|cats|a cat|2024-01-01 00:00:00.000|1.5|2.0|10.25|0.25|2|300|0.25"
            ])
        #expect(
            try database.connection.rows(
                "SELECT id, prompt, waited_s, ran_s, files, bytes FROM history WHERE id > 1 ORDER BY id")
                == ["2|words|-|-|0|0", "3|-|-|-|0|0"])
    }

    @Test func `files names what is on disk and nothing else`() throws {
        let database = try store.open()
        #expect(
            try columns(database, "files")
                == "job_id position path kind bytes width height duration_s prompt model label created_at object"
        )
        try completed(database)
        #expect(
            try database.connection.rows("SELECT * FROM files ORDER BY position") == [
                "1|1|p1|image|100|10|20|-|a cat|m|cats|2024-01-01 00:00:00.000|-",
                "1|2|p2|image|200|10|20|-|a cat|m|cats|2024-01-01 00:00:00.000|-",
            ])
    }

    @Test func `spending adds up by day and model`() throws {
        let database = try store.open()
        #expect(try columns(database, "spending") == "day model jobs estimated_usd reported_usd")
        try database.connection.dropTrigger("charges_insert_guard", on: "charges")
        try database.connection.execute(
            """
            INSERT INTO charges (id, job_id, submission, at, model, estimated_usd, reported_usd) VALUES
                (1, 1, 1, '2024-01-01 23:59:59.999', 'a', 0.1, NULL), (2, 1, 2, '2024-01-01 10:00:00.000', 'a', 0.2, 0.3),
                (3, 2, 1, '2024-01-01 00:00:00.000', 'a', NULL, 0.1), (4, 3, 1, '2024-01-01 00:00:00.000', 'b', 0.7, NULL),
                (5, 3, 2, '2024-01-02 00:00:00.000', 'b', 0.1, 0.1);
            """)
        #expect(
            try database.connection.rows("SELECT * FROM spending ORDER BY day, model") == [
                "2024-01-01|a|2|0.3|0.4", "2024-01-01|b|1|0.7|-", "2024-01-02|b|1|0.1|0.1",
            ])
    }

    @Test func `the shell reads the views while we are open`() throws {
        let database = try store.open()
        try completed(database)
        for view in ["history", "files", "spending"] {
            let said = store.shell("SELECT count(*) FROM \(view)")
            #expect(said.code == 0 && said.output == (view == "files" ? "2\n" : "1\n"), "\(view)")
        }
    }
}
