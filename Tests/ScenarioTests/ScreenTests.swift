import Scratch
import Testing

/// How texts are fitted into a terminal.
@Suite struct ScreenTests {
    private let stage = Stage()
    private let plain = ["NO_COLOR": "1"]

    private func lines(_ words: String, columns: Int = 80) throws -> [String] {
        try stage.onTerminal(words, columns: columns, environment: plain).output
            .split(separator: "\r\n", omittingEmptySubsequences: false).map { String($0) }
    }

    @Test func `a list keeps the end of a model's id, and cuts between words`() throws {
        try stage.jobctl(
            "enqueue", "some-vendor/a-long-family/v1.0/image-to-video",
            "prompt=the quick brown fox jumps over the lazy dog", "--label", "cats and dogs in a row")
        let row = try #require(try lines("list").first { $0.contains("queued") })
        #expect(row.contains("  …/image-to-video  ") && row.contains("  cats and dogs…  "), "\(row)")
        #expect(row.hasSuffix("  the quick brown…") || row.hasSuffix("  the quick brown fox…"), "\(row)")
        let wide = try lines("list", columns: 200).joined()
        #expect(wide.contains("some-vendor/a-long-family/v1.0/image-to-video"))
        #expect(wide.contains("the quick brown fox jumps over the lazy dog"))
    }

    @Test func `show and events wrap between words, below where they began`() throws {
        let words = Array(repeating: "volumetric", count: 12).joined(separator: " ")
        try stage.enqueue("x", "--label", words)
        try stage.execute(
            "INSERT INTO events (job_id, kind, detail) VALUES (1, 'fault', '{\"message\": \"\(words)\"}')")
        let lines = try lines("show 1") + lines("events 1")
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines)")
        let broken = lines.joined(separator: "\n").replacing("volumetric", with: "")
        for part in ["volu", "metric"] { #expect(!broken.contains(part), "\(lines)") }
        let rest = lines.filter { $0.hasPrefix("                 volumetric") }
        #expect(rest.count == 2, "\(lines)")
        // In a pipe, lines stay whole.
        #expect(try stage.jobctl("show", "1").lines.contains { $0.hasSuffix(words) })
    }

    @Test func `a path that does not fit beside its size has a line of its own, whole`() throws {
        try stage.enqueue("x")
        try stage.put(1, into: "completed")
        let path = "/srv/" + String(repeating: "long-directory/", count: 6) + "000001-1.png"
        try stage.execute(
            """
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at)
            VALUES (1, 1, 'image', 'https://x.test/1', '\(path)', 1500, printf('%064d', 0), 'image/png', 'done',
                '2026-01-01 00:00:00.000')
            """)
        let whole = try stage.onTerminal("show 1", environment: plain).output
        #expect(whole.contains("  1  done  1.5 kB\r\n    \(path)\r\n"), "\(whole)")
        #expect(try lines("show 1", columns: 200).contains { $0.hasSuffix("1.5 kB  \(path)") })
    }

    @Test func `events are shown with the oldest first, and each day once`() throws {
        try stage.enqueue("x")
        try stage.jobctl("hold", "1")
        let lines = try lines("events")
        #expect(lines[0].count == 10 && lines[0].hasPrefix("2"))
        #expect(lines[1].contains("enqueued") && lines[2].contains("held"))
    }

    @Test func `show and watch call a moment by the same name`() throws {
        try stage.enqueue("x")
        try stage.put(1, into: "completed")
        try stage.execute("UPDATE jobs SET started_at = submitted_at, finished_at = submitted_at")
        let terminal = try PseudoTerminal(stage, ["watch", "1"], environment: plain, rows: 40)
        try terminal.shows("  1  completed")
        try terminal.type("\r", shows: "enqueued")
        let shown = try lines("show 1")
        for name in ["started   ", "finished   "] {
            #expect(shown.contains { $0.hasPrefix(name) }, "\(shown)")
            try terminal.shows(name)
        }
        try terminal.type("\u{1B}", shows: "q quit")
        #expect(try terminal.finish(typing: "q") == 0)
    }
}
