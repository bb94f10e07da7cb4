import JSON
import Scratch
import Testing

@Suite struct ShowTests {
    private let stage = Stage()

    @Test func `the life of a job is shown in spans and words`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.jobctl("set", "\(id)", "--priority", "3", "--label", "cats")
        try stage.put(id, into: "completed")
        try stage.execute(
            """
            UPDATE jobs SET created_at = '2026-01-01 00:00:00.000', submitted_at = '2026-01-01 00:00:05.000',
                started_at = '2026-01-01 00:00:06.500', finished_at = '2026-01-01 00:02:06.500',
                ended_at = '2026-01-01 00:02:07.000'
            """)
        try stage.execute(
            """
            INSERT INTO events (job_id, at, kind, detail) VALUES
            (1, '2999-01-01 00:00:00.000', 'submitting', '{"price_usd": 0.04}'),
            (1, '2999-01-01 00:00:02.000', 'fault', '{"message": "busy", "position": 2, "attempt": 3}'),
            (1, '2999-01-01 00:00:02.000', 'status', '{"status": "in_queue", "queue_position": 4, "novel": true}')
            """)
        let lines = try stage.jobctl("show", "1").lines
        for phase in [
            "waited        5 s", "in queue      1.5 s", "ran           2 min", "fetched       500 ms",
        ] { #expect(lines.contains("  " + phase), "\(lines)") }
        func has(_ words: String) -> Bool { lines.contains { $0.hasSuffix(words) } }
        #expect(has("changed     label is now cats, priority is now 3"), "\(lines)")
        #expect(has("submitting  for about $0.04"))
        #expect(has("  2 s  fault       file 2: busy, try 3"), "\(lines)")
        // Details that have no words yet are shown, too.
        #expect(has("status      in_queue, position 4, novel true"))
    }

    @Test func `details stay raw in JSON, and hostile ones are harmless`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.execute(
            "INSERT INTO events (job_id, kind, detail) VALUES (\(id), 'fault', json_object('message', char(27) || '[2J'))"
        )
        let shown = try stage.jobctl("show", "\(id)")
        #expect(shown.output.contains("\\e[2J") && !shown.output.contains("\u{1B}"))
        let events = try stage.jobctl("show", "\(id)", "--json").object()["events"]?.array
        #expect(events?.last?["detail"]?["message"] == .string("\u{1B}[2J"))
    }

    @Test func `a file is shown with its path, and a pruned one as pruned`() throws {
        let id = try stage.enqueue("2 cats")
        try stage.put(id, into: "completed")
        try stage.execute("DELETE FROM outputs")
        try stage.execute(
            """
            INSERT INTO outputs
                (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at, removed_at)
            SELECT 1, column1, 'image', 'https://a/' || column1, '2026-01-01/' || column1 || '.png', column2,
                printf('%064d', 0), 'image/png', 'done', '2026-01-01 00:00:00.000', column3
            FROM (VALUES (1, 263524, NULL), (2, 1000, '2026-02-01 00:00:00.000'))
            """)
        let lines = try stage.jobctl("show", "\(id)").lines
        #expect(lines.contains("  1\tdone\t263 kB\t\(stage.state)/outputs/2026-01-01/1.png"), "\(lines)")
        #expect(lines.contains { $0.hasPrefix("  2\tpruned\t1 kB\t") }, "\(lines)")
    }
}
