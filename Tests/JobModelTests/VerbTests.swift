import Testing

@testable import JobModel

@Suite struct VerbTests {
    /// "What a verb does in a state", from the contract. `-` refuses, `note` changes nothing and is no fault.
    static let table = """
                         cancel give-up hold release retry resolve set-label set-priority set-time set-both
        held             apply  apply   -    apply   -     -       change    change       change      change
        queued           apply  apply   apply -      -     -       change    change       change      change
        submitting       apply  apply   -    -       -     -       change    -            -           partly
        submitting+wish  note   note    -    -       -     -       change    -            -           partly
        uncertain        -      -       -    -       -     apply   change    -            -           partly
        in_queue         apply  apply   -    -       -     -       change    -            -           partly
        in_queue+wish    note   note    -    -       -     -       change    -            -           partly
        in_progress      apply  apply   -    -       -     -       change    -            -           partly
        in_progress+wish note   note    -    -       -     -       change    -            -           partly
        downloading      -      apply   -    -       -     -       change    -            -           partly
        completed        note   note    -    -       -     -       change    -            -           partly
        failed/input     note   note    -    -       apply -       change    -            -           partly
        failed/remote    note   note    -    -       apply -       change    -            -           partly
        failed/lost      note   note    -    -       apply -       change    -            -           partly
        failed/output    note   note    -    -       apply -       change    -            -           partly
        failed/download  note   note    -    -       apply -       change    -            -           partly
        failed/deadline  note   note    -    -       apply -       change    -            -           partly
        cancelled        note   note    -    -       apply -       change    -            -           partly
        """

    static let verbs: [String: [Verb]] = [
        "cancel": [.cancel], "give-up": [.giveUp], "hold": [.hold], "release": [.release],
        "retry": [.retry(resubmit: false), .retry(resubmit: true)],
        "resolve": [.resolve(.resubmit), .resolve(.abandon), .resolve(.adopt(requestID: "x"))],
        "set-label": [.set(JobChanges(label: "x")), .set(JobChanges(label: .some(nil)))],
        "set-priority": [.set(JobChanges(priority: 1))],
        "set-both": [.set(JobChanges(label: "x", priority: 1))],
        "set-time": [
            .set(JobChanges(notBefore: Timestamp(milliseconds: 1))), .set(JobChanges(notBefore: .some(nil))),
        ],
    ]

    @Test(arguments: Situation.all)
    func `every verb in every state answers as the contract says`(in situation: Situation) throws {
        let lines = Self.table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let row = try #require(lines.first { $0[0] == situation.description })
        for (column, verbs) in Self.verbs {
            let place = try #require(lines[0].firstIndex(of: column))
            for verb in verbs {
                let answer = verb.answer(for: situation.job)
                let found =
                    switch answer {
                    case .apply: "apply"
                    case .change: "change"
                    case .partly(let changes, _): changes == JobChanges(label: "x") ? "partly" : "too much"
                    case .note: "note"
                    case .refused: "-"
                    }
                #expect(found == row[place + 1], "\(verb) in \(situation)")
                // What a verb applies must have its place in the life of the job.
                if case .apply(let event) = answer {
                    #expect(situation.job.state(after: event) != nil, "\(verb) in \(situation)")
                }
            }
        }
        #expect(Self.verbs.count == lines[0].count)
    }

    @Test func `a refusal says the state of the job or what to type`() {
        for situation in Situation.all {
            for verb in Self.verbs.values.joined() {
                guard case .refused(let words) = verb.answer(for: situation.job) else { continue }
                let state = situation.job.state.rawValue
                #expect(words.contains(state) || words.contains("downloaded"), "\(verb) in \(situation)")
                #expect(!words.hasSuffix("."))
            }
        }
        guard case .refused(let words) = Verb.cancel.answer(for: situation("uncertain")) else {
            Issue.record("cancel of an uncertain job was not refused")
            return
        }
        #expect(words.contains("jobctl resolve 7 --resubmit|--abandon|--adopt REQUEST_ID"))
        guard case .refused(let enqueue) = Verb.retry(resubmit: true).answer(for: situation("completed"))
        else {
            Issue.record("retry of a completed job was not refused")
            return
        }
        #expect(enqueue.contains("jobctl rerun 7"))
    }

    private func situation(_ name: String) -> Job {
        Situation.all.first { $0.description == name }?.job ?? Situation.all[0].job
    }
}
