import Glibc
import JSON
import Scratch
import Testing

/// Local files that are given to `enqueue`.
@Suite struct LocalFileTests {
    private let stage = Stage()

    /// A fixture under another name, beside the state directory.
    @discardableResult
    private func fixture(_ name: String, as copy: String? = nil) -> String {
        let path = stage.scratch[copy ?? name]
        FileOnDisk.write(
            FileOnDisk.bytes(FileOnDisk.repository + "/Tests/Fixtures/media/" + name) ?? [], to: path)
        return path
    }

    private var copies: [String] { FileOnDisk.names(stage.state + "/inputs") }

    private func edit(_ words: String..., environment: [String: String] = [:]) throws -> Answer {
        try stage.jobctl(["enqueue", Stage.edit, "prompt=x"] + words, environment: environment)
    }

    private func storedImages(_ id: Int64 = 1) throws -> [String] {
        let input = try #require(try stage.text("SELECT input FROM jobs WHERE id = \(id)"))
        return try JSON(parsing: input)["images"]?.array?.compactMap(\.string) ?? []
    }

    private func hash(_ path: String) -> String {
        String(Program.run("sha256sum", path).output.prefix { $0 != " " })
    }

    @Test func `a path is copied under the hash of its content and stored by that name`() throws {
        let (png, jpg) = (fixture("still.png", as: "a fox.PNG"), fixture("still.jpg"))
        let answer = try edit("images=\(png)", "images=\(jpg)", "images=https://example.com/a.png", "-q")
        #expect(answer.code == 0, "\(answer)")
        let names = [hash(png) + ".png", hash(jpg) + ".jpg"]
        #expect(try storedImages() == names.map { "file:" + $0 } + ["https://example.com/a.png"])
        #expect(copies == names.sorted())
        #expect(FileOnDisk.bytes(stage.state + "/inputs/" + names[0]) == FileOnDisk.bytes(png))
        #expect(FileOnDisk(stage.state + "/inputs")?.mode == 0o700)
        #expect(FileOnDisk(stage.state + "/inputs/" + names[0])?.mode == 0o600)
        #expect(
            try stage.texts("SELECT path || ' ' || name || ' ' || original FROM input_files")
                == ["$.images[0] \(names[0]) \(png)", "$.images[1] \(names[1]) \(jpg)"])
    }

    @Test func `the same content is kept once and the original may go`() throws {
        let (first, second) = (fixture("still.png", as: "a.png"), fixture("still.png", as: "b.png"))
        #expect(try edit("images=\(first)").code == 0)
        let inode = FileOnDisk(stage.state + "/inputs/" + copies[0])?.inode
        #expect(try edit("images=\(second)", "images=file:\(first)").code == 0)
        #expect(copies.count == 1 && FileOnDisk(stage.state + "/inputs/" + copies[0])?.inode == inode)
        unlink(first)
        unlink(second)
        #expect(try stage.jobctl("rerun", "1", "--yes").code == 0)
        #expect(try storedImages(3) == ["file:" + copies[0]])
        let shown = try stage.jobctl("show", "3")
        #expect(shown.output.contains(first) || shown.output.contains(second), "\(shown)")
        let file = try #require(try stage.jobctl("show", "1", "--json").object()["input_files"]?.array?.first)
        #expect(file["original"]?.string == first && file["name"]?.string == copies[0])
        #expect(file["file"]?.string == stage.state + "/inputs/" + copies[0] && file["bytes"]?.integer == 208)
    }

    @Test func `in JSON and without a schema a path needs its scheme`() throws {
        let png = fixture("still.png")
        let json = #"{"prompt":"x","images":["file:\#(png)"]}"#
        #expect(try stage.jobctl("enqueue", Stage.edit, "--input", "-", input: json).code == 0)
        #expect(try storedImages() == ["file:" + copies[0]])
        let bare = #"{"prompt":"x","images":["\#(png)"]}"#
        let refused = try stage.jobctl("enqueue", Stage.edit, "--input", "-", input: bare)
        #expect(refused.code == 65 && refused.errors.contains("write file:PATH"), "\(refused)")
        #expect(try stage.jobctl("enqueue", "t/unknown", "image=file:\(png)", "text=\(png)").code == 0)
        #expect(
            try stage.text("SELECT input FROM jobs WHERE id = 2")
                == #"{"image":"file:\#(copies[0])","text":"\#(png)"}"#)
        // A text in a property that is no file stays as it is.
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=file:\(png)").code == 0)
        #expect(try stage.text("SELECT input FROM jobs WHERE id = 3") == #"{"text":"file:\#(png)"}"#)
    }

    @Test func `a relative path is relative to the current directory, in a batch too`() throws {
        fixture("still.png", as: "fox.png")
        let line = #"{"model":"\#(Stage.edit)","input":{"prompt":"x","images":["file:fox.png"]}}"#
        stage.file("jobs.jsonl", line + "\n" + line.replacing("\"x\"", with: "\"y\"") + "\n")
        let script = "cd \(stage.folder) && \(Program.jobctl)"
        let batch = try stage.run(
            "/bin/sh", ["-c", script + " enqueue --batch \(stage.scratch["jobs.jsonl"])"])
        #expect(batch.code == 0, "\(batch)")
        let one = try stage.run(
            "/bin/sh", ["-c", script + " enqueue \(Stage.edit) prompt=z images=./fox.png"])
        #expect(one.code == 0, "\(one)")
        #expect(copies.count == 1)
        #expect(
            try stage.texts("SELECT DISTINCT original FROM input_files ORDER BY original")
                == [stage.folder + "/./fox.png", stage.folder + "/fox.png"])
    }

    @Test func `what cannot be read or is no ordinary file ends with 66 and stores nothing`() throws {
        mkfifo(stage.scratch["pipe.png"], 0o600)
        for path in ["none.png", stage.folder, stage.scratch["pipe.png"], "/dev/null", "-", "~/fox.png"] {
            let answer = try edit("images=\(path)")
            #expect(answer.code == 66 && answer.errors.contains("$.images[0]: "), "\(path): \(answer)")
        }
        let line = #"{"model":"\#(Stage.edit)","input":{"prompt":"x","images":["file:none.png"]}}"#
        let batch = try stage.jobctl("enqueue", "--batch", "-", input: "\n" + line)
        #expect(
            batch.code == 66 && batch.errors.contains("line 2: $.images[0]: cannot read none.png"), "\(batch)"
        )
        #expect(!FileOnDisk.exists(stage.state), "a refused order makes no store")
    }

    @Test func `type, size and the model's rules are checked on the spot and every fault has its path`()
        throws
    {
        let text = stage.file("fake.png", "this is no picture")
        let empty = stage.file("empty.png", "")
        let film = fixture("film.mp4")
        let cut = stage.scratch["cut.png"]
        FileOnDisk.write(Array((FileOnDisk.bytes(fixture("still.png")) ?? []).dropLast(30)), to: cut)
        let small = stage.file(
            "small.gif", "GIF89a\u{1}\0\u{1}\0\0\0\0,\0\0\0\0\u{1}\0\u{1}\0\0\u{2}\u{1}\0\0;")
        let answer = try edit(
            "images=\(text)", "images=\(empty)", "images=\(film)", "images=\(cut)", "images=\(small)")
        #expect(answer.code == 65, "\(answer)")
        for words in [
            "$.images[0]: is text/plain, although its name ends in .png", "$.images[1]: is empty",
            "$.images[2]: is video/mp4, not image", "$.images[3]: is cut short",
            "$.images[4]: is 1 pixels wide; at least 14 is needed",
        ] { #expect(answer.errors.contains(words), "\(words): \(answer)") }
        #expect(!FileOnDisk.exists(stage.state))
        #expect(try edit("images=\(film)", "--no-validate").code == 0)
        #expect(try stage.jobctl("validate", Stage.edit, "prompt=x", "images=\(small)").code == 65)
        let valid = try stage.jobctl(
            "validate", Stage.edit, "prompt=x", "images=\(fixture("still.png"))", "--json")
        #expect(valid.code == 0 && valid.output.contains(#""width":40"#), "\(valid)")
    }

    @Test func `without a storage a file has at most 6 MiB and a request 48`() throws {
        func large(_ name: String, _ bytes: Int) -> String {
            let path = stage.file(name, "x")
            truncate(path, bytes)
            return path
        }
        let model = "t/unknown"
        let (fits, over) = (large("fits", 6 << 20), large("over", (6 << 20) + 1))
        let refused = try stage.jobctl("enqueue", model, "a=file:\(fits)", "b=file:\(over)", "--no-validate")
        #expect(refused.code == 65 && refused.errors.contains("$.b: has 6291457 bytes"), "\(refused)")
        #expect(refused.errors.contains("storage.url") && !refused.errors.contains("$.a"))
        #expect(try stage.jobctl("enqueue", model, "a=file:\(fits)").code == 0)
        let images = (0..<7).map { "images=file:" + large("\($0)", (6 << 20) - 10 - $0) }
        let many = try stage.jobctl(["enqueue", model] + images)
        #expect(
            many.code == 65 && many.errors.contains("48 MiB") && many.errors.contains("storage.url"),
            "\(many)")
        #expect(try stage.jobctl(["enqueue", model] + images.dropLast(2)).code == 0)
        #expect(copies.count == 6)
        let via = ["enqueue", model, "b=file:\(over)", "--set", "inputs.via=storage"]
        let nowhere = try stage.jobctl(via)
        #expect(nowhere.code == 78 && nowhere.errors.contains("inputs.via=storage needs storage.url"))
        let stored = try stage.jobctl(via + ["--set", "storage.url=s3://bucket"])
        #expect(stored.code == 0, "\(stored)")
    }

    @Test func `a dry run copies nothing and shows what would be stored`() throws {
        let png = fixture("still.png")
        let answer = try edit("images=\(png)", "--dry-run", "--json")
        #expect(answer.code == 0 && answer.output.contains("file:" + hash(png) + ".png"), "\(answer)")
        #expect(!FileOnDisk.exists(stage.state))
    }

    @Test func `a matrix makes a job for each file and other copies keep theirs`() throws {
        let (png, jpg) = (fixture("still.png"), fixture("still.jpg"))
        let matrix = try stage.jobctl("enqueue", Stage.edit, "prompt=x", "--matrix", "images=\(png),\(jpg)")
        #expect(matrix.code == 0 && copies.count == 2, "\(matrix)")
        #expect(
            try storedImages(1) == ["file:\(hash(png)).png"] && storedImages(2) == ["file:\(hash(jpg)).jpg"])
        #expect(try stage.jobctl("enqueue", "--like", "2", "prompt=y").code == 0)
        #expect(try stage.jobctl("rerun", "3", "images=\(png)", "--yes").code == 0)
        #expect(try storedImages(4) == ["file:\(hash(png)).png"])
        let refused = try edit("images=file:\(String(repeating: "0", count: 64)).png")
        #expect(refused.code == 65 && refused.errors.contains("is not in inputs/"), "\(refused)")
        #expect(try stage.number("SELECT count(*) FROM input_files WHERE original IS NULL") == 0)
    }

    @Test func `a batch with --make orders again what has another content`() throws {
        let png = fixture("still.png", as: "fox.png")
        let line =
            #"{"model":"\#(Stage.edit)","key":"fox","input":{"prompt":"x","images":["file:\#(png)"]}}"#
        func make() throws -> Answer { try stage.jobctl("enqueue", "--batch", "-", "--make", input: line) }
        #expect(try make().code == 0)
        #expect(try make().errors.contains("was there already"))
        FileOnDisk.write(FileOnDisk.bytes(fixture("still.jpg")) ?? [], to: png)
        let changed = try make()
        #expect(changed.errors.contains("new: fox (images)"), "\(changed)")
        #expect(try stage.jobCount() == 2)
    }

    @Test func `a link is followed and a name with blanks and commas is taken as it is`() throws {
        let png = fixture("still.png", as: "a, b c.png")
        symlink(png, stage.scratch["link.png"])
        #expect(try edit("images=\(stage.scratch["link.png"])", "images=\(png)").code == 0)
        #expect(copies.count == 1)
        let json = try stage.jobctl("show", "1", "--json").object()["input_files"]?.array
        #expect(json?.compactMap { $0["original"]?.string } == [stage.scratch["link.png"], png])
    }

    @Test func `a group's directory lets its members share the copies`() throws {
        mkdir(stage.state, 0o700)
        chmod(stage.state, 0o2770)
        #expect(try edit("images=\(fixture("still.png"))").code == 0)
        #expect(FileOnDisk(stage.state + "/inputs")?.mode == 0o2770)
        #expect(FileOnDisk(stage.state + "/inputs/" + copies[0])?.mode == 0o640)
    }

    @Test func `a full disk ends with 74, and neither a job nor half a file is left`() throws {
        #expect(try edit("images=\(fixture("still.jpg"))").code == 0)
        let layer = [
            "LD_PRELOAD": Program.folder + "libFaultLayer.so", "JOBD_FAULT_ROOT": stage.state + "/inputs",
            "JOBD_FAULT_FAIL": "write:\(ENOSPC):1:",
        ]
        let answer = try edit("images=\(fixture("still.png"))", environment: layer)
        #expect(answer.code == 74 && answer.errors.contains("No space left"), "\(answer)")
        #expect(try stage.jobCount() == 1)
        #expect(copies == [hash(fixture("still.jpg")) + ".jpg"])
    }

    @Test func `an order that is refused at the end leaves no copy behind`() throws {
        let line = #"{"model":"t/m","key":"k","input":{"image":"file:\#(fixture("still.png"))"}}"#
        #expect(try stage.jobctl("enqueue", "--batch", "-", input: line).code == 0)
        let other = line.replacing("still.png", with: "still.jpg")
        fixture("still.jpg")
        let existing = try stage.jobctl("enqueue", "--batch", "-", input: other)
        #expect(existing.errors.contains("with another input"), "\(existing)")
        #expect(copies == [hash(fixture("still.png")) + ".png"])
    }

    // MARK: - Care

    @Test func `prune removes the copies that no job needs and no others`() throws {
        #expect(try edit("images=\(fixture("still.png"))").code == 0)
        #expect(try edit("images=\(fixture("still.jpg"))").code == 0)
        #expect(try stage.jobctl("prune", "--inputs", "--yes").code == 1, "jobs need all of them")
        try stage.put(1, into: "completed")
        #expect(try stage.jobctl("prune", "--inputs", "--yes").code == 1, "a rerun needs them")
        FileOnDisk.write("half", to: stage.state + "/inputs/.new-1")
        #expect(try stage.jobctl("prune", "--older-than", "1s", "--inputs", "--yes").code == 0)
        #expect(copies == [hash(fixture("still.jpg")) + ".jpg"], "and what a killed program left")
        #expect(try stage.number("SELECT count(*) FROM input_files") == 1)
        try stage.put(2, into: "failed")
        try stage.execute("DELETE FROM jobs WHERE id = 2")
        let listed = try stage.jobctl("prune", "--inputs", "--dry-run")
        #expect(listed.lines == [stage.state + "/inputs/" + copies[0]] && copies.count == 1, "\(listed)")
        #expect(try stage.jobctl("prune", "--inputs").code == 64, "it asks")
        let pruned = try stage.jobctl("prune", "--inputs", "--yes", "--json")
        #expect(pruned.code == 0 && copies.isEmpty, "\(pruned)")
        #expect(try pruned.object()["files"]?.integer == 1)
    }

    @Test func `verify finds missing and damaged copies and copies them again from where they were`() throws {
        let (png, jpg) = (fixture("still.png"), fixture("still.jpg"))
        #expect(try edit("images=\(png)", "images=\(jpg)").code == 0)
        #expect(try stage.jobctl("verify").code == 0)
        let paths = [stage.state + "/inputs/\(hash(png)).png", stage.state + "/inputs/\(hash(jpg)).jpg"]
        unlink(paths[0])
        FileOnDisk.write("damaged", to: paths[1])
        let found = try stage.jobctl("verify", "--json")
        #expect(found.code == 1)
        let kinds = try found.objects().map { "\($0["kind"]?.string ?? "") \($0["job_id"]?.integer ?? 0)" }
        #expect(kinds == ["missing 1", "changed 1", "summary 0"], "\(found)")
        #expect(try stage.jobctl("verify").output.contains("was \(png)"))
        #expect(try stage.jobctl("verify", "--repair").code == 1)
        #expect(try stage.jobctl("verify").code == 0)
        #expect(FileOnDisk.bytes(paths[1]) == FileOnDisk.bytes(jpg))
        unlink(paths[1])
        unlink(jpg)
        #expect(try stage.jobctl("verify", "--repair", "-q").lines == ["1"])
        #expect(!FileOnDisk.exists(paths[1]))
    }

    @Test func `doctor counts the copies and backup names them`() throws {
        #expect(try edit("images=\(fixture("still.png"))").code == 0)
        #expect(try stage.jobctl("doctor").output.contains("1 local input file in inputs/ (208 bytes)"))
        let backup = try stage.jobctl("backup", stage.scratch["copy.db"])
        #expect(backup.code == 0 && backup.errors.contains("1 local input file in"), "\(backup)")
    }

    @Test func `the shells complete paths for properties that are files`() throws {
        func complete(_ words: String...) throws -> [String] {
            try stage.jobctl(["complete", "zsh"] + words).lines
        }
        #expect(try complete("enqueue", Stage.edit, "images=./f") == [":files="])
        #expect(try complete("enqueue", Stage.edit, "prompt=./f") == [])
        let bash = try stage.jobctl("complete", "bash", "jobctl enqueue \(Stage.edit) images=./f")
        #expect(bash.lines == [":files="])
    }
}
