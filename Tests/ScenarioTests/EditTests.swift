import Glibc
import JSON
import Testing

/// `--edit`, with scripts in the place of an editor.
@Suite struct EditTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// A program that does `script` with the file to edit, `$f`; it leaves a copy of what it found.
    private func editor(_ script: String) throws -> String {
        let path = try sandbox.file("editor", "#!/bin/sh\nfor f; do :; done\ncp \"$f\" found\n\(script)\n")
        chmod(path, 0o700)
        return path
    }

    private func edit(
        _ script: String, _ words: String..., editor name: String? = nil, environment: [String: String] = [:]
    ) throws -> Answer {
        let program = try editor("cd \(sandbox.folder)\n" + script)
        return try sandbox.run(
            "/bin/sh",
            ["-c", "cd \(sandbox.folder); exec \"$@\"", "sh", Sandbox.program, "enqueue", "--edit"] + words,
            environment: ["EDITOR": name ?? program, "VISUAL": "", "TMPDIR": sandbox.folder].merging(
                environment, uniquingKeysWith: { $1 }))
    }

    /// Where texts were left.
    private func kept() throws -> [String] {
        try sandbox.run("/bin/sh", ["-c", "ls \(sandbox.folder)/jobctl-*/* 2>/dev/null"]).lines
    }

    @Test func `the page says what each key takes, and its comments are taken back`() throws {
        let answer = try edit(
            #"sed -i 's/1K"/2K"/; s|// "prompt".*|"prompt": "x",|' "$f""#, Sandbox.edit,
            "images=https://a.example/1", "resolution=1K")
        #expect(answer.code == 0, "\(answer)")
        #expect(
            try sandbox.text("SELECT input FROM jobs")
                == #"{"images":["https://a.example/1"],"resolution":"2K","prompt":"x"}"#)
        let page = ScratchFile.text(sandbox.folder + "/found")
        #expect(page.contains("// list of image URLs (https), 1 to 10 of them, required"), "\(page)")
        #expect(page.contains(#"one of "1K", "2K""#))
        #expect(try kept() == [], "what is on its way needs no copy")
    }

    @Test func `the file is its owner's alone, and in a directory of its own`() throws {
        let answer = try edit(
            #"stat -c %a "$f" "$(dirname "$f")" > modes; echo '{"text": "x"}' > "$f""#, Sandbox.sequential)
        #expect(answer.code == 0, "\(answer)")
        #expect(ScratchFile.text(sandbox.folder + "/modes") == "600\n700\n")
    }

    @Test func `an editor is not told the token`() throws {
        let names = ["RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN", "RUNCOMFY_API_KEY", "YOUR_API_TOKEN"]
        let answer = try edit(
            #"env > seen; echo '{"text": "x"}' > "$f""#, Sandbox.sequential,
            environment: Dictionary(uniqueKeysWithValues: names.map { ($0, "sesame-\($0)") }))
        #expect(answer.code == 0, "\(answer)")
        let seen = ScratchFile.text(sandbox.folder + "/seen")
        #expect(seen.contains("EDITOR=") && !seen.contains("sesame"))
    }

    @Test func `a page keeps what was given, and nothing in it steers an editor's terminal`() throws {
        let hostile = "\u{1B}[2J\u{9B}31m\u{202E}*/ // \u{2028}"
        _ = try sandbox.run(Sandbox.program, ["enqueue", "a/b", "x=\(hostile)", "\(hostile)=1"])
        let answer = try edit(#"printf '// mine\n' >> "$f""#, "--like", "1")
        #expect(answer.code == 0, "\(answer)")
        #expect(Set(try sandbox.texts("SELECT input FROM jobs")).count == 1)
        let page = ScratchFile.text(sandbox.folder + "/found").unicodeScalars
        #expect(!page.contains { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{202E}" || $0 == "\u{2028}" })
    }

    @Test func `unchanged or emptied, nothing is enqueued`() throws {
        for script in ["true", #": > "$f""#, #"sed -i '/^ *\/\//!d' "$f""#] {
            let answer = try edit(script, Sandbox.sequential, "text=x")
            #expect(answer.code == 1, "\(answer)")
            #expect(answer.errors.contains("nothing was enqueued"))
        }
        #expect(try sandbox.jobCount() == 0)
        #expect(try kept() == [])
    }

    @Test func `what is refused is kept in a file, which is named, and can be edited on`() throws {
        for script in [#"echo '{"txt": "mine"}' > "$f""#, #"echo '{"txt": "mine' > "$f""#] {
            let answer = try edit(script, Sandbox.sequential)
            #expect(answer.code == 65, "\(answer)")
            let path = try #require(try kept().first)
            #expect(answer.errors.contains(path), "\(answer)")
            #expect(ScratchFile.text(path).contains("mine"))
            let again = try edit(#"echo '{"text": "mine"}' > "$f""#, Sandbox.sequential, "--input", path)
            #expect(again.code == 0, "\(again)")
            #expect(ScratchFile.text(sandbox.folder + "/found").contains("mine"))
            unlink(path)
        }
    }

    @Test func `an editor that fails enqueues nothing, and what was written is kept`() throws {
        let answer = try edit(#"echo '{"text": "mine"}' > "$f"; exit 3"#, Sandbox.sequential)
        #expect(answer.code == 1 && answer.errors.contains("ended with 3"), "\(answer)")
        #expect(try kept().count == 1)
        let missing = try edit("true", Sandbox.sequential, editor: "no-such-editor")
        #expect(missing.code == 1 && missing.errors.contains("$EDITOR"), "\(missing)")
        #expect(try sandbox.jobCount() == 0)
    }

    @Test func `a stored job's text is not called lost when the wait for it is too long`() throws {
        let answer = try edit(
            #"echo '{"text": "mine"}' > "$f""#, Sandbox.sequential, "--wait", "--timeout", "1ms")
        #expect(answer.code == 75, "\(answer)")
        #expect(try sandbox.jobCount() == 1)
        #expect(try kept() == [] && !answer.errors.contains("what you wrote"))
    }

    @Test func `a price that is declined loses no text`() throws {
        let answer = try edit(
            #"echo '{"text": "mine"}' > "$f""#, Sandbox.sequential, "--set", "confirm_above_usd=0")
        #expect(answer.code == 64 && answer.errors.contains("what you wrote is in"), "\(answer)")
        #expect(try kept().count == 1)
    }

    @Test func `an editor may have options, and no path is a command`() throws {
        let program = try editor(#"echo "$1" > said; echo '{"text": "x"}' > "$f""#)
        let folder = sandbox.folder + "/a; touch owned; $(touch owned)"
        _ = try sandbox.run("/bin/mkdir", [folder])
        let answer = try sandbox.run(
            "/bin/sh",
            [
                "-c", "cd \(sandbox.folder); exec \"$@\"", "sh", Sandbox.program, "enqueue", "--edit",
                "sequential",
            ],
            environment: ["VISUAL": "\(program) -w", "EDITOR": "false", "TMPDIR": folder])
        #expect(answer.code == 0, "\(answer)")
        #expect(ScratchFile.text(sandbox.folder + "/said") == "-w\n")
        #expect(!ScratchFile.exists(sandbox.folder + "/owned"))
    }

    @Test func `a job like another is edited, and the matrix multiplies what was edited`() throws {
        try sandbox.enqueue()
        let answer = try edit(#"sed -i 's/2 cats/3 dogs/' "$f""#, "--like", "1", "--matrix", "seed=1,2")
        #expect(answer.code == 0, "\(answer)")
        #expect(
            try sandbox.texts("SELECT input FROM jobs WHERE id > 1 ORDER BY id")
                == [#"{"text":"3 dogs","seed":1}"#, #"{"text":"3 dogs","seed":2}"#])
    }

    @Test(.enabled(if: access("/usr/bin/script", X_OK) == 0, "needs script, of bsdutils"))
    func `on a terminal a refusal offers to edit again, with what was written`() throws {
        // The first time it breaks the schema, the second time it mends that.
        let program = try editor(
            #"if grep -q txt "$f"; then sed -i 's/txt/text/' "$f"; else echo '{"txt": "mine"}' > "$f"; fi"#)
        let answer = try sandbox.run(
            "/usr/bin/script",
            ["-qec", "cd \(sandbox.folder); exec \(Sandbox.program) enqueue sequential --edit", "/dev/null"],
            input: "y\n", environment: ["SHELL": "/bin/sh", "EDITOR": program, "TMPDIR": sandbox.folder])
        #expect(answer.code == 0, "\(answer)")
        #expect(
            answer.output.contains("edit it again?") && answer.output.contains("did you mean \"text\"?"),
            "\(answer)")
        #expect(try sandbox.text("SELECT input FROM jobs") == #"{"text":"mine"}"#)
        #expect(try kept() == [])
    }
}
