internal import CommandLineTool
internal import JobStore

enum ValidateVerb: ControlVerb {
    static let command = Command(
        "validate", "check an input without enqueueing it", operands: "MODEL [KEY=VALUE …]",
        discussion: [
            "Reads its words as enqueue does. Ends with 65 when the schema says no, and lists every reason."
        ],
        options: [
            Option("input", value: "FILE", "the whole input as JSON from a file; - for standard input"),
            Option("batch", value: "FILE", "many jobs as JSON Lines from a file; - for standard input"),
        ],
        examples: [.init("jobctl validate bytedance/seedream-4-0/edit --input edit.json", "a file")])

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.storeIfAny()
        if let path = session.arguments.value("batch") {
            var draft = JobDraft(session, store)
            var count = 0
            let defaults = NewJob(model: session.arguments.operands.first ?? "", input: "")
            try Batch(defaults: defaults, validates: true).forEach(try InputReader(path), &draft) { _ in
                count += 1
            }
            session.note("all \(count) are valid")
            return .success
        }
        guard let model = session.arguments.operands.first else {
            throw Failure.usage("which model?", hint: "jobctl models lists them")
        }
        _ = try EnqueueVerb.draft(session, model, store)
        session.note("the input is valid")
        return .success
    }
}
