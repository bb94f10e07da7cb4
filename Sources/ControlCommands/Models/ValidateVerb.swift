internal import CommandLineTool
internal import JSON
internal import JobStore
internal import Orders

enum ValidateVerb: ControlVerb {
    static let command = Command(
        "validate", "check an input without enqueueing it", operands: "MODEL [KEY=VALUE …]",
        discussion: [
            "Reads its words as enqueue does. If the input breaks the schema, "
                + "lists every reason and exits with 65.",
            "Local files are checked too; they are not copied.",
            """
            With --fetch it also checks the files that the input names: whether they exist, are of the right \
            kind, and are within the model's limits of size and shape. It reads only as much of each file as \
            that takes, without the token. jobd makes the calls, and must be installed beside jobctl. If a \
            file breaks a rule or its server refuses it, the exit code is 65; if a server cannot be reached \
            now, it is 69.
            """,
            "Only the form of a reference to another job's output, such as job:12, is checked.",
        ],
        options: [.input, .batch, .fetch] + DaemonQuestion.options,
        examples: [
            .init("jobctl validate bytedance/seedream-4-0/edit --input edit.json", "an input in a file"),
            .init(
                "jobctl validate bytedance/seedream-4-0/edit prompt=night "
                    + "images=https://example.com/a.png --fetch",
                "check that the image is within the limits"),
            .init("jobctl validate --batch jobs.jsonl --json | jq 'select(.valid == false)'", "faulty lines"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        var arguments = OrderArguments(
            session, ModelLookup(session: session, store: try session.storeIfAny()))
        let checker = arguments.checker
        var validation = Validation(session, fetches: session.arguments.has(.fetch))
        guard let path = session.arguments.value(.batch) else {
            let template = try arguments.template()
            let schema = try checker.schema(of: template.model)
            let order = try Order(template, schema).naming(checker.files)
            try validation.add(CheckedInput(order, checker))
            return try validation.finish()
        }
        guard session.arguments.operands.count <= 1, !session.arguments.has(.input) else {
            throw Failure.usage("--batch takes at most a MODEL; inputs are in the lines")
        }
        // Violations of the schema are reported together with those of the files.
        try arguments.batch(try InputReader(path), Terms()).lines { line, result in
            switch result {
            case .success(let order):
                try validation.add(CheckedInput(order, checker, line: line))
            case .failure(let failure):
                try validation.add(CheckedInput(unreadable: failure.message, line: line))
            }
            return true
        }
        return try validation.finish()
    }
}
