import SQL
import Scratch
import Testing

/// What a person sees on a terminal.
@Suite struct TerminalTests {
    private let stage = Stage()

    static let hostile = "\u{1B}[2J\u{1B}]0;owned\u{7}\u{9B}31m\u{202E}txt\u{2066}\u{200F}\r\n\u{E0041}"

    /// The escapes that jobctl uses itself: colour, and clearing its own line of progress.
    private func withoutOwnColour(_ text: String) -> String {
        var text = text
        for own in ["0", "1", "2", "31", "32", "33", "36"] {
            text = text.replacing("\u{1B}[\(own)m", with: "")
        }
        return text.replacing("\r\u{1B}[K", with: "").replacing("\r\n", with: "\n")
    }

    private func isHarmless(_ text: String) -> Bool {
        withoutOwnColour(text).unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x0A: true
            case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2028, 0x2029,
                0x2066...0x206F,
                0xFEFF, 0xE0000...0xE007F:
                false
            default: true
            }
        }
    }

    @Test(arguments: [
        "list", "show 1", "events", "events 1", "", "cancel 1", "retry 1 -n", "list --json", "show 1 --json",
        "events --json", "resolve 1 --abandon", "wait 1 --timeout 0s", "list --label \"$HOSTILE\"",
        "list --state \"$HOSTILE\"", "enqueue \"$HOSTILE\" a=b", "enqueue a/b \"$HOSTILE\"", "\"$HOSTILE\"",
        "enqueue a/b \"$HOSTILE=1\" -n", "enqueue \(Stage.sequential) \"$HOSTILE=1\"", "--\"$HOSTILE\"",
        "enqueue --batch \"/$HOSTILE\"", "list --since \"$HOSTILE\"", "show \"$HOSTILE\"",
        "help \"$HOSTILE\"", "enqueue a/b x=1 --key \"$HOSTILE\"", "enqueue a/b x=2 --key \"$HOSTILE\"",
        "models show \"$HOSTILE\"", "pause \"$HOSTILE\"", "list --state-dir \"/$HOSTILE\"",
        "backup \"/$HOSTILE\"", "list --limit=\"$HOSTILE\"", "explain 1", "explain 1-2 --json",
        "list --sort \"$HOSTILE\"", "list --columns \"id,$HOSTILE\"",
        "list --columns id,key,error_message,remote_status,input", "help \"sta$HOSTILE\"",
        "explain \"$HOSTILE\"", "enqueue sequential --matrix \"$HOSTILE=1,2\" -n",
        "enqueue sequential --matrix \"text=1,$HOSTILE\" -n",
        "enqueue sequential --matrix \"text=1,$HOSTILE\" --matrix \"seed=$HOSTILE\"",
        "enqueue --like \"$HOSTILE\"", "enqueue --like 1 --without \"$HOSTILE\"", "rerun \"$HOSTILE\"",
        "rerun --from \"/$HOSTILE\"", "enqueue sequential \"text=@/$HOSTILE\"",
        "enqueue --like 1 --repeat 2 -n", "enqueue sequential --edit --set \"$HOSTILE\"",
        "enqueue \"a/$HOSTILE\"", "rerun 1 --label \"$HOSTILE\"",
        "rerun --label \"$HOSTILE\" --state uncertain -n", "set 1 --label \"$HOSTILE\" --json",
        "models import \"/$HOSTILE\"", "-\"$HOSTILE\"", "search owned", "search owned --json",
        "search \"$HOSTILE\"", "stats", "stats --by label", "stats --by \"$HOSTILE\"",
        "files --kind \"$HOSTILE\"", "files", "open \"$HOSTILE\"", "open 1", "list --columns file,id",
    ])
    func `nothing that a person or a server wrote steers the terminal`(words: String) throws {
        let environment = ["HOSTILE": Self.hostile]
        let made = try stage.jobctl([
            "enqueue", Stage.sequential, "text=\(Self.hostile)", "--label", Self.hostile, "--key",
            Self.hostile,
        ])
        try #require(made.code == 0, "\(made)")
        try stage.put(1, into: "uncertain")
        let connection = try stage.connection()
        try connection.run("UPDATE jobs SET error_message = ?1, remote_status = ?1", Self.hostile)
        try connection.run("INSERT INTO jobs (model, input, label) VALUES ('a/b', '{}', ?1)", Self.hostile)
        try connection.run("INSERT INTO pauses (reason, detail) VALUES ('token', ?1)", Self.hostile)
        try connection.run(
            "INSERT INTO events (kind, detail) VALUES ('fault', json_object('message', ?1))", Self.hostile)
        for columns in [80, 200] {
            let answer = try stage.onTerminal(words, columns: columns, environment: environment)
            #expect(isHarmless(answer.output), "\(answer.output.debugDescription)")
            #expect(answer.output != "")
        }
    }

    @Test(arguments: ["models", "models --json", "models show a/b", "enqueue a/b x=1", "enqueue a/b zz=1 -n"])
    func `no schema that someone gave steers the terminal`(words: String) throws {
        let evil = "\\u001b[2J\\u009b31m\\u202e\\r\\n\\u0000x"
        let schema = """
            {"model_id": "a/b", "display_name": "\(evil)", "pricing_note": "\(evil)", "input_schema": {
              "required": ["\(evil)", "x"], "properties": {
                "zz\(evil)": {"type": "string", "title": "\(evil)", "description": "\(evil)", "default": "\(evil)",
                    "enum": ["\(evil)", "y"], "pattern": "(a+)+$"},
                "x": {"enum": ["\(evil)"], "validations": [{"operator": "\(evil)", "message": "\(evil)"}]}}}}
            """
        let path = stage.file("schema.json", schema)
        #expect(try stage.jobctl("models", "import", path).code == 0)
        for columns in [40, 120] {
            let answer = try stage.onTerminal(words, columns: columns)
            #expect(isHarmless(answer.output), "\(answer.output.debugDescription)")
            #expect(answer.output != "")
        }
    }

    @Test func `a model's name cannot be made to steer the terminal`() throws {
        let evil = #"{"model_id": "a/\u001b[2J", "input_schema": {}}"#
        let path = stage.file("schema.json", evil)
        for words in ["models import \(path)", "models", "models --json"] {
            let answer = try stage.onTerminal(words)
            #expect(isHarmless(answer.output), "\(answer.output.debugDescription)")
        }
    }

    @Test func `a list fits its terminal, wide letters included`() throws {
        for text in ["short", String(repeating: "猫と犬", count: 60), String(repeating: "नमस्ते ", count: 60)] {
            try stage.jobctl("enqueue", Stage.sequential, "text=\(text)", "--label", "a label of some length")
        }
        for columns in [60, 80, 200] {
            let answer = try stage.onTerminal("list", columns: columns)
            let lines = withoutOwnColour(answer.output).split(separator: "\n")
            #expect(lines.count == 4)
            for line in lines { #expect(Self.width(line) <= columns, "\(line)") }
        }
    }

    /// As terminals count: combining characters take no column, and these letters two.
    private static func width(_ line: Substring) -> Int {
        line.unicodeScalars.reduce(0) { sum, scalar in
            if scalar.properties.generalCategory == .nonspacingMark { return sum }
            return sum + (0x3041...0x9FFF ~= scalar.value ? 2 : 1)
        }
    }

    @Test func `colour is for terminals, and not under NO_COLOR`() throws {
        try stage.put(try stage.enqueue("2 cats"), into: "failed")
        #expect(try stage.onTerminal("list").output.contains("\u{1B}[31mfailed"))
        #expect(!(try stage.onTerminal("list", environment: ["NO_COLOR": "1"]).output.contains("\u{1B}[")))
        #expect(!(try stage.onTerminal("list", environment: ["TERM": "dumb"]).output.contains("\u{1B}[")))
        #expect(!(try stage.jobctl("list").output.contains("\u{1B}[")))
    }

    @Test func `on a terminal a list is the newest 50, and an empty one says so`() throws {
        #expect(try stage.onTerminal("list").code == 69)
        try stage.jobctl("enqueue", "--batch", "-", input: "")
        #expect(try stage.onTerminal("list").output.contains("no jobs"))
        let lines = String(repeating: #"{"model": "a/b", "input": {}}"# + "\n", count: 60)
        try stage.jobctl("enqueue", "--batch", "-", input: lines)
        let shown = withoutOwnColour(try stage.onTerminal("list").output).split(separator: "\n")
        #expect(shown.count == 52)
        #expect(shown[50].hasPrefix("60"))
        #expect(shown[51] == "the newest 50 of 60 jobs; --limit N shows more")
        #expect(try stage.onTerminal("list --limit 60").output.contains("newest") == false)
        #expect(try stage.onTerminal("list --count").output.contains("60 jobs: 60 queued"))
        #expect(try stage.jobctl("list").lines.count == 60)
    }

    @Test func `what to type next is said only on a terminal, and not under -q or --json`() throws {
        let enqueue = "enqueue \(Stage.sequential) text=x"
        #expect(try stage.onTerminal(enqueue).output.contains("next: jobctl wait 1"))
        #expect(try stage.onTerminal(enqueue + " --hold").output.contains("next: jobctl release 2"))
        try stage.put(1, into: "failed")
        #expect(try stage.onTerminal("wait 1").output.contains("next: jobctl explain 1, then jobctl retry 1"))
        #expect(try stage.onTerminal("retry 1").output.contains("next: jobctl wait 1"))
        for words in [enqueue + " -q", enqueue + " --json", enqueue + " | cat", enqueue + " 2>/dev/null"] {
            #expect(!(try stage.onTerminal(words).output.contains("next:")), "\(words)")
        }
    }

    @Test func `the phases of a job are bars in proportion`() throws {
        try stage.put(try stage.enqueue("2 cats"), into: "completed")
        try stage.execute(
            """
            UPDATE jobs SET created_at = '2025-12-31 23:59:50.000', submitted_at = '2026-01-01 00:00:00.000',
                started_at = '2026-01-01 00:00:10.000', finished_at = '2026-01-01 00:00:40.000',
                ended_at = '2026-01-01 00:00:40.000'
            """)
        for columns in [40, 80, 200] {
            let lines = withoutOwnColour(try stage.onTerminal("show 1", columns: columns).output).split(
                separator: "\n")
            let bars = lines.filter { $0.contains("█") }.map { $0.count { $0 == "█" } }
            if columns == 40 {
                #expect(bars.isEmpty)
            } else {
                try #require(bars.count == 4)
                #expect(abs(bars[2] - 3 * bars[0]) <= 2 && bars[3] == 1, "\(bars)")
            }
        }
    }

    @Test func `a filter asks before it acts, and only yes is yes`() throws {
        for (answer, state, code) in [("n", "queued", 1), ("", "queued", 1), ("yes", "cancelled", 0)]
            as [(String, String, Int32)]
        {
            let id = try stage.enqueue("2 cats", "--label", "cats")
            let said = try stage.onTerminal("cancel --label cats", typing: answer + "\n")
            #expect(said.code == code && said.output.contains("cancel"), "\(said)")
            #expect(try stage.state(of: id) == state)
            try stage.jobctl("cancel", "\(id)")
        }
    }
}
