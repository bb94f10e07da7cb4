import Glibc
import JSON
import SQL
import Scratch
import Testing

@Suite struct GalleryTests {
    private let stage = Stage()
    private var folder: String { stage.folder + "/gallery" }
    private var page: String { FileOnDisk.content(folder + "/index.html") }

    /// A completed job with a file, as jobd would leave it.
    @discardableResult
    private func complete(_ content: String = "GIF89a", name: String = "a.gif", type: String = "image/gif")
        throws
        -> Int64
    {
        let id = try stage.enqueue("2 cats")
        try stage.complete(id, with: content, as: "\(id)-\(name)", type)
        return id
    }

    private func names(_ below: String) throws -> [String] {
        try stage.run("/bin/ls", ["-A", folder + "/" + below]).lines
    }

    @Test func `finished jobs are shown, newest first, and the files stay in place`() throws {
        for _ in 1...3 { try complete() }
        try stage.put(try stage.enqueue("2 cats"), into: "failed")
        let answer = try stage.jobctl("gallery", folder)
        #expect(answer.code == 0 && answer.output == folder + "/index.html\n", "\(answer)")
        #expect(try shown() == [3, 2, 1])
        #expect(try names("files").count == 3)
        let link = folder + "/files/" + (try names("files"))[0]
        #expect(try stage.run("/bin/readlink", [link]).output == stage.state + "/outputs/1-a.gif\n")
        #expect(try stage.jobctl("gallery", folder, "--state", "failed", "-q").output == "4\n")
        #expect(page.contains("it went wrong"))
        let summary = try stage.jobctl("gallery", folder, "--limit", "2", "--json").object()
        #expect(summary["jobs"]?.integer == 2 && summary["files"]?.integer == 2)
    }

    @Test func `ids choose the jobs, of which those that have not ended are named`() throws {
        for _ in 1...3 { try complete() }
        try stage.enqueue("2 cats")
        let answer = try stage.jobctl("gallery", folder, "1,3-4")
        #expect(answer.code == 0 && answer.errors.contains("job 4 is queued"), "\(answer)")
        #expect(try shown() == [3, 1])
    }

    @Test func `of jobs with a pick, only what was picked is shown`() throws {
        for _ in 1...2 { try complete() }
        try stage.execute(
            """
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at)
            SELECT job_id, 2, kind, url || '-2', path, bytes, sha256, media_type, state, downloaded_at FROM outputs
            WHERE job_id = 1
            """)
        #expect(try stage.jobctl("gallery", folder, "--picked", "--json").object()["files"]?.integer == 0)
        #expect(try stage.jobctl("pick", "1", "2").code == 0)
        #expect(try stage.jobctl("gallery", folder, "--picked").code == 0)
        #expect(try shown() == [1] && names("files").count == 1)
        #expect(try names("files")[0].hasPrefix("000001-2-"))
    }

    private func shown() throws -> [Int64] {
        try data().compactMap { $0["id"]?.integer }
    }

    /// The jobs in the page, as its script reads them.
    private func data() throws -> [JSON] {
        let start = try #require(page.firstRange(of: "id=\"data\">")).upperBound
        let end = try #require(page[start...].firstRange(of: "</script>")).lowerBound
        return try #require(try JSON(parsing: page[start..<end], .strict).array)
    }

    @Test func `jobs say what they were made from, and which others that are not shown`() throws {
        try complete()
        for reference in ["job:1", "job:1/pick"] {
            try stage.jobctl("enqueue", Stage.edit, "prompt=again", "images=" + reference, "--no-validate")
        }
        try stage.execute(
            "UPDATE links SET resolved_at = '2026-01-01 00:00:00.000', sent = '[1]' WHERE job_id = 2")
        try stage.complete(2, with: "GIF89a", as: "2.gif", "image/gif")
        try stage.jobctl("pick", "1", "1")
        try stage.jobctl("gallery", folder)
        let (made, source) = (try data()[0], try data()[1])
        #expect(made["from"]?.text == "[[1,[1]]]" && made["to"] == nil)
        #expect(source["from"] == nil && source["to"]?.text == #"[[3,"pick","queued"]]"#)
        #expect(source["f"]?.array?[0]["pick"]?.bool == true && made["f"]?.array?[0]["pick"] == nil)
        try stage.jobctl("gallery", folder, "1")
        #expect(try data()[0]["to"]?.text == #"[[2,[1],"completed"],[3,"pick","queued"]]"#)
        #expect(try names("files").count == 1, "a job that was not chosen gives no file away")
    }

    @Test func `jobs that are gone leave the gallery, and other people's files stay`() throws {
        for _ in 1...3 { try complete() }
        try stage.jobctl("gallery", folder)
        FileOnDisk.write("mine", to: folder + "/files/mine.txt")
        FileOnDisk.write("mine", to: folder + "/mine.txt")
        unlink(stage.state + "/outputs/2-a.gif")
        let answer = try stage.jobctl("gallery", folder, "--json")
        #expect(try answer.object()["removed"]?.integer == 1 && answer.object()["missing"]?.integer == 1)
        #expect(try shown() == [3, 1])
        #expect(try names("files").count == 3)
        #expect(FileOnDisk.content(folder + "/files/mine.txt") == "mine")
        let before = FileOnDisk(folder + "/index.html")?.inode
        try stage.jobctl("gallery", folder)
        #expect(FileOnDisk(folder + "/index.html")?.inode == before)
        #expect(FileOnDisk.content(stage.state + "/outputs/1-a.gif") == "GIF89a")
    }

    @Test func `a copy needs no links, and can be replaced by links again`() throws {
        try complete("GIF89a and more", name: "odd #?%'\".gif")
        try stage.jobctl("gallery", folder, "--copy")
        let name = folder + "/files/" + (try names("files"))[0]
        unlink(stage.state + "/outputs/1-odd #?%'\".gif")
        #expect(FileOnDisk.content(name) == "GIF89a and more")
        #expect(try names("files") == ["000001-1-00000000.gif"])
        FileOnDisk.write("GIF89a and more", to: stage.state + "/outputs/1-odd #?%'\".gif")
        try stage.jobctl("gallery", folder)
        #expect(try stage.run("/bin/readlink", [name]).code == 0)
        #expect(try names("") == [".jobd-gallery", "files", "index.html", "thumbnails"])
    }

    @Test func `a directory with something else in it is refused, and so are the outputs`() throws {
        try complete()
        try stage.run("/bin/mkdir", [folder, stage.folder + "/linked"])
        FileOnDisk.write("mine", to: folder + "/index.html")
        let answer = try stage.jobctl("gallery", folder)
        #expect(answer.code == 1 && answer.errors.contains("no gallery"))
        #expect(try page == "mine" && names("") == ["index.html"])
        symlink(stage.state + "/outputs", stage.folder + "/link")
        for place in ["state/outputs", "state/outputs/new", "link/new", "link"] {
            #expect(try stage.jobctl("gallery", stage.folder + "/" + place).code == 1, "\(place)")
        }
        #expect(try stage.run("/bin/ls", ["-A", stage.state + "/outputs"]).lines == ["1-a.gif"])
        #expect(try stage.jobctl("gallery").code == 64)
        #expect(try stage.jobctl("gallery", folder, "--state", "queued").code == 64)
        #expect(try stage.jobctl("gallery", stage.folder + "/not/there").code == 74)
        // The target of a link in a gallery is not written to.
        try stage.jobctl("gallery", stage.folder + "/linked")
        try stage.run("/bin/rm", ["-r", stage.folder + "/linked/files"])
        symlink(stage.folder, stage.folder + "/linked/files")
        #expect(try stage.jobctl("gallery", stage.folder + "/linked").code == 74)
    }

    private static let hostile = [
        "plain words", "it's", "'", "''\u{301}'; touch pwned; '", "$(touch pwned) `touch pwned` $HOME ${IFS}",
        "a \\ b \\\\ c\\", "\\n is no line", "two\nlines\tand a tab", "\u{1B}[201~\ntouch pwned\n",
        "\u{202E}txt\u{2066}", "!! !$ *?[a-z]{1,2} ~ # & | ; < > ( )", "\"double\" \u{2028}", "@file",
        "-dash", "=", ":=1", "7", "true", "null", "", " ", "😀 中文 مرحبا e\u{301} \u{E9}",
        String(repeating: "long 'words' ", count: 12_000), "\u{7F}\u{9B}31m",
    ]

    /// Pasted into a shell, each command makes the same input, without the database that it came from.
    @Test func `a copied command makes the same again`() throws {
        let image = JSON.array(["https://example.com/a'b.png?x=1&y=$z"])
        var inputs: [JSON] = Self.hostile.map {
            .object(["prompt": .string($0), "images": image, "seed": .number("12345678901234567890")])
        }
        inputs += Self.hostile.map { .object(["x": .array([.string($0), .null, .number("1.0")])]) }
        inputs += Self.hostile.filter { $0 != "" && $0.utf8.count < 1000 }.map { .object([$0: .string($0)]) }
        inputs.append(.object([:]))
        let batch = inputs.map { input in
            JSON.object(["model": .string(Stage.edit), "input": input]).text + "\n"
        }.joined()
        #expect(try stage.jobctl("enqueue", "--batch", "-", "--no-validate", input: batch).code == 0)
        for id in 1...inputs.count { try stage.put(Int64(id), into: "failed") }
        #expect(try stage.jobctl("gallery", folder, "--state", "failed").code == 0)
        let commands = try data().reversed().compactMap { $0["cmd"]?.string }
        #expect(commands.count == inputs.count)
        #expect(commands.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x1B } })
        let script = stage.file("commands.sh", commands.joined(separator: "\n"))
        let programs = String(Program.jobctl.dropLast("/jobctl".count))
        for (number, shell) in ["/bin/bash", "/bin/sh"].enumerated() {
            let state = stage.folder + "/again-\(number)"
            let answer = try stage.run(
                shell, [script], environment: ["JOBD_STATE_DIR": state, "PATH": programs + ":/usr/bin:/bin"])
            let made = try stage.jobctl("list", "--json", environment: ["JOBD_STATE_DIR": state]).objects()
            #expect(made.count == inputs.count, "\(answer.errors.suffix(500))")
            for (again, input) in zip(made, inputs) {
                #expect(again["input"]?.text == input.text && again["validation"] == "waived")
            }
        }
        #expect(!FileOnDisk.exists(stage.folder + "/pwned"))
    }
}

extension Stage {
    /// Completes a job with a picture, as jobd would leave it.
    func complete(_ id: Int64, with content: String, as path: String, _ type: String = "image/png") throws {
        try put(id, into: "completed")
        try run("/bin/mkdir", ["-p", state + "/outputs"])
        FileOnDisk.write(content, to: state + "/outputs/" + path)
        try connection().run(
            """
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, width, height, state,
                downloaded_at)
            VALUES (?1, 1, 'image', 'https://example.com/' || ?1, ?2, ?3, printf('%064x', ?1 << 32), ?4, 600, 400,
                'done', '2026-01-01 00:00:00.000')
            """, id, path, Int64(content.utf8.count), type)
    }
}
