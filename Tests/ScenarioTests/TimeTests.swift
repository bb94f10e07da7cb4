import JSON
import Scratch
import Testing

@Suite struct TimeTests {
    private let stage = Stage()

    @Test(arguments: [
        ("2026-01-31", "2026-01-30 23:00:00.000"), ("2026-01-31 18:00", "2026-01-31 17:00:00.000"),
        ("2026-07-31 18:00:05", "2026-07-31 16:00:05.000"),
        ("2026-01-31T18:00:00Z", "2026-01-31 18:00:00.000"),
        ("2026-01-31T18:00:00.250+02:00", "2026-01-31 16:00:00.250"),
        ("2026-01-31 18:00:00.123", "2026-01-31 18:00:00.123"),
        ("9999-12-31T23:59:59Z", "9999-12-31 23:59:59.000"),
        ("2020-01-01T00:00:00Z", "2020-01-01 00:00:00.000"),
    ])
    func `a time is kept in the one form, in UTC, also when it is past`(text: String, kept: String) throws {
        let answer = try stage.jobctl(
            "enqueue", Stage.sequential, "text=x", "--not-before", text, "--json",
            environment: ["TZ": "CET-1CEST,M3.5.0,M10.5.0/3"])
        #expect(answer.code == 0, "\(answer)")
        #expect(try answer.object()["not_before"] == .string(kept))
        let line = #"{"model": "a/b", "input": {}, "not_before": "\#(text)"}"#
        let batch = try stage.jobctl(
            "enqueue", "--batch", "-", "--json", input: line,
            environment: ["TZ": "CET-1CEST,M3.5.0,M10.5.0/3"])
        #expect(try batch.object()["not_before"] == .string(kept))
    }

    @Test(arguments: ["2h", "90m", "1d", "23:59"])
    func `a span from now and a time of day lie ahead`(text: String) throws {
        try stage.enqueue("2 cats", "--not-before", text)
        #expect(try stage.number("SELECT not_before > created_at FROM jobs") == 1)
        #expect(try stage.number("SELECT not_before < datetime(created_at, '+25 hours') FROM jobs") == 1)
    }

    @Test(arguments: ["2026-02-30", "10000-01-01", "tomorrow", "", "5", "-2h", "999999999w", "24:00"])
    func `a word that is not a time is a usage error`(text: String) throws {
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=x", "--not-before", text).code == 64)
        #expect(try stage.jobCount() == 0)
    }

    @Test func `--since looks back`() throws {
        try stage.enqueue("2 cats")
        #expect(try stage.jobctl("list", "--since", "1h").lines.count == 1)
        #expect(try stage.jobctl("list", "--since", "2020-01-01").lines.count == 1)
        #expect(try stage.jobctl("list", "--since", "2099-01-01").lines.count == 0)
    }
}
