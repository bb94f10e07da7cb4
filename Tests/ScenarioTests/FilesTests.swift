import Glibc
import JSON
import Scratch
import Testing

@Suite struct FilesTests {
    private let stage = Stage()

    /// A completed job for each name.
    private func complete(_ names: String..., label: String = "x") throws {
        for name in names {
            try stage.complete(try stage.enqueue("2 cats", "--label", label), with: "GIF89a", as: name)
        }
    }

    private func path(_ name: String) -> String { "\(stage.state)/outputs/\(name)" }

    private func files(_ words: String...) throws -> [String] {
        let answer = try stage.jobctl(["files"] + words)
        #expect(answer.code == 0 && answer.errors == "", "\(answer)")
        return answer.lines
    }

    @Test func `the absolute path of each finished file is on a line, and jobs are chosen as everywhere`()
        throws
    {
        try complete("a.png", "b.png")
        try complete("c.png", label: "y")
        try stage.enqueue("2 cats")
        #expect(try files() == ["a.png", "b.png", "c.png"].map(path))
        #expect(try files("2-3") == ["b.png", "c.png"].map(path))
        #expect(try files("--label", "x", "--state", "completed") == ["a.png", "b.png"].map(path))
        #expect(try files("--limit", "2") == [path("c.png")])
        #expect(try files("--limit", "2", "--label", "x") == ["a.png", "b.png"].map(path))
        #expect(try files("-q", "--label", "x") == ["1", "2"])
        #expect(try stage.jobctl("files", "1", "--label", "x").code == 64)
        let unknown = try stage.jobctl("files", "99")
        #expect(unknown.code == 0 && unknown.output.isEmpty && unknown.errors.contains("no job 99"))
    }

    @Test func `-0 ends each path with a NUL, and a number below zero is still a number`() throws {
        try complete("a b.png", "c\nd.png")
        #expect(try stage.jobctl("files", "-0").output == "\(path("a b.png"))\0\(path("c\nd.png"))\0")
        #expect(try stage.jobctl("files", "--null").output.utf8.count { $0 == 0 } == 2)
        let answer = try stage.jobctl("list", "-0")
        #expect(answer.errors.contains("\"-0\" is not an id"), "\(answer)")
    }

    @Test func `files are chosen by their kind`() throws {
        try complete("a.png", "b.mp4", "c.mp3")
        try stage.execute("UPDATE outputs SET kind = 'video' WHERE job_id = 2")
        try stage.execute("UPDATE outputs SET kind = 'audio' WHERE job_id = 3")
        #expect(try files("--kind", "video") == [path("b.mp4")])
        #expect(try files("--kind", "image,audio") == [path("a.png"), path("c.mp3")])
        let typo = try stage.jobctl("files", "--kind", "vidio")
        #expect(typo.code == 64 && typo.errors.contains("did you mean video?"), "\(typo)")
    }

    @Test func `no file is an empty answer, which a sentence explains`() throws {
        try stage.enqueue("2 cats")
        for (words, says) in [([], "no finished file"), (["--kind", "video"], "no finished file matches")] {
            let answer = try stage.jobctl(["files"] + words)
            #expect(answer.code == 0 && answer.output == "", "\(answer)")
            #expect(words.isEmpty ? answer.errors == says + "\n" : answer.errors.contains("no finished file"))
        }
    }

    @Test func `every object of a file has its absolute path, and null where there is no file`() throws {
        try complete("a.png", "b.png", "c.png")
        try stage.execute("UPDATE outputs SET state = 'pending', downloaded_at = NULL WHERE job_id = 2")
        try stage.execute("UPDATE outputs SET removed_at = downloaded_at WHERE job_id = 3")
        let elsewhere = stage.folder + "/elsewhere.png"
        try stage.execute(
            """
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at)
            SELECT 1, 2, 'image', 'https://a/2', '\(elsewhere)', 6, sha256, media_type, state, downloaded_at
            FROM outputs WHERE job_id = 1
            """)
        for words in [["list"], ["show", "1-3"], ["export"], ["wait", "1-3"]] {
            let found = try stage.jobctl(words + ["--json"]).objects().flatMap { $0["outputs"]?.array ?? [] }
            #expect(
                found.map { $0["file"] } == [.string(path("a.png")), .string(elsewhere), .null, .null],
                "\(words)")
        }
        let objects = try stage.jobctl("files", "--json").objects()
        #expect(objects.map { $0["file"]?.string } == [path("a.png"), elsewhere])
        #expect(objects.first?["job_id"]?.integer == 1 && objects.first?["media_type"] == "image/png")
        #expect(
            try stage.jobctl("list", "--columns", "id,file,files").lines
                == ["1\t\(path("a.png"))\t2", "2\t\t0", "3\t\t0"])
    }

    @Test func `the sidecar and what on_finish is told have the path, too`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue()
        let told = stage.folder + "/told"
        try await stage.drain(#"on_finish=["/usr/bin/tee", "\#(told)"]"#)
        let path = try #require(try await stage.jobctl("files").lines.first)
        #expect(FileOnDisk.exists(path) && path.hasSuffix("/000001-1.png"))
        for text in [told, path.replacing("000001-1.png", with: "000001.json")].map(FileOnDisk.content) {
            let outputs = try JSON(parsing: text)["outputs"]?.array
            #expect(outputs?.map { $0["file"] } == [.string(path)], "\(text)")
        }
    }

    @Test func `the details in watch have the whole path`() throws {
        try complete("a.png")
        let terminal = try PseudoTerminal(stage, ["watch"], columns: 200)
        try terminal.shows("completed")
        try terminal.type("\r", shows: path("a.png"))
        #expect(try terminal.finish(typing: "\u{3}") == 130)
    }

    @Test func `a list of failures says why each failed`() throws {
        try complete("a.png")
        try stage.put(try stage.enqueue("2 cats"), into: "failed")
        let line = try #require(try stage.jobctl("list", "--state", "failed").lines.first)
        #expect(line.hasSuffix("\t2 cats\tit went wrong"), "\(line)")
        #expect(try stage.jobctl("list", "--state", "failed", "--json").object()["outputs"] == .array([]))
        let long = String(repeating: "it went wrong ", count: 20)
        try stage.execute("UPDATE jobs SET error_message = '\(long)' WHERE id = 2")
        let screen = try stage.onTerminal("list --state failed", environment: ["NO_COLOR": "1"]).output
        #expect(screen.contains("ERROR MESSAGE") && screen.contains("it went wrong it"), "\(screen)")
        #expect(screen.split(separator: "\r\n").allSatisfy { $0.count <= 80 })
        #expect(try !stage.jobctl("list").output.contains("it went wrong"))
    }
}

@Suite struct OpenTests {
    private let stage = Stage()

    /// A program that writes what it was told to a file of its own name, and ends with `code`.
    private func program(_ name: String, endingWith code: Int = 0) -> String {
        let path = stage.file(
            name,
            """
            #!/bin/sh
            echo noise; echo more noise >&2
            printf '%s\\n' "$@" "token $RUNCOMFY_TOKEN" > '\(stage.folder)/said-by-\(name)'
            exit \(code)
            """)
        chmod(path, 0o700)
        return path
    }

    private func said(by name: String) -> [String] {
        FileOnDisk.content("\(stage.folder)/said-by-\(name)").split(separator: "\n").map(String.init)
    }

    /// On a slow machine the answer does not wait for the program.
    private func waits(for name: String, toSay words: [String]) throws {
        try eventually("\(name) said \(words)") { said(by: name) == words }
    }

    private func complete(_ name: String) throws -> String {
        try stage.complete(try stage.enqueue("2 cats"), with: "GIF89a", as: name)
        return "\(stage.state)/outputs/\(name)"
    }

    private func open(_ words: String..., browser: String, path: String = "/nowhere") throws -> Answer {
        try stage.jobctl(
            ["open"] + words,
            environment: ["BROWSER": browser, "PATH": path, "RUNCOMFY_TOKEN": Stage.token])
    }

    @Test func `a job's file is opened with the first program of $BROWSER that can`() throws {
        let file = try complete("a b.png")
        let (bad, good) = (program("bad", endingWith: 3), program("good"))
        let answer = try open("1", browser: "/no/such/program:\(bad):\(good) --new=%s 50%% &")
        #expect(answer.code == 0 && answer.output == "", "\(answer)")
        #expect(answer.errors == "\(good) opens \(file)\n")
        try waits(for: "bad", toSay: [file, "token "])
        try waits(for: "good", toSay: ["--new=\(file)", "50%", "token "])
    }

    @Test func `without $BROWSER the desktop's program opens it`() throws {
        let file = try complete("a.png")
        _ = program("xdg-open")
        let answer = try open("1/1", browser: "", path: stage.folder + ":/usr/bin:/bin")
        #expect(answer.code == 0, "\(answer)")
        try waits(for: "xdg-open", toSay: [file, "token "])
        let object = try stage.jobctl("open", "1", "--json", environment: ["BROWSER": program("good")])
            .object()
        #expect(object["file"] == .string(file) && object["program"]?.string?.hasSuffix("good") == true)
    }

    /// A program that runs on: the answer does not wait for it, and its terminal's Ctrl-C does not reach it.
    @Test func `a program that runs on is left alone`() throws {
        _ = try complete("a.png")
        let path = stage.file(
            "viewer", "#!/bin/sh\nps -o sid= -p $$ > '\(stage.folder)/session'; exec sleep 600\n")
        chmod(path, 0o700)
        let answer = try open("1", browser: path, path: "/usr/bin:/bin")
        #expect(answer.code == 0, "\(answer)")
        var session: Int32?
        try eventually("it says what its session is") {
            session = Int32(FileOnDisk.content(stage.folder + "/session").filter(\.isNumber))
            return session != nil
        }
        let process = try #require(session)
        // It leads its own session, and is still there.
        #expect(process != getsid(0) && kill(process, SIGKILL) == 0)
    }

    @Test func `what cannot be opened is named`() throws {
        let file = try complete("a.png")
        let nobody = try open("1", browser: "")
        #expect(
            nobody.code == 1 && nobody.errors.contains("no program was found to open \(file)"), "\(nobody)")
        #expect(nobody.errors.contains("$BROWSER"))
        let bad = program("bad", endingWith: 3)
        let unable = try open("1", browser: bad)
        #expect(unable.code == 1 && unable.errors.contains("\(bad) could not open \(file)"), "\(unable)")
        let good = program("good")
        try stage.enqueue("2 cats")
        for (words, says, code) in [
            ("1/2", "job 1 has no file 2", 1), ("2", "job 2 has no file yet", 1), ("3", "no job 3", 1),
            ("1/x", "is no job or file", 64), ("1/1/1", "is no job or file", 64),
        ] as [(String, String, Int32)] {
            let answer = try open(words, browser: good)
            #expect(answer.code == code && answer.errors.contains(says), "\(answer)")
        }
        unlink(file)
        let gone = try open("1", browser: good)
        #expect(gone.code == 1 && gone.errors.contains("\(file) is not there any more"), "\(gone)")
        try stage.execute("UPDATE outputs SET removed_at = downloaded_at")
        #expect(try open("1", browser: good).errors.contains("was pruned"))
        #expect(said(by: "good") == [])
    }
}
