import JSON
import Scratch
import Testing

@Suite struct StatsTests {
    private let stage = Stage()

    private func fill() throws {
        for label in ["a", "b", "a"] { try stage.enqueue("2 cats", "--label", label) }
        for id in 1...3 as ClosedRange<Int64> { try stage.put(id, into: "failed") }
        try stage.execute(
            """
            UPDATE jobs SET ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now', CASE id WHEN 3 THEN '-40 days' ELSE '-1 hour' END);
            UPDATE jobs SET created_at = '2026-01-01 00:00:00.000', submitted_at = '2026-01-01 00:00:02.500' WHERE id = 1;
            DROP TRIGGER charges_insert_guard;
            DROP TRIGGER charges_update_guard;
            INSERT INTO charges (job_id, submission, at, model, estimated_usd, reported_usd, label)
            SELECT id, 1, ended_at, model, 0.5, CASE id WHEN 1 THEN 0.25 END, label FROM jobs;
            """)
    }

    @Test func `jobs and money are counted by each group, of the last 30 days or of all`() throws {
        try fill()
        let all = try stage.jobctl("stats", "--json").objects()
        #expect(all.first?["by"] == .string("all") && all.first?["jobs"] == .integer(2))
        #expect(
            Set(all.compactMap { $0["by"]?.string }) == ["all", "model", "day", "week", "label", "failure"])
        let labels = try stage.jobctl("stats", "--by", "label", "--since", "100d", "--json").objects()
        #expect(labels.map { $0["name"] } == [.string("a"), .string("b")])
        #expect(labels.map { $0["failed"] } == [.integer(2), .integer(1)])
        #expect(labels.map { $0["spent_usd"] } == [.number("0.75"), .number("0.5")])
        let one = try stage.jobctl("stats", "--label", "b", "--by", "model").lines
        #expect(one.count == 1 && one[0].split(separator: "\t")[2] == "1")
    }

    @Test func `days are local`() throws {
        try fill()
        try stage.execute(
            "UPDATE jobs SET ended_at = '2026-03-01 23:30:00.000'; UPDATE charges SET at = '2026-03-01 23:30:00.000'"
        )
        for (zone, day) in [
            ("UTC0", "2026-03-01"), ("XXX-1", "2026-03-02"), ("XXX-0:45", "2026-03-02"),
            ("XXX-0:15", "2026-03-01"),
        ] {
            let answer = try stage.jobctl(
                "stats", "--by", "day", "--since", "2026-01-01", "-q", environment: ["TZ": zone])
            #expect(answer.output == day + "\n", "\(zone): \(answer)")
        }
    }

    @Test func `an empty store is reported, and a wrong group names the right ones`() throws {
        #expect(try stage.jobctl("stats").code == 69)
        try stage.enqueue("2 cats")
        let lines = try stage.jobctl("stats").lines
        #expect(lines.count == 1 && lines[0].hasPrefix("all\t\t0\t0\t0\t0"))
        let wrong = try stage.jobctl("stats", "--by", "moon")
        #expect(wrong.code == 64 && wrong.errors.contains("model, day, week, label, failure"))
    }

    @Test func `on a terminal the times are explained, and a group without jobs is an empty table`() throws {
        try stage.enqueue("2 cats")
        let none = try stage.onTerminal("stats --by failure", environment: ["NO_COLOR": "1"])
        #expect(none.output.contains("FAILURE  JOBS  FAILED  SPENT"))
        #expect(none.output.contains("no job has ended and nothing was spent since"))
        try stage.put(1, into: "completed")
        try stage.execute(
            """
            UPDATE jobs SET created_at = '2026-01-01 00:00:00.000', submitted_at = '2026-01-01 00:00:02.500',
                ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
            """)
        let failures = try stage.onTerminal("stats --by failure", environment: ["NO_COLOR": "1"])
        #expect(failures.code == 0 && failures.output.contains("FAILURE  JOBS  FAILED  SPENT"))
        #expect(failures.output.contains("no job has failed since"))
        let narrow = try stage.onTerminal("stats")
        #expect(narrow.output.contains("RAN at RunComfy: medians") && narrow.output.contains("  2.5 s  "))
        let wide = try stage.onTerminal("stats", columns: 140)
        #expect(wide.output.contains("median / 95th percentile") && wide.output.contains("2.5 s / 2.5 s"))
    }

    @Test func `a narrow terminal shows the part of models' names in which they differ`() throws {
        try stage.enqueue("2 cats")
        try stage.put(1, into: "failed")
        try stage.execute(
            """
            UPDATE jobs SET model = 'a-rather-long-maker/seedream-4-0/edit-sequential',
                ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
            """)
        let terminal = try PseudoTerminal(stage, ["stats"])
        try terminal.shows("1 job ended; 1 failed")
        try terminal.shows("…/seedream-4-0/edit-sequential")
        #expect(try terminal.finish() == 0)
    }
}
