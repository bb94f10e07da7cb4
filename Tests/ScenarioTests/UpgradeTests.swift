import Glibc
import JSON
import SQL
import Scratch
import Testing

/// A store that the first version has made.
@Suite struct UpgradeTests {
    private let stage = Stage()
    private let latest = Int64(
        FileOnDisk.names(FileOnDisk.repository + "/migrations").count { $0.hasSuffix(".sql") })

    init() throws {
        try #require(mkdir(stage.state, 0o700) == 0)
        FileOnDisk.write("", to: stage.database)
        let first = FileOnDisk.content(FileOnDisk.repository + "/migrations/0001_initial.sql")
        try stage.execute(
            """
            PRAGMA application_id = 0x6A6F6264;
            PRAGMA journal_mode = WAL;
            \(first)
            PRAGMA user_version = 1;
            INSERT INTO jobs (model, input, label, key) VALUES ('t/fox', '{"text":"fox"}', 'foxes', 'k');
            INSERT INTO jobs (model, input) VALUES ('t/old', '{"image":"job:1"}');
            INSERT INTO jobs (model, input, state) VALUES ('t/held', '{}', 'held');
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at)
            VALUES (1, 1, 'image', 'https://x.test/1', '1.png', 1, '\(String(repeating: "a", count: 64))',
                'image/png', 'done', '2026-01-01 00:00:00.000');
            """)
        try stage.put(1, into: "completed")
    }

    @Test func `under a running jobd of that version jobctl says that it must be restarted`() throws {
        try stage.hold()
        for words in [
            ["list"], ["enqueue", "t/fox", "text=x"], ["rerun", "1", "--cascade"], ["pick", "1", "1"],
        ] {
            let answer = try stage.jobctl(words)
            #expect(answer.code == 69 && answer.errors.contains("restart jobd"), "\(words): \(answer)")
        }
        #expect(try stage.number("PRAGMA user_version") == 1)
        #expect(try stage.jobCount() == 3)
        #expect(!FileOnDisk.names(stage.state).contains { $0.contains(".before-") })
    }

    @Test func `it is copied and brought up and its jobs are as they were`() throws {
        let before = try stage.texts("SELECT id || state || model || input || ifnull(key, '') FROM jobs")
        let listed = try stage.jobctl("list", "--json")
        #expect(listed.code == 0, "\(listed)")
        let jobs = try listed.objects()
        #expect(jobs.map { $0["state"]?.string } == ["completed", "queued", "held"])
        #expect(jobs.map { $0["waits_for"]?.integer } == [0, 0, 0])
        #expect(try stage.number("PRAGMA user_version") == latest)
        #expect(
            try stage.texts("SELECT id || state || model || input || ifnull(key, '') FROM jobs") == before)
        let copy = try SQLiteConnection(
            path: stage.database + ".before-0002", .readWrite, busyTimeout: .seconds(10))
        #expect(try copy.first("PRAGMA user_version") { $0.integer(0) } == 1)
        #expect(
            try copy.all("SELECT id || state || model || input || ifnull(key, '') FROM jobs") { $0.text(0) }
                == before)
        // A text of that time is no reference. New jobs may refer to the old ones.
        #expect(try stage.number("SELECT count(*) FROM links") == 0)
        #expect(try stage.jobctl("enqueue", "t/new", "image=job:k").code == 0)
        #expect(try stage.texts("SELECT job_id || ' ' || source_id FROM links") == ["4 1"])
        #expect(try stage.jobctl("rerun", "1", "--cascade", "-q").lines == ["5", "6"])
    }
}
