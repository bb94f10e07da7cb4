import Glibc
import JSON
import Scratch
import Testing

/// `--edit`, with scripts in the place of an editor.
@Suite struct EditTests {
    private let stage = Stage()

    /// A program that does `script` with the file to edit, `$f`; it leaves a copy of what it found.
    private func editor(_ script: String) throws -> String {
        let path = stage.file(
            "editor", "#!/bin/sh\nfor f; do :; done\ncp \"$f\" \(stage.folder)/found\n\(script)\n")
        chmod(path, 0o700)
        return path
    }

    private func edit(
        _ script: String, _ words: String..., editor name: String? = nil, environment: [String: String] = [:]
    ) throws -> Answer {
        let program = try editor("cd \(stage.folder)\n" + script)
        return try stage.run(
            "/bin/sh",
            ["-c", "cd \(stage.folder); exec \"$@\"", "sh", Program.jobctl, "enqueue", "--edit"] + words,
            environment: ["EDITOR": name ?? program, "VISUAL": "", "TMPDIR": stage.folder].merging(
                environment, uniquingKeysWith: { $1 }))
    }

    /// Where texts were left.
    private func kept() throws -> [String] {
        try stage.run("/bin/sh", ["-c", "ls \(stage.folder)/jobctl-*/* 2>/dev/null"]).lines
    }

    @Test func `the page says what each key takes, and its comments are taken back`() throws {
        let answer = try edit(
            #"sed -i 's/1K"/2K"/; s|// "prompt".*|"prompt": "x",|' "$f""#, Stage.edit,
            "images=https://a.example/1", "resolution=1K")
        #expect(answer.code == 0, "\(answer)")
        #expect(
            try stage.text("SELECT input FROM jobs")
                == #"{"images":["https://a.example/1"],"resolution":"2K","prompt":"x"}"#)
        let page = FileOnDisk.content(stage.folder + "/found")
        #expect(
            page.contains("// list of image files (paths, https URLs or job:ID), 1 to 10 of them,"), "\(page)"
        )
        #expect(page.contains(#"one of "1K", "2K""#))
        #expect(try kept() == [], "what is on its way needs no copy")
    }

    @Test func `the file is its owner's alone, in a separate directory`() throws {
        let answer = try edit(
            #"stat -c %a "$f" "$(dirname "$f")" > modes; echo '{"text": "x"}' > "$f""#, Stage.sequential)
        #expect(answer.code == 0, "\(answer)")
        #expect(FileOnDisk.content(stage.folder + "/modes") == "600\n700\n")
    }

    @Test func `an editor is not told the token`() throws {
        let names = ["RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN", "RUNCOMFY_API_KEY", "YOUR_API_TOKEN"]
        let answer = try edit(
            #"env > seen; echo '{"text": "x"}' > "$f""#, Stage.sequential,
            environment: Dictionary(uniqueKeysWithValues: names.map { ($0, "sesame-\($0)") }))
        #expect(answer.code == 0, "\(answer)")
        let seen = FileOnDisk.content(stage.folder + "/seen")
        #expect(seen.contains("EDITOR=") && !seen.contains("sesame"))
    }

    @Test func `a page keeps what was given, and nothing in it steers an editor's terminal`() throws {
        let hostile = "\u{1B}[2J\u{9B}31m\u{202E}*/ // \u{2028}"
        _ = try stage.jobctl(["enqueue", "a/b", "x=\(hostile)", "\(hostile)=1"])
        let answer = try edit(#"printf '// mine\n' >> "$f""#, "--like", "1")
        #expect(answer.code == 0, "\(answer)")
        #expect(Set(try stage.texts("SELECT input FROM jobs")).count == 1)
        let page = FileOnDisk.content(stage.folder + "/found").unicodeScalars
        #expect(!page.contains { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{202E}" || $0 == "\u{2028}" })
    }

    @Test func `unchanged or emptied, nothing is enqueued`() throws {
        for script in ["true", #": > "$f""#, #"sed -i '/^ *\/\//!d' "$f""#] {
            let answer = try edit(script, Stage.sequential, "text=x")
            #expect(answer.code == 1 && answer.errors.contains("nothing was enqueued"), "\(answer)")
        }
        #expect(try stage.jobCount() == 0)
        #expect(try kept() == [])
    }

    @Test func `what is refused is kept in a file, which is named, and can be edited on`() throws {
        for script in [#"echo '{"txt": "mine"}' > "$f""#, #"echo '{"txt": "mine' > "$f""#] {
            let answer = try edit(script, Stage.sequential)
            #expect(answer.code == 65, "\(answer)")
            let path = try #require(try kept().first)
            #expect(answer.errors.contains(path), "\(answer)")
            #expect(FileOnDisk.content(path).contains("mine"))
            let again = try edit(#"echo '{"text": "mine"}' > "$f""#, Stage.sequential, "--input", path)
            #expect(again.code == 0, "\(again)")
            #expect(FileOnDisk.content(stage.folder + "/found").contains("mine"))
            unlink(path)
        }
    }

    @Test func `an editor that fails enqueues nothing, and what was written is kept`() throws {
        let answer = try edit(#"echo '{"text": "mine"}' > "$f"; exit 3"#, Stage.sequential)
        #expect(answer.code == 1 && answer.errors.contains("ended with 3"), "\(answer)")
        #expect(try kept().count == 1)
        let missing = try edit("true", Stage.sequential, editor: "no-such-editor")
        #expect(missing.code == 1 && missing.errors.contains("$EDITOR"), "\(missing)")
        #expect(try stage.jobCount() == 0)
    }

    @Test func `a stored job's text is not called lost when the wait for it is too long`() throws {
        let answer = try edit(
            #"echo '{"text": "mine"}' > "$f""#, Stage.sequential, "--wait", "--timeout", "1ms")
        #expect(answer.code == 75, "\(answer)")
        #expect(try stage.jobCount() == 1)
        #expect(try kept() == [] && !answer.errors.contains("what you wrote"))
    }

    @Test func `a price that is declined loses no text`() throws {
        let answer = try edit(
            #"echo '{"text": "mine"}' > "$f""#, Stage.sequential, "--set", "confirm_above_usd=0")
        #expect(answer.code == 64 && answer.errors.contains("what you wrote is in"), "\(answer)")
        #expect(try kept().count == 1)
    }

    @Test func `an editor may have options, and no path is a command`() throws {
        let program = try editor(#"echo "$1" > said; echo '{"text": "x"}' > "$f""#)
        let folder = stage.folder + "/a; touch owned; $(touch owned)"
        try stage.run("/bin/mkdir", [folder])
        let answer = try stage.run(
            "/bin/sh",
            [
                "-c", "cd \(stage.folder); exec \"$@\"", "sh", Program.jobctl, "enqueue", "--edit",
                "sequential",
            ],
            environment: ["VISUAL": "\(program) -w", "EDITOR": "false", "TMPDIR": folder])
        #expect(answer.code == 0, "\(answer)")
        #expect(FileOnDisk.content(stage.folder + "/said") == "-w\n")
        #expect(!FileOnDisk.exists(stage.folder + "/owned"))
    }

    @Test func `a job like another is edited, and the matrix multiplies what was edited`() throws {
        try stage.jobctl("enqueue", Stage.sequential, "text=2 cats")
        let answer = try edit(#"sed -i 's/2 cats/3 dogs/' "$f""#, "--like", "1", "--matrix", "seed=1,2")
        #expect(answer.code == 0, "\(answer)")
        #expect(
            try stage.texts("SELECT input FROM jobs WHERE id > 1 ORDER BY id")
                == [#"{"text":"3 dogs","seed":1}"#, #"{"text":"3 dogs","seed":2}"#])
    }

    @Test func `on a terminal a refusal offers to edit again, with what was written`() throws {
        // The first time it breaks the schema, the second time it corrects that.
        let program = try editor(
            #"if grep -q txt "$f"; then sed -i 's/txt/text/' "$f"; else echo '{"txt": "mine"}' > "$f"; fi"#)
        let answer = try stage.onTerminal(
            "enqueue sequential --edit", typing: "y\n",
            environment: ["EDITOR": program, "TMPDIR": stage.folder])
        #expect(answer.code == 0, "\(answer)")
        #expect(
            answer.output.contains("edit it again?") && answer.output.contains("did you mean \"text\"?"),
            "\(answer)")
        #expect(try stage.text("SELECT input FROM jobs") == #"{"text":"mine"}"#)
        #expect(try kept() == [])
    }
}
