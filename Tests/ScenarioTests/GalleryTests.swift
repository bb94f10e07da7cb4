import Glibc
import JSON
import SQLite
import Testing

@Suite struct GalleryTests {
    private let sandbox: Sandbox
    private var folder: String { sandbox.folder + "/gallery" }
    private var page: String { ScratchFile.text(folder + "/index.html") }
    init() throws { sandbox = try Sandbox() }

    /// A job that has given a file, as jobd would leave it.
    @discardableResult
    private func complete(_ content: String = "GIF89a", name: String = "a.gif", type: String = "image/gif")
        throws
        -> Int64
    {
        let id = try sandbox.enqueue()
        try sandbox.put(id, into: "completed")
        _ = try sandbox.run("/bin/mkdir", ["-p", sandbox.directory + "/outputs"])
        let path = "\(id)-\(name)"
        try ScratchFile.write(content, to: sandbox.directory + "/outputs/" + path)
        try sandbox.connection().run(
            """
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at)
            VALUES (?1, 1, 'image', 'https://example.com/' || ?1, ?2, ?3, printf('%064x', ?1 << 32), ?4, 'done',
                '2026-01-01 00:00:00.000')
            """, id, path, Int64(content.utf8.count), type)
        return id
    }

    private func names(_ below: String) throws -> [String] {
        try sandbox.run("/bin/ls", ["-A", folder + "/" + below]).lines
    }

    @Test func `what was made is shown, newest first, and the files stay where they are`() throws {
        for _ in 1...3 { try complete() }
        try sandbox.put(try sandbox.enqueue(), into: "failed")
        let answer = try sandbox.jobctl("gallery", folder)
        #expect(answer.code == 0 && answer.output == folder + "/index.html\n", "\(answer)")
        #expect(try shown() == [3, 2, 1])
        #expect(try names("files").count == 3)
        let link = folder + "/files/" + (try names("files"))[0]
        #expect(try sandbox.run("/bin/readlink", [link]).output == sandbox.directory + "/outputs/1-a.gif\n")
        #expect(try sandbox.jobctl("gallery", folder, "--state", "failed", "-q").output == "4\n")
        #expect(page.contains("it went wrong"))
        let summary = try sandbox.jobctl("gallery", folder, "--limit", "2", "--json").object()
        #expect(summary["jobs"]?.integer == 2 && summary["files"]?.integer == 2)
    }

    private func shown() throws -> [Int64] {
        let start = try #require(page.firstRange(of: "id=\"data\">")).upperBound
        let data = page[start...].prefix(
            upTo: try #require(page[start...].firstRange(of: "</script>")).lowerBound)
        return try #require(try JSON(parsing: data, .strict).array).compactMap { $0["id"]?.integer }
    }

    @Test func `what is gone goes from the gallery, and what others put there stays`() throws {
        for _ in 1...3 { try complete() }
        try sandbox.jobctl("gallery", folder)
        try ScratchFile.write("mine", to: folder + "/files/mine.txt")
        try ScratchFile.write("mine", to: folder + "/mine.txt")
        unlink(sandbox.directory + "/outputs/2-a.gif")
        let answer = try sandbox.jobctl("gallery", folder, "--json")
        #expect(try answer.object()["removed"]?.integer == 1 && answer.object()["missing"]?.integer == 1)
        #expect(try shown() == [3, 1])
        #expect(try names("files").count == 3)
        #expect(ScratchFile.text(folder + "/files/mine.txt") == "mine")
        let before = try ScratchFile.status(folder + "/index.html").st_ino
        try sandbox.jobctl("gallery", folder)
        #expect(try ScratchFile.status(folder + "/index.html").st_ino == before)
        #expect(ScratchFile.text(sandbox.directory + "/outputs/1-a.gif") == "GIF89a")
    }

    @Test func `a copy stands on its own, and gives way to links again`() throws {
        try complete("GIF89a and more", name: "odd #?%'\".gif")
        try sandbox.jobctl("gallery", folder, "--copy")
        let name = folder + "/files/" + (try names("files"))[0]
        unlink(sandbox.directory + "/outputs/1-odd #?%'\".gif")
        #expect(ScratchFile.text(name) == "GIF89a and more")
        #expect(try names("files") == ["000001-1-00000000.gif"])
        try ScratchFile.write("GIF89a and more", to: sandbox.directory + "/outputs/1-odd #?%'\".gif")
        try sandbox.jobctl("gallery", folder)
        #expect(try sandbox.run("/bin/readlink", [name]).code == 0)
        #expect(try names("") == [".jobd-gallery", "files", "index.html", "thumbnails"])
    }

    @Test func `a directory with something else in it is refused, and so are the outputs`() throws {
        try complete()
        _ = try sandbox.run("/bin/mkdir", [folder, sandbox.folder + "/linked"])
        try ScratchFile.write("mine", to: folder + "/index.html")
        let answer = try sandbox.jobctl("gallery", folder)
        #expect(answer.code == 1 && answer.errors.contains("no gallery"))
        #expect(try page == "mine" && names("") == ["index.html"])
        symlink(sandbox.directory + "/outputs", sandbox.folder + "/link")
        for place in ["state/outputs", "state/outputs/new", "link/new", "link"] {
            #expect(try sandbox.jobctl("gallery", sandbox.folder + "/" + place).code == 1, "\(place)")
        }
        #expect(try sandbox.run("/bin/ls", ["-A", sandbox.directory + "/outputs"]).lines == ["1-a.gif"])
        #expect(try sandbox.jobctl("gallery").code == 64)
        #expect(try sandbox.jobctl("gallery", folder, "--state", "queued").code == 64)
        #expect(try sandbox.jobctl("gallery", sandbox.folder + "/not/there").code == 74)
        // What a link in a gallery leads to is not written to.
        try sandbox.jobctl("gallery", sandbox.folder + "/linked")
        _ = try sandbox.run("/bin/rm", ["-r", sandbox.folder + "/linked/files"])
        symlink(sandbox.folder, sandbox.folder + "/linked/files")
        #expect(try sandbox.jobctl("gallery", sandbox.folder + "/linked").code == 74)
    }

    private static let hostile = [
        "plain words", "it's", "'", "''\u{301}'; touch pwned; '", "$(touch pwned) `touch pwned` $HOME ${IFS}",
        "a \\ b \\\\ c\\", "\\n is no line", "two\nlines\tand a tab", "\u{1B}[201~\ntouch pwned\n",
        "\u{202E}txt\u{2066}",
        "!! !$ *?[a-z]{1,2} ~ # & | ; < > ( )", "\"double\" \u{2028}", "@file", "-dash", "=", ":=1", "7",
        "true", "null",
        "", " ", "😀 中文 مرحبا e\u{301} \u{E9}", String(repeating: "long 'words' ", count: 12_000),
        "\u{7F}\u{9B}31m",
    ]

    /// Pasted into a shell, each command makes the same input: as it stands, without the database it came
    /// from.
    @Test func `a copied command makes the same again`() throws {
        let image = JSON.array(["https://example.com/a'b.png?x=1&y=$z"])
        var inputs: [JSON] = Self.hostile.map {
            .object(["prompt": .string($0), "images": image, "seed": .number("12345678901234567890")])
        }
        inputs += Self.hostile.map { .object(["x": .array([.string($0), .null, .number("1.0")])]) }
        inputs += Self.hostile.filter { $0 != "" && $0.utf8.count < 1000 }.map { .object([$0: .string($0)]) }
        inputs.append(.object([:]))
        let batch = inputs.map { input in
            JSON.object(["model": .string(Sandbox.edit), "input": input]).text + "\n"
        }.joined()
        #expect(try sandbox.jobctl("enqueue", "--batch", "-", "--no-validate", input: batch).code == 0)
        for id in 1...inputs.count { try sandbox.put(Int64(id), into: "failed") }
        #expect(try sandbox.jobctl("gallery", folder, "--state", "failed").code == 0)
        let start = try #require(page.firstRange(of: "id=\"data\">")).upperBound
        let data = page[start...].prefix(
            upTo: try #require(page[start...].firstRange(of: "</script>")).lowerBound)
        let commands = try #require(try JSON(parsing: data).array).reversed().compactMap { $0["cmd"]?.string }
        #expect(commands.count == inputs.count)
        #expect(commands.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x1B } })
        let script = try sandbox.file("commands.sh", commands.joined(separator: "\n"))
        let programs = String(Sandbox.program.dropLast("/jobctl".count))
        for (number, shell) in ["/bin/bash", "/bin/sh"].enumerated() {
            let state = sandbox.folder + "/again-\(number)"
            let answer = try sandbox.run(
                shell, [script], environment: ["JOBD_STATE_DIR": state, "PATH": programs + ":/usr/bin:/bin"])
            let made = try sandbox.jobctl("list", "--json", environment: ["JOBD_STATE_DIR": state]).objects()
            #expect(made.count == inputs.count, "\(answer.errors.suffix(500))")
            for (again, input) in zip(made, inputs) {
                #expect(again["input"]?.text == input.text && again["validation"] == "waived")
            }
        }
        #expect(!ScratchFile.exists(sandbox.folder + "/pwned"))
    }
}
