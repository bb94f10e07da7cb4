import JSON
import SQL
import Scratch
import Testing

/// `rerun --cascade`: a job again, and what was made from it.
@Suite struct CascadeTests {
    private let stage = Stage()

    /// Orders jobs of a model without a schema, one for each input.
    private func enqueue(_ inputs: String...) throws {
        for input in inputs {
            let answer = try stage.jobctl("enqueue", "t/m", "--input", "-", input: input)
            try #require(answer.code == 0, "\(answer)")
        }
    }

    /// Completes a job, as jobd would.
    private func complete(_ id: Int64, outputs: Int = 1) throws {
        for position in 1...outputs {
            try stage.connection().run(
                """
                INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state,
                    downloaded_at)
                VALUES (?1, ?2, 'image', 'https://x.test/' || ?2, ?1 || '-' || ?2, 1, ?3, 'image/png', 'done',
                    '2026-01-01 00:00:00.000')
                """, id, Int64(position), String(repeating: "a", count: 64))
        }
        try stage.put(id, into: "completed")
    }

    private func inputs(after id: Int64) throws -> [String] {
        try stage.texts("SELECT input FROM jobs WHERE id > \(id) ORDER BY id")
    }

    private func copies(_ words: String...) throws -> [JSONObject] {
        let answer = try stage.jobctl(["rerun"] + words + ["--cascade", "--json"])
        try #require(answer.code == 0, "\(answer)")
        return try answer.objects()
    }

    @Test func `another pick makes a job again and what was made from it`() throws {
        try enqueue(#"{"text":"fox"}"#, #"{"image":"job:1/pick"}"#, #"{"first":"job:2","text":"runs"}"#)
        try complete(1, outputs: 8)
        try stage.jobctl("pick", "1", "3")
        try complete(2)
        try complete(3)
        let answer = try stage.jobctl("rerun", "2", "image=job:1/6", "--cascade")
        #expect(answer.code == 0 && answer.lines == ["4-5"], "\(answer)")
        #expect(answer.errors.contains("rerun buys 2 jobs again"), "\(answer)")
        #expect(try inputs(after: 3) == [#"{"image":"job:1/6"}"#, #"{"first":"job:4","text":"runs"}"#])
        #expect(try stage.texts("SELECT waits_for FROM jobs WHERE id > 3") == ["0", "1"])
        #expect(
            try stage.texts("SELECT job_id || path || source_id || '/' || output FROM links WHERE job_id > 3")
                == ["4$.image1/6", "5$.first4/1"])
    }

    @Test func `a diamond is copied once with its sources outside kept and each part in its form`() throws {
        try enqueue(
            #"{"text":"outside"}"#, #"{"text":"fox"}"#, #"{"a":"job:2/pick"}"#, #"{"a":["job:2/all"]}"#,
            #"{"all":["job:3/2","job:4","job:1","https://a/b"],"n":{"deep":[["job:2"]]}}"#,
            #"{"text":"job: 2"}"#)
        let objects = try copies("2")
        #expect(objects.map { $0["copy_of"]?.integer } == [2, 3, 4, 5])
        #expect(
            try inputs(after: 6) == [
                #"{"text":"fox"}"#, #"{"a":"job:7/pick"}"#, #"{"a":["job:7/all"]}"#,
                #"{"all":["job:8/2","job:9","job:1","https://a/b"],"n":{"deep":[["job:7"]]}}"#,
            ])
        // Named by several words, each is copied once.
        #expect(try copies("3", "5", "2-4", "5").map { $0["copy_of"]?.integer } == [2, 3, 4, 5])
        // What was copied is made from the copies, and copied from there.
        #expect(try copies("8").map { $0["copy_of"]?.integer } == [8, 10])
        #expect(try copies("1", "6").map { $0["copy_of"]?.integer } == [1, 5, 6, 10, 14, 16])
    }

    @Test func `typed references mean what they say also among the copied`() throws {
        try enqueue(#"{"text":"fox"}"#, #"{"a":"job:1","b":"job:1"}"#)
        try complete(1, outputs: 2)
        _ = try copies("1", "2", "a=job:1/2")
        #expect(
            try inputs(after: 2) == [#"{"text":"fox","a":"job:1/2"}"#, #"{"a":"job:1/2","b":"job:3"}"#])
    }

    @Test func `label and priority stay, key and time do not, and what is given is for all`() throws {
        let lines = [
            #"{"model":"t/m","input":{},"label":"x","priority":3,"key":"k","not_before":"2h"}"#,
            #"{"model":"t/m","input":{"a":"job:k"},"label":"y","priority":4,"hold":true}"#,
        ]
        try stage.jobctl("enqueue", "--batch", "-", input: lines.joined(separator: "\n"))
        let plain = try copies("1")
        #expect(plain.map { $0["label"]?.string } == ["x", "y"])
        #expect(plain.map { $0["priority"]?.integer } == [3, 4])
        #expect(plain.map { $0["key"] } == [.null, .null] && plain[0]["not_before"] == .null)
        // The held one was not named.
        #expect(plain.map { $0["state"]?.string } == ["queued", "held"])
        #expect(try copies("1-2").map { $0["state"]?.string } == ["queued", "queued"])
        let given = try copies("1", "--label", "z", "--priority", "7", "--hold", "--key", "again")
        #expect(given.map { $0["label"]?.string } == ["z", "z"])
        #expect(given.map { $0["priority"]?.integer } == [7, 7])
        #expect(given.map { $0["state"]?.string } == ["held", "held"])
        #expect(given.map { $0["key"]?.string } == ["again-1", "again-2"])
        let jobs = try stage.jobCount()
        let repeated = try copies("1", "--key", "again")
        #expect(repeated.map { $0["id"] } == given.map { $0["id"] } && repeated[0]["existing"] == .bool(true))
        #expect(try stage.jobCount() == jobs)
    }

    @Test func `what was cancelled with its source is copied and what a person cancelled is not`() throws {
        try enqueue(
            "{}", #"{"a":"job:1"}"#, #"{"a":"job:2"}"#, #"{"a":"job:1"}"#, #"{"a":["job:4","job:1"]}"#)
        try stage.execute("UPDATE jobs SET error_message = 'the service was busy' WHERE id = 4")
        try stage.jobctl("cancel", "4")
        try stage.jobctl("cancel", "1")
        #expect(try stage.jobCount("cancelled") == 5)
        let answer = try stage.jobctl("rerun", "1", "--cascade", "-q")
        #expect(answer.code == 0 && answer.lines == ["6", "7", "8"], "\(answer)")
        #expect(try inputs(after: 5) == ["{}", #"{"a":"job:6"}"#, #"{"a":"job:7"}"#])
        let told = try stage.jobctl("rerun", "1", "--cascade", "--dry-run").errors
        #expect(
            told.contains("not copied: 4 (cancelled)")
                && told.contains("not copied: 5 (another source has failed or is gone)"), "\(told)")
        #expect(try stage.jobctl("rerun", "1", "4", "--cascade", "-q").lines.count == 5)
    }

    @Test func `a job that can no longer be made does not keep the others from being made`() throws {
        try enqueue(#"{"text":"fox"}"#, #"{"a":"job:1/all"}"#, #"{"a":"job:2"}"#, #"{"a":"job:1"}"#)
        try stage.execute("UPDATE jobs SET model = 't/three', input = '{\"num_images\":3}' WHERE id = 1")
        let answer = try stage.jobctl("rerun", "1", "--cascade")
        #expect(answer.code == 0 && answer.lines == ["5-6"], "\(answer)")
        #expect(answer.errors.contains("not copied: 2 (its references do not fit the copies)"), "\(answer)")
        #expect(try inputs(after: 4) == [#"{"num_images":3}"#, #"{"a":"job:5"}"#])
    }

    @Test func `what was pruned is left out and the rest refers to what is left`() throws {
        try enqueue(
            "{}", #"{"a":"job:1"}"#, #"{"a":"job:2"}"#, #"{"a":"job:1"}"#, #"{"a":["job:4","job:1"]}"#)
        for id in 1...5 as ClosedRange<Int64> { try complete(id) }
        try stage.execute(
            """
            UPDATE jobs SET input = '{}', input_removed_at = '2026-01-01 00:00:00.000' WHERE id = 4;
            DELETE FROM jobs WHERE id = 2
            """)
        let answer = try stage.jobctl("rerun", "1", "--cascade")
        #expect(answer.code == 0 && answer.errors.contains("not copied: 2 4 (pruned)"), "\(answer)")
        #expect(try inputs(after: 5) == ["{}", #"{"a":["job:4","job:6"]}"#])
    }

    @Test func `all is priced, asked for and shown before it is stored`() throws {
        let foxes = ["text=2 foxes", "sequential_image_generation_options=2"]
        try stage.jobctl(["enqueue", Stage.sequential] + foxes)
        try stage.jobctl("enqueue", Stage.edit, "prompt=job:1/2 at night", "images=job:1/2")
        try stage.jobctl("enqueue", Stage.edit, "prompt=job:1", "images=job:2", "images=job:1")
        let priced = [
            "--set", "confirm_above_usd=0.3", "--set", "models.\(Stage.sequential).price_usd=0.1", "--set",
            "models.\(Stage.edit).price_usd=0.1",
        ]
        #expect(try stage.jobctl(["rerun", "1"] + priced).code == 0)
        let refused = try stage.jobctl(["rerun", "1", "--cascade"] + priced)
        #expect(refused.code == 64 && refused.errors.contains("3 jobs (about $0.40)"), "\(refused)")
        let dry = try stage.jobctl(["rerun", "1", "--cascade", "--dry-run"] + priced)
        #expect(dry.errors.contains("3 jobs would be enqueued (about $0.40)"), "\(dry)")
        #expect(dry.lines.count == 3 && dry.lines.last?.contains("job:copy of 2") == true, "\(dry)")
        let objects = try stage.jobctl(["rerun", "1", "--cascade", "--dry-run", "--json"] + priced).objects()
        #expect(objects.map { $0["copy_of"]?.integer } == [1, 2, 3])
        #expect(objects[1]["input"]?["images"]?.array == ["job:copy of 1/2"])
        #expect(try stage.jobCount() == 4)
        #expect(try stage.jobctl(["rerun", "1", "--cascade", "--yes"] + priced).code == 0)
        #expect(
            try inputs(after: 5) == [
                #"{"prompt":"job:1/2 at night","images":["job:5/2"]}"#,
                #"{"prompt":"job\u003a1","images":["job:6","job:5"]}"#,
            ])
    }

    @Test func `all are stored or none`() throws {
        try enqueue(#"{"n":4}"#, #"{"a":["job:1/all"]}"#, #"{"a":["job:2"]}"#)
        // What was made from it would be given four.
        try enqueue(#"{"a":"job:1"}"#)
        try stage.jobctl("enqueue", Stage.edit, "prompt=x", "images=job:4")
        try stage.execute("UPDATE jobs SET model = '\(Stage.edit)' WHERE id = 4")
        let broken = try stage.jobctl("rerun", "1", "--cascade")
        #expect(broken.code == 65 && broken.errors.contains("job 4 (like 4)"), "\(broken)")
        #expect(try stage.jobCount() == 5)
        #expect(try stage.jobctl("rerun", "1", "--cascade", "--no-validate").code == 0)
        try stage.execute(
            "CREATE TRIGGER no BEFORE INSERT ON jobs WHEN NEW.priority = 9 AND NEW.input LIKE '%job:1_%' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        let failed = try stage.jobctl("rerun", "1", "--cascade", "--no-validate", "--priority", "9")
        #expect(failed.code != 0, "\(failed)")
        #expect(try stage.jobCount() == 10)
    }

    @Test func `one that is edited first and what no cascade takes`() throws {
        try enqueue(#"{"text":"fox"}"#, #"{"a":"job:1"}"#)
        let program = stage.file("editor", "#!/bin/sh\nsed -i 's/fox/owl/' \"$1\"\n")
        try stage.run("/bin/chmod", ["700", program])
        let edited = try stage.jobctl(
            ["rerun", "1", "--cascade", "--edit", "-q"],
            environment: ["EDITOR": program, "VISUAL": "", "TMPDIR": stage.folder])
        #expect(edited.lines == ["3", "4"], "\(edited)")
        #expect(try inputs(after: 2) == [#"{"text":"owl"}"#, #"{"a":"job:3"}"#])
        for words in [
            ["1", "--repeat", "2"], ["1", "--matrix", "text=a,b"], ["--from", "-"], ["1-2", "--edit"],
        ] {
            let answer = try stage.jobctl(["rerun", "--cascade"] + words)
            #expect(answer.code == 64, "\(words): \(answer)")
        }
        #expect(try stage.jobctl("rerun", "99", "--cascade").code == 1)
        #expect(try stage.jobCount() == 4)
        try stage.put(1, into: "failed")
        #expect(try stage.jobctl("rerun", "--state", "failed", "--cascade").code == 64)
        #expect(try stage.jobctl("rerun", "--state", "failed", "--cascade", "--yes").lines == ["5-6"])
    }

    @Test func `make and cascade keep apart`() throws {
        func film(_ prompt: String) -> String {
            [
                #"{"model":"t/still","input":{"text":"\#(prompt)"},"key":"shot"}"#,
                #"{"model":"t/motion","input":{"image":"job:shot/pick"},"key":"clip"}"#,
                #"{"model":"t/motion","input":{"clips":["job:clip","job:shot"]},"key":"film"}"#,
            ].joined(separator: "\n")
        }
        func make(_ prompt: String) throws -> Answer {
            try stage.jobctl("enqueue", "--batch", "-", "--make", input: film(prompt))
        }
        #expect(try make("a cave").lines == ["1-3"])
        #expect(try copies("1", "text=a lake").map { $0["id"]?.integer } == [4, 5, 6])
        #expect(try inputs(after: 5) == [#"{"clips":["job:5","job:4"]}"#])
        // The copies have no keys, so all that was made stands as it was.
        #expect(try make("a cave").errors.contains("3 were there already"))
        // What is made anew is made from what is new, whatever was copied.
        #expect(try make("a lake").lines == ["7-9"])
        #expect(try inputs(after: 7) == [#"{"image":"job:7/pick"}"#, #"{"clips":["job:8","job:7"]}"#])
        #expect(try copies("1").map { $0["copy_of"]?.integer } == [1, 2, 3])
        #expect(try copies("8").map { $0["copy_of"]?.integer } == [8, 9])
        #expect(try stage.jobCount() == 14)
    }
}
