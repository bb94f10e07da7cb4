import JSON
import Scratch
import Testing

/// What jobctl does with jobs that wait for others, without any jobd.
@Suite struct ChainTests {
    private let stage = Stage()

    @Test func `a filter of cancel counts what goes along`() throws {
        try stage.enqueue("2 cats", "--label", "cats")
        try stage.jobctl("enqueue", "t/paint", "image=job:1")
        for words in [["--label", "cats"], ["1", "--dry-run"], ["--label", "cats", "--dry-run"]] {
            let answer = try stage.jobctl(["cancel"] + words)
            #expect(answer.errors.contains("cancel 1 job, and 1 that waits for it"), "\(answer)")
            #expect(try stage.jobCount("queued") == 2)
        }
        try stage.jobctl("enqueue", "t/film", "image=job:2")
        let several = try stage.jobctl("cancel", "1-2", "--dry-run")
        #expect(several.errors.contains("cancel 2 jobs, and 1 that waits for them; nothing"), "\(several)")
        let all = try stage.jobctl("cancel", "--state", "queued", "--dry-run")
        #expect(all.errors.contains("cancel 3 jobs; nothing was done"), "\(all)")
        // What has ended takes nothing along, and another verb neither.
        #expect(try stage.jobctl("hold", "1", "--dry-run").errors.contains("hold 1 job; nothing"))
        try stage.complete(1, with: "GIF89a", as: "1.gif")
        try stage.jobctl("enqueue", "t/paint", "image=job:1/pick")
        let ended = try stage.jobctl("cancel", "1", "--dry-run")
        #expect(ended.errors.contains("cancel 1 job; nothing was done"), "\(ended)")
    }

    @Test func `list, watch and show say what a queued job waits for, in one way`() throws {
        try completeSource()
        for _ in 2...4 { try stage.enqueue("2 cats") }
        try stage.put(3, into: "failed")
        for source in ["1/pick", "2", "4"] {
            let words = ["enqueue", Stage.edit, "prompt=at night", "images=job:\(source)"]
            #expect(try stage.jobctl(words).code == 0)
        }
        try stage.put(4, into: "cancelled")
        let says = [
            5: "waits for a pick of 1", 6: "waits for 2", 7: "waits for 4, which was cancelled",
        ]
        let screen = try stage.onTerminal("list", columns: 150, environment: ["NO_COLOR": "1"]).output
        for (id, words) in says {
            #expect(screen.contains("\(words): at night"), "\(screen)")
            let shown = try stage.jobctl("show", "\(id)").lines.first
            #expect(shown == "job \(id)  queued, \(words)")
        }
        #expect(try stage.jobctl("list").lines.allSatisfy { !$0.contains("waits") })
        let terminal = try PseudoTerminal(stage, ["watch"], columns: 150)
        try terminal.waits { screen in says.values.allSatisfy { screen.text.contains($0 + " ") } }
        #expect(try terminal.finish(typing: "q") == 0)
        let reasons = try [5, 6, 7].map { try stage.jobctl("explain", "\($0)", "--json").object()["reason"] }
        #expect(reasons == ["pick", "source", "source_failed"])
    }

    /// Completes job 1 with two outputs.
    private func completeSource() throws {
        try stage.enqueue("2 cats")
        try stage.complete(1, with: "GIF89a", as: "1.gif")
        try stage.execute(
            """
            INSERT INTO outputs (job_id, position, kind, url) VALUES (1, 2, 'image', 'https://example.com/2')
            """)
    }

    @Test func `a pick names all jobs that waited and no longer do, and no others`() throws {
        try completeSource()
        let line = #"{"model": "t/paint", "input": {"image": "job:1/pick"}}"# + "\n"
        let lines = String(repeating: line, count: 150)
        #expect(try stage.jobctl("enqueue", "--batch", "-", input: lines).code == 0)
        let two = try stage.jobctl("pick", "1", "1-2")
        #expect(two.errors.contains("job 151 takes one file"), "\(two.errors.suffix(200))")
        #expect(!two.errors.contains("no longer"))
        let picked = try stage.jobctl("pick", "1", "1")
        #expect(picked.errors.contains("no longer waiting for it: 2-151"), "\(picked)")
        let again = try stage.jobctl("pick", "1", "2")
        #expect(again.code == 0 && !again.errors.contains("no longer"), "\(again)")
    }

    @Test func `a pick names the jobs that were sent with another output`() throws {
        try completeSource()
        for _ in 1...2 { try stage.jobctl("enqueue", "t/paint", "image=job:1/pick") }
        try stage.jobctl("pick", "1", "1")
        let now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
        try stage.execute("UPDATE links SET resolved_at = \(now), sent = '[1]'")
        for id in [2, 3] as [Int64] { try stage.put(id, into: "in_queue") }
        #expect(try !stage.jobctl("pick", "1", "1").errors.contains("sent with another"))
        let answer = try stage.jobctl("pick", "1", "2")
        #expect(answer.errors.contains("jobs 2-3 have been sent with another output"), "\(answer)")
        #expect(try stage.onTerminal("pick 1 2").output.contains("next: jobctl rerun 2 image=job:1/2"))
    }
}
