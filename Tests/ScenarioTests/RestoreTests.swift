import Glibc
import JSON
import Scratch
import Testing

@Suite struct RestoreTests {
    private let stage = Stage()
    private var copy: String { stage.scratch["copy.db"] }

    private func prepare() throws {
        for _ in 0..<3 { try stage.enqueue("2 cats") }
        try stage.put(3, into: "submitting")
        try stage.jobctl("backup", copy)
        try stage.enqueue("later")
    }

    @Test func `it says what was set aside and what to look at`() throws {
        try prepare()
        let answer = try stage.jobctl("restore", copy)
        #expect(answer.code == 0 && answer.errors == "", "\(answer)")
        for words in [
            "3 jobs", "2 queued jobs are now held", "1 job that was being sent is now uncertain",
            "jobctl list --state held", "jobctl release 1", "jobctl resolve 3", "jobs.db.replaced-",
        ] { #expect(answer.output.contains(words), "\(words): \(answer)") }
        #expect(try stage.texts("SELECT state FROM jobs") == ["held", "held", "uncertain"])
        #expect(try stage.jobctl().output.contains("held since the store went back in time: 1, 2;"))
        let why = try stage.jobctl("explain", "1")
        #expect(why.output.contains("a backup was restored") && why.output.contains("jobctl release 1"))
        #expect(try stage.jobctl("list", "--state", "held", "-q").lines == ["1", "2"])
    }

    @Test func `it answers with an object, or with ids`() throws {
        try prepare()
        #expect(try stage.jobctl("restore", copy, "-q").output == "1\n2\n3\n")
        let object = try stage.jobctl("restore", copy, "--json").object()
        #expect(
            object["held"]?.integer == 2 && object["uncertain"]?.integer == 1
                && object["followed"]?.integer == 0)
        #expect(object["jobs"]?.integer == 3 && object["file"] == .string(copy))
        #expect(object["kept"]?.string.map(FileOnDisk.exists) == true)
    }

    @Test func `while jobd runs nothing is changed`() throws {
        try prepare()
        try stage.hold()
        let answer = try stage.jobctl("restore", copy)
        #expect(answer.code == 69 && answer.errors.contains("pid \(getpid())"), "\(answer)")
        #expect(try stage.jobCount() == 4)
    }

    @Test func `what cannot be restored is named`() throws {
        try prepare()
        let text = stage.file("text.db", "hello\n")
        for (words, code) in [
            ([], 64), ([copy, copy], 64), ([stage.scratch["none"]], 66), ([stage.folder], 66), ([text], 65),
            ([stage.database], 64),
        ] as [([String], Int32)] {
            let answer = try stage.jobctl(["restore"] + words)
            #expect(answer.code == code && answer.output == "", "\(answer)")
        }
        #expect(try stage.jobCount() == 4)
    }

    @Test func `a directory that is gone is made again`() throws {
        try prepare()
        Program.run("rm", "-rf", stage.state)
        #expect(try stage.jobctl("restore", copy).code == 0)
        #expect(FileOnDisk(stage.state)?.mode == 0o700 && FileOnDisk(stage.database)?.mode == 0o600)
        #expect(try stage.jobCount("held") == 2)
    }

    @Test func `the search knows what was restored, and nothing else`() throws {
        try prepare()
        #expect(try stage.jobctl("search", "later", "-q").output == "4\n")
        try stage.jobctl("restore", copy)
        #expect(try stage.jobctl("search", "later").code == 1)
        #expect(try stage.jobctl("search", "cats", "-q").lines.sorted() == ["1", "2", "3"])
    }
}
