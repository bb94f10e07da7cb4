import JSON
import Scratch
import Testing

@Suite struct ExportTests {
    private let stage = Stage()

    @Test func `every chosen job is one line of JSON`() throws {
        for label in ["a", "b", "a"] { try stage.enqueue("2 cats", "--label", label) }
        try stage.put(3, into: "failed")
        #expect(try stage.jobctl("export").objects().compactMap { $0["id"]?.integer } == [1, 2, 3])
        #expect(
            try stage.jobctl("export", "--label", "a").objects().compactMap { $0["id"]?.integer } == [1, 3])
        #expect(try stage.jobctl("export", "--state", "failed", "-q").output == "3\n")
        #expect(try stage.jobctl("export", "2-3").objects().compactMap { $0["id"]?.integer } == [2, 3])
        #expect(try stage.jobctl("export", "--since", "1h").objects().count == 3)
        #expect(
            try stage.jobctl("export", "--limit", "2").objects().compactMap { $0["id"]?.integer } == [2, 3])
        #expect(try stage.jobctl("export", "1-3", "--limit", "1", "-q").output == "3\n")
        let some = try stage.jobctl("export", "9", "2", "-q")
        #expect(some.code == 0 && some.output == "2\n", "\(some)")
        let events = try stage.jobctl("export", "1", "--events").object()["events"]?.array
        #expect(events?.first?["kind"] == .string("enqueued"))
        #expect(
            try stage.jobctl("export", "1").output == stage.jobctl("list", "--json", "--label", "a")
                .lines[0] + "\n")
    }

    @Test func `CSV is read back by sqlite3 as it was`() throws {
        let label = "a \"quoted\", comma\nand line"
        try stage.enqueue("2 cats", "--label", label)
        for formula in ["=1+1", "\n=1+1", "＝1+1"] { try stage.enqueue("2 cats", "--label", formula) }
        let csv = try stage.jobctl("export", "--csv").output
        let path = stage.file("jobs.csv", csv)
        let answer = try stage.run(
            "/usr/bin/sqlite3",
            [
                ":memory:", "-cmd", ".mode json", "-cmd", ".import --csv \(path) t",
                "SELECT id, label, files FROM t",
            ])
        let rows = try #require(try JSON(parsing: answer.output).array)
        #expect(rows.map { $0["label"]?.string } == [label, "'=1+1", "'\n=1+1", "'＝1+1"])
        #expect(rows.allSatisfy { $0["files"]?.string == "[]" })
        let columns = try stage.texts("SELECT name FROM pragma_table_info('jobs')")
        #expect(
            csv.prefix { $0 != "\n" } == (columns + ["files"]).joined(separator: ",").prefix { $0 != "\n" })
    }

    @Test func `CSV is refused together with what it cannot hold`() throws {
        try stage.enqueue("2 cats")
        #expect(try stage.jobctl("export", "--csv", "--json").code == 64)
        #expect(try stage.jobctl("export", "--csv", "--events").code == 64)
    }

    @Test func `a backup is whole, and never replaces a file`() throws {
        for _ in 0..<3 { try stage.enqueue("2 cats") }
        let path = stage.folder + "/copy.db"
        #expect(try stage.jobctl("backup", path).code == 0)
        let answer = try stage.run(
            "/usr/bin/sqlite3", [path, "PRAGMA integrity_check; SELECT count(*) FROM jobs"])
        #expect(answer.output == "ok\n3\n")
        #expect(try stage.jobctl("backup", path).code == 1)
    }
}
