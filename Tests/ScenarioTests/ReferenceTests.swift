import JSON
import SQL
import Scratch
import Testing

/// References that cannot mean what they say, and the records that keep what they meant.
@Suite struct ReferenceTests {
    private let stage = Stage()

    /// Completes a job with outputs of this kind.
    private func complete(
        _ id: Int64, outputs: Int = 1, _ kind: String = "image", _ type: String = "image/png"
    )
        throws
    {
        for position in 1...outputs {
            try stage.execute(
                """
                INSERT INTO outputs (job_id, position, kind, url, media_type, bytes, width, height, state, path,
                    sha256, downloaded_at)
                VALUES (\(id), \(position), '\(kind)', 'https://x.test/\(id)-\(position)', '\(type)', 9, 1024, 1024,
                    'done', '\(id)-\(position)', '\(String(repeating: "a", count: 64))', '2026-01-01 00:00:00.000')
                """)
        }
        try stage.put(id, into: "completed")
    }

    private func refusal(_ words: String...) throws -> String {
        let answer = try stage.jobctl(["enqueue"] + words)
        #expect(answer.code == 65, "\(answer)")
        return answer.errors
    }

    @Test func `an output of another kind or size is refused at once`() throws {
        try stage.jobctl("enqueue", "t/film", "text=x")
        try complete(1, "video", "video/mp4")
        let video = try refusal(Stage.edit, "prompt=x", "images=job:1")
        #expect(video.contains("$.images[0]: output 1 of job 1 is video/mp4, not image"), "\(video)")
        try stage.execute("UPDATE outputs SET kind = 'image', media_type = 'image/png', height = 5")
        let flat = try refusal(Stage.edit, "prompt=x", "images=job:1/all")
        #expect(flat.contains("output 1 of job 1 is 5 pixels high"), "\(flat)")
        #expect(
            try stage.jobctl("enqueue", Stage.edit, "prompt=x", "images=job:1", "--no-validate").code == 0)
    }

    @Test func `all is counted by what was made or asked for`() throws {
        try stage.jobctl("enqueue", Stage.sequential, "text=x", "sequential_image_generation_options=3")
        try complete(1)
        let single = try refusal("t/film", "image=job:1/all")
        #expect(single.contains("takes one file, and job 1 was asked for 3"), "\(single)")
        try stage.jobctl("enqueue", Stage.sequential, "text=x", "sequential_image_generation_options=15")
        #expect(try refusal(Stage.edit, "prompt=x", "images=job:2/all").contains("has 15 items"))
        try complete(2, outputs: 11)
        #expect(try refusal(Stage.edit, "prompt=x", "images=job:2/all").contains("has 11 items"))
        #expect(try stage.jobctl("enqueue", Stage.edit, "prompt=x", "images=job:1/all").code == 0)
    }

    @Test func `a key that looks like an output of another one is told apart`() throws {
        try stage.enqueue("a", "--key", "film/1")
        let only = try refusal("t/m", "image=job:film/1")
        #expect(only.contains("write job:film/1/1"), "\(only)")
        #expect(try stage.jobctl("enqueue", "t/m", "image=job:film/1/1").code == 0)
        try stage.enqueue("b", "--key", "film")
        #expect(try refusal("t/m", "image=job:film/1").contains("means an output of \"film\" or the job"))
        #expect(try stage.jobctl("enqueue", "t/m", "image=job:film/2").code == 0)
    }

    @Test func `two references with one path are refused in words`() throws {
        try stage.enqueue("a")
        let answer = try stage.jobctl(
            "enqueue", "t/m", "--input", "-", input: #"{"a.b":"job:1","a":{"b":"job:1"}}"#)
        #expect(answer.code == 65 && answer.errors.contains("path of two references"), "\(answer)")
        let error = #expect(throws: SQLError.self) {
            try stage.execute(
                #"INSERT INTO jobs (model, input) VALUES ('m', '{"a.b":"job:1","a":{"b":"job:1"}}')"#)
        }
        #expect(error.map { "\($0)".contains("rename one of the keys") } == true)
    }

    @Test func `no wrong statement changes what a job was made from`() throws {
        try stage.enqueue("2 cats")
        try complete(1, outputs: 2)
        try stage.jobctl("enqueue", "t/m", "image=job:1/pick")
        try stage.jobctl("enqueue", "t/m", "image=job:1")
        for sql in [
            "UPDATE links SET source_id = 1, output = '2' WHERE job_id = 3",
            "INSERT INTO links (job_id, path, source_id, output) VALUES (3, '$.x', 1, '1')",
            "INSERT OR REPLACE INTO links (job_id, path, source_id, output) VALUES (3, '$.image', 1, '1')",
            "UPDATE jobs SET waits_for = 7 WHERE id = 2", "UPDATE jobs SET waits_for = 0 WHERE id = 2",
            "DELETE FROM outputs WHERE job_id = 1 AND position = 1", "DELETE FROM links",
        ] {
            #expect(throws: SQLError.self, "\(sql)") { try stage.execute(sql) }
        }
        #expect(try stage.texts("SELECT waits_for FROM jobs") == ["0", "1", "0"])
        #expect(try stage.texts("SELECT path || output FROM links") == ["$.imagepick", "$.image1"])
    }

    @Test func `what is cancelled with its source is told to programs, and why it cannot be retried`() throws
    {
        try stage.jobctl("enqueue", Stage.sequential, "text=x", "sequential_image_generation_options=2")
        try stage.jobctl("enqueue", "t/m", "image=job:1/2")
        try stage.jobctl("enqueue", "t/m", "image=job:2")
        let jobs = try stage.jobctl("cancel", "2", "--json").objects()
        #expect(
            jobs.map { $0["id"]?.integer } == [2, 3] && jobs[1]["cancelled_with"]?.integer == 2, "\(jobs)")
        try complete(1)
        try stage.jobctl("retry", "3")
        let explained = try stage.jobctl("explain", "3").output
        #expect(explained.contains("output 2 of job 1, which is not there"), "\(explained)")
        #expect(!explained.contains("retry 2"))
    }

    @Test func `show tells the whole way from the first source`() throws {
        try stage.enqueue("a")
        for source in 1...3 {
            try stage.jobctl("enqueue", "t/m", "image=job:\(source)", "twin=job:\(source)")
        }
        let shown = try stage.jobctl("show", "4").lines
        #expect(shown.contains("  job:3  $.image  queued") && shown.contains("    job:2  $.image  queued"))
        #expect(shown.filter { $0.contains("job:1  ") }.count == 2, "\(shown)")
        #expect(try stage.jobctl("show", "1").output.contains("    job 3, output 1  $.image  queued"))
    }
}
