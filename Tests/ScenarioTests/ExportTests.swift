import JSON
import Testing

@Suite struct ExportTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test func `every job is one line of JSON, and the choice is kept to`() throws {
        for label in ["a", "b", "a"] { try sandbox.enqueue("--label", label) }
        try sandbox.put(3, into: "failed")
        #expect(try sandbox.jobctl("export").objects().compactMap { $0["id"]?.integer } == [1, 2, 3])
        #expect(
            try sandbox.jobctl("export", "--label", "a").objects().compactMap { $0["id"]?.integer } == [1, 3])
        #expect(try sandbox.jobctl("export", "--state", "failed", "-q").output == "3\n")
        #expect(try sandbox.jobctl("export", "2-3").objects().compactMap { $0["id"]?.integer } == [2, 3])
        #expect(try sandbox.jobctl("export", "--since", "1h").objects().count == 3)
        #expect(try sandbox.jobctl("export", "9").code == 1)
        let events = try sandbox.jobctl("export", "1", "--events").object()["events"]?.array
        #expect(events?.first?["kind"] == .string("enqueued"))
        #expect(
            try sandbox.jobctl("export", "1").output == sandbox.jobctl("list", "--json", "--label", "a")
                .lines[0] + "\n")
    }

    @Test func `CSV is read back by sqlite3 as it was`() throws {
        let label = "a \"quoted\", comma\nand line"
        try sandbox.enqueue("--label", label)
        try sandbox.enqueue("--label", "=1+1")
        let csv = try sandbox.jobctl("export", "--csv").output
        let path = try sandbox.file("jobs.csv", csv)
        let answer = try sandbox.run(
            "/usr/bin/sqlite3",
            [
                ":memory:", "-cmd", ".mode json", "-cmd", ".import --csv \(path) t",
                "SELECT id, label, files FROM t",
            ])
        let rows = try #require(try JSON(parsing: answer.output).array)
        #expect(rows.map { $0["label"]?.string } == [label, "'=1+1"])
        #expect(rows.map { $0["files"]?.string } == ["[]", "[]"])
        let columns = try sandbox.texts("SELECT name FROM pragma_table_info('jobs')")
        #expect(
            csv.prefix { $0 != "\n" } == (columns + ["files"]).joined(separator: ",").prefix { $0 != "\n" })
    }

    @Test func `CSV goes with nothing that it cannot hold`() throws {
        try sandbox.enqueue()
        #expect(try sandbox.jobctl("export", "--csv", "--json").code == 64)
        #expect(try sandbox.jobctl("export", "--csv", "--events").code == 64)
    }

    @Test func `a backup is whole, and never takes a file's place`() throws {
        for _ in 0..<3 { try sandbox.enqueue() }
        let path = sandbox.folder + "/copy.db"
        #expect(try sandbox.jobctl("backup", path).code == 0)
        let answer = try sandbox.run(
            "/usr/bin/sqlite3", [path, "PRAGMA integrity_check; SELECT count(*) FROM jobs"])
        #expect(answer.output == "ok\n3\n")
        #expect(try sandbox.jobctl("backup", path).code == 1)
    }
}
