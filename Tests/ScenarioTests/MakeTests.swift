import JSON
import Scratch
import Testing

/// `enqueue --make`: only what is new is ordered, and nothing waits for a job that was made anew.
@Suite struct MakeTests {
    private let stage = Stage()

    private func make(_ lines: String..., dry: Bool = false) throws -> Answer {
        let words = ["enqueue", "--batch", "-", "--make"] + (dry ? ["--dry-run"] : [])
        return try stage.jobctl(words, input: lines.joined(separator: "\n"))
    }

    private let shot = #"{"model":"t/still","input":{"text":"a sled","n":1},"key":"shot"}"#
    private let clip = #"{"model":"t/motion","input":{"image":"job:shot"},"key":"clip"}"#
    private let cut = #"{"model":"t/cut","input":{"film":"job:clip"},"key":"cut"}"#

    @Test func `what waits for a source that is made anew is made anew with it`() throws {
        #expect(try make(shot, clip, cut).code == 0)
        try stage.jobctl("hold", "3")
        try stage.put(1, into: "failed")
        let planned = try make(shot, clip, cut, dry: true)
        #expect(planned.errors.contains("3 jobs would be enqueued"), "\(planned)")
        #expect(planned.errors.contains("new: shot, clip (shot), cut (clip)"), "\(planned)")
        let answer = try make(shot, clip, cut)
        #expect(
            answer.errors.contains("enqueued 3 jobs: 4-6; new: shot, clip (shot), cut (clip)"), "\(answer)")
        #expect(answer.errors.contains("cancelled, because a source is made anew: 2 jobs: 2-3"), "\(answer)")
        #expect(try stage.texts("SELECT source_id FROM links WHERE job_id > 3") == ["4", "5"])
        #expect(
            try stage.texts("SELECT state FROM jobs")
                == ["failed", "cancelled", "cancelled", "queued", "queued", "queued"])
        let again = try make(shot, clip, cut)
        #expect(again.errors.contains("enqueued 0 jobs; 3 were there already by their keys"), "\(again)")
    }

    @Test func `a job that a person holds is held when it is made anew`() throws {
        #expect(try make(shot, clip).code == 0)
        try stage.jobctl("hold", "2")
        try stage.put(1, into: "failed")
        #expect(try make(shot, clip).code == 0)
        #expect(try stage.texts("SELECT state FROM jobs WHERE id > 2") == ["queued", "held"])
    }

    @Test func `what was sent stands, whatever becomes of its source`() throws {
        #expect(try make(shot, clip).code == 0)
        try stage.put(1, into: "completed")
        try stage.put(2, into: "in_queue")
        try stage.put(1, into: "failed")
        let answer = try make(shot, clip)
        #expect(answer.errors.contains("enqueued 1 job: 3; 1 was there already by its key"), "\(answer)")
        #expect(try stage.state(of: 2) == "in_queue")
    }

    @Test func `a source outside the batch counts as the job that it is, by whatever name`() throws {
        try stage.enqueue("a fox", "--key", "base")
        let byKey = #"{"model":"t/paint","input":{"images":["job:base"]},"key":"night"}"#
        #expect(try make(byKey).errors.contains("enqueued 1 job: 2"))
        for name in ["job:1", "job:1/1", "job:base/1"] {
            let answer = try make(byKey.replacing("job:base", with: name))
            #expect(answer.errors.contains("1 was there already by its key"), "\(name): \(answer)")
            #expect(!answer.errors.contains("another input"))
        }
        // Another job has the key now, so it is another picture.
        try stage.put(1, into: "failed")
        try stage.enqueue("a fox", "--key", "base")
        let answer = try make(byKey)
        #expect(answer.errors.contains("enqueued 1 job: 4; new: night (images)"), "\(answer)")
    }

    @Test func `numbers that are equal are no other input`() throws {
        #expect(try make(shot).code == 0)
        let answer = try make(shot.replacing("\"n\":1", with: "\"n\":1.0"))
        #expect(answer.errors.contains("was there already by its key") && !answer.errors.contains("another"))
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
