import Glibc
import Scratch
import Testing

@Suite struct CompletionTests {
    private let stage = Stage()

    /// The candidates for the last of these words.
    private func candidates(_ words: String...) throws -> [String] {
        try stage.jobctl(["complete", "zsh"] + words).lines.map { line in
            line.split(separator: "\t").first.map(String.init) ?? ""
        }
    }

    @Test func `verbs, options and values come from the definitions`() throws {
        #expect(try candidates("ver") == ["verify", "version"])
        #expect(try candidates("--st") == ["--state-dir", "--store"])
        #expect(try candidates("list", "--la") == ["--label"])
        #expect(try candidates("list", "--state", "f") == ["failed"])
        #expect(try candidates("list", "--state=f") == ["--state=failed"])
        #expect(try candidates("--json", "help", "bac") == ["backup"])
        #expect(try candidates("list", "--state", "held,f") == ["held,failed"])
        #expect(try candidates("list", "--columns", "id,pri") == ["id,priority", "id,price_usd"])
        #expect(try candidates("files", "--kind", "image,v") == ["image,video"])
        #expect(try candidates("list", "--sort", "-co") == ["-cost"])
        #expect(try candidates("li", "--rev") == ["--reverse"])
        #expect(try candidates("completion", "") == ["bash", "zsh", "fish"])
        #expect(try candidates("backup", "") == [":files"])
        #expect(try candidates("gallery", "") == [":directories"])
        #expect(try candidates("list", "--state-dir", "") == [":directories"])
        #expect(try candidates("nonsense", "") == [])
        #expect(try candidates("list", "--model", "seq") == ["sequential"])
        #expect(try candidates("enqueue", "seedream-4-0/seq") == ["seedream-4-0/sequential"])
        #expect(try candidates("events", "--kind", "he") == ["held"])
        #expect(try candidates("events", "--kind", "held,rel") == ["held,released"])
    }

    @Test func `ids are those of which a verb can make something`() throws {
        for state in ["held", "queued", "uncertain", "failed", "completed"] {
            try stage.put(try stage.enqueue("2 cats"), into: state)
        }
        #expect(try candidates("release", "") == ["1"])
        #expect(try candidates("cancel", "") == ["2", "1"])
        #expect(try candidates("resolve", "") == ["3"])
        #expect(try candidates("retry", "") == ["4"])
        #expect(try candidates("open", "") == ["5"])
        #expect(try candidates("show", "") == ["5", "4", "3", "2", "1"])
        #expect(try candidates("cancel", "2", "") == ["1"])
    }

    @Test func `a model's keys and choices are known`() throws {
        #expect(try candidates("enqueue", "bytedance/seedream-4-0/seq") == [Stage.sequential])
        #expect(try candidates("enqueue", Stage.sequential, "image") == ["image_size="])
        #expect(
            try candidates("enqueue", Stage.sequential, "image_size=256") == ["image_size=2560:1440 (16:9)"]
        )
        // A key that was given is not offered again.
        #expect(try !candidates("enqueue", Stage.sequential, "text=x", "").contains("text="))
    }

    @Test func `the keys of a matrix, what is left out, and the jobs to be like are known`() throws {
        try stage.enqueue("2 cats")
        #expect(try candidates("enqueue", "sequential", "--matrix", "image") == ["image_size="])
        #expect(
            try candidates("enqueue", "sequential", "--matrix", "optimize_prompt_options=fast,")
                == ["optimize_prompt_options=fast,standard"])
        #expect(try candidates("enqueue", "--like", "") == ["1"])
        #expect(try candidates("enqueue", "--like", "1", "image") == ["image_size="])
        #expect(try candidates("rerun", "1", "--without", "see") == ["seed"])
        #expect(try candidates("rerun", "1", "image") == ["image_size="])
        #expect(try candidates("rerun", "--from", "") == [":files"])
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `a shell completes what a person wrote without running it`(shell: String) throws {
        guard ["/bin/", "/usr/bin/"].contains(where: { access($0 + shell, X_OK) == 0 }) else { return }
        let label = "$(touch \(stage.folder)/owned) it's"
        try stage.enqueue("2 cats", "--label", label)
        let script = stage.file("script", try stage.jobctl("completion", shell).output)
        let body =
            switch shell {
            case "bash":
                """
                source \(script); compopt() { :; }
                COMP_LINE='jobctl list --label '; COMP_POINT=${#COMP_LINE}; _jobctl jobctl '' --label
                eval "printf '%s\\n' ${COMPREPLY[0]}"
                """
            case "zsh":
                """
                compdef() { :; }; compadd() { print -r -- "${@[-1]}"; }; source \(script)
                words=(jobctl list --label ''); CURRENT=4; _jobctl
                """
            default: "source \(script); complete -C 'jobctl list --label '"
            }
        let answer = try stage.run(
            "/usr/bin/env", [shell, "-c", body], environment: ["PATH": "\(folder):/usr/bin:/bin"])
        #expect(answer.lines == [label], "\(answer)")
        #expect(!FileOnDisk.exists(stage.folder + "/owned"))
    }

    @Test func `the manual page names every verb, whose page tells of every option`() throws {
        let overview = try stage.jobctl("--man", "2026-01-31").output
        #expect(overview.hasPrefix(".TH JOBCTL 1 \"2026-01-31\""))
        for verb in try candidates("") {
            let name = verb.replacing("-", with: "\\-")
            #expect(overview.contains("\n.TP\n\\fBjobctl\\-\(name)(1)\\fR\n"), "\(verb)")
            let page = try stage.jobctl("--man", "2026-01-31", verb).output
            #expect(page.hasPrefix(".TH JOBCTL\\-\(name.uppercased()) 1 \"2026-01-31\""), "\(page)")
            for option in try candidates(verb, "--") {
                #expect(page.contains(option.replacing("-", with: "\\-")), "\(verb) \(option)")
            }
        }
    }

    private let folder = "/" + Program.jobctl.split(separator: "/").dropLast().joined(separator: "/")

    @Test(arguments: ["bash", "zsh", "fish"])
    func `jobd and jobsim print scripts that complete their options`(shell: String) throws {
        guard ["/bin/", "/usr/bin/"].contains(where: { access($0 + shell, X_OK) == 0 }) else { return }
        mkdir(stage.folder + "/in", 0o755)
        for (program, line, candidates) in [
            ("jobd", "--com", ["--completion"]), ("jobd", "--completion ", ["bash", "zsh", "fish"]),
            ("jobd", "--set retry.a", ["retry.attempts="]),
            ("jobd", "--state-dir \(stage.folder)/in", ["in/"]),
            ("jobsim", "--bal", ["--balance"]), ("jobsim", "--queue ", []),
        ] {
            let script = try stage.run("\(folder)/\(program)", ["--completion", shell]).output
            let body = Self.asking(shell, stage.file("script", script), program, line)
            let answer = try stage.run("/usr/bin/env", [shell, "-c", body])
            let lines = answer.lines.map { $0.prefix { $0 != "\t" }.replacing(stage.folder + "/", with: "") }
            if shell == "zsh" {
                // What zsh makes of the descriptions cannot be seen without a terminal.
                #expect(script.contains("'--completion=[") && answer.errors == "", "\(answer)")
                #expect(lines.contains { $0.hasPrefix("--completion=[print a") }, "\(answer)")
            } else {
                let found = Set(lines.map { $0 == "in" ? "in/" : String($0) }.filter { !$0.isEmpty })
                #expect(found == Set(candidates), "\(line): \(answer)")
            }
        }
        #expect(try stage.run("\(folder)/jobd", ["--completion", "sh"]).code == 64)
    }

    /// A script that prints the candidates for the end of a line.
    private static func asking(
        _ shell: String, _ script: String, _ program: String, _ line: String
    ) -> String {
        switch shell {
        case "bash":
            """
            source \(script); compopt() { :; }
            COMP_WORDS=(\(program) \(line)\(line.hasSuffix(" ") ? "''" : ""))
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _\(program); printf '%s\\n' "${COMPREPLY[@]}"
            """
        case "zsh": "compdef() { :; }; _arguments() { print -rl -- \"$@\"; }; source \(script); _\(program)"
        default: "source \(script); complete -C '\(program) \(line)'"
        }
    }

    @Test func `the manual pages are good roff`() throws {
        guard access("/usr/bin/man", X_OK) == 0 else { return }
        let verbs = try candidates("").map { ("jobctl", ["--man", "2026-01-31", $0]) }
        for (program, words) in verbs + [
            ("jobctl", ["--man", "2026-01-31"]), ("jobd", ["--man", "2026-01-31"]),
            ("jobd", ["--man-configuration", "2026-01-31"]), ("jobsim", ["--man", "2026-01-31"]),
        ] {
            let page = try stage.run("\(folder)/\(program)", words)
            let path = stage.file("page.1", page.output)
            let answer = try stage.run("/usr/bin/man", ["--warnings", "-l", "-Tutf8", path])
            #expect(answer.code == 0 && answer.errors == "", "\(program): \(answer.errors)")
            #expect(answer.output.contains("jobd"))
        }
    }
}
