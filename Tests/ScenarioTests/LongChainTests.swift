import Scratch
import Testing

/// Chains of many jobs.
@Suite struct LongChainTests {
    private let stage = Stage()

    private func enqueue(_ lines: some Sequence<String>) throws {
        let answer = try stage.jobctl("enqueue", "--batch", "-", input: lines.joined(separator: "\n"))
        try #require(answer.code == 0, "\(answer)")
    }

    @Test func `a chain of a thousand jobs is copied explained and cancelled as one`() throws {
        try enqueue(
            (1...1000).map { number in
                let source = number == 1 ? "" : #""image":"job:shot-\#(number - 1)""#
                return #"{"model":"t/m","input":{\#(source)},"key":"shot-\#(number)"}"#
            })
        #expect(try stage.number("SELECT count(*) FROM links WHERE source_id = job_id - 1") == 999)
        #expect(try stage.jobctl("rerun", "1", "--cascade").lines == ["1001-2000"])
        #expect(try stage.number("SELECT count(*) FROM links WHERE source_id = job_id - 1") == 1998)
        try stage.put(1, into: "failed")
        let waited = try stage.jobctl("wait", "1000")
        #expect(waited.code == 1 && waited.errors.contains("job 1,"), "\(waited)")
        let cancelled = try stage.jobctl("cancel", "1001")
        #expect(cancelled.code == 0 && cancelled.errors.contains("1002-2000"), "\(cancelled)")
        #expect(try stage.jobCount("cancelled") == 1000 && stage.jobCount("queued") == 999)
        // What was cancelled together is made again together.
        #expect(try stage.jobctl("rerun", "1001", "--cascade").lines == ["2001-3000"])
    }

    @Test func `ten thousand jobs from one are copied with it and go on with it`() throws {
        try enqueue(
            [#"{"model":"t/m","input":{},"key":"fox"}"#]
                + (1...10_000).map { #"{"model":"t/m","input":{"image":"job:fox/\#($0)"}}"# })
        let answer = try stage.jobctl("rerun", "1", "--cascade")
        #expect(answer.lines == ["10002-20002"], "\(answer)")
        #expect(answer.errors.contains("rerun buys 10,001 jobs again"), "\(answer)")
        #expect(
            try stage.number(
                "SELECT count(*) FROM links WHERE source_id = 10002 AND output = job_id - 10002") == 10_000)
        // The new one makes all but the last.
        try stage.execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at)
            SELECT 10002, i, 'image', 'https://x.test/' || i, i || '.png', 1, printf('%064x', i), 'image/png',
                'done', '2026-01-01 00:00:00.000'
            FROM n
            """)
        try stage.put(10002, into: "completed")
        #expect(try stage.texts("SELECT id FROM jobs WHERE id > 10002 AND waits_for > 0") == ["20002"])
        #expect(try stage.number("SELECT min(waits_for) FROM jobs WHERE id BETWEEN 2 AND 10001") == 1)
    }
}
