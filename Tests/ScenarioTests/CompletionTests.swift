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
        #expect(try candidates("--st") == ["--state-dir"])
        #expect(try candidates("list", "--la") == ["--label"])
        #expect(try candidates("list", "--state", "f") == ["failed"])
        #expect(try candidates("list", "--state=f") == ["--state=failed"])
        #expect(try candidates("--json", "help", "bac") == ["backup"])
        #expect(try candidates("list", "--state", "held,f") == ["held,failed"])
        #expect(try candidates("list", "--columns", "id,pri") == ["id,priority", "id,price_usd"])
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
    }

    @Test func `ids are those of which a verb can make something`() throws {
        for state in ["held", "queued", "uncertain", "failed", "completed"] {
            try stage.put(try stage.enqueue("2 cats"), into: state)
        }
        #expect(try candidates("release", "") == ["1"])
        #expect(try candidates("cancel", "") == ["2", "1"])
        #expect(try candidates("resolve", "") == ["3"])
        #expect(try candidates("retry", "") == ["4"])
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
        let folder = Program.jobctl.split(separator: "/").dropLast().joined(separator: "/")
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
            "/usr/bin/env", [shell, "-c", body], environment: ["PATH": "/\(folder):/usr/bin:/bin"])
        #expect(answer.lines == [label], "\(answer)")
        #expect(!FileOnDisk.exists(stage.folder + "/owned"))
    }

    @Test func `the manual page tells of every verb and every option`() throws {
        let page = try stage.jobctl("--man", "2026-01-31").output
        #expect(page.hasPrefix(".TH JOBCTL 1 \"2026-01-31\""))
        for verb in try candidates("") {
            #expect(page.contains("\n.SS jobctl \(verb)"), "\(verb)")
            for option in try candidates(verb, "--") {
                #expect(page.contains(option.replacing("-", with: "\\-")), "\(verb) \(option)")
            }
        }
    }

    @Test func `the manual pages are good roff`() throws {
        guard access("/usr/bin/man", X_OK) == 0 else { return }
        let folder = Program.jobctl.split(separator: "/").dropLast().joined(separator: "/")
        for (program, option) in [
            ("jobctl", "--man"), ("jobd", "--man"), ("jobd", "--man-configuration"), ("jobsim", "--man"),
        ] {
            let page = try stage.run("/\(folder)/\(program)", [option, "2026-01-31"])
            let path = stage.file("page.1", page.output)
            let answer = try stage.run("/usr/bin/man", ["--warnings", "-l", "-Tutf8", path])
            #expect(answer.code == 0 && answer.errors == "", "\(program): \(answer.errors)")
            #expect(answer.output.contains("jobd"))
        }
    }
}
