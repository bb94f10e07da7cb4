internal import CommandLineTool
internal import JSON
internal import JobStore
internal import Orders

enum ValidateVerb: ControlVerb {
    static let command = Command(
        "validate", "check an input without enqueueing it", operands: "MODEL [KEY=VALUE …]",
        discussion: [
            "Reads its words as enqueue does. Ends with 65 when the schema says no, and lists every reason.",
            "With --fetch it also looks at the files that the input names: whether they are there, are what they should be, "
                + "and keep the model's limits of size and shape. Of each file only the bytes in which that stands are read, "
                + "without the token; jobd makes the calls, and must be installed beside jobctl. A file that breaks a rule, or "
                + "that its server does not give away, is a reason (65); a server that cannot be asked now ends it with 69.",
        ],
        options: [
            .input,
            .batch,
            .fetch,
        ] + DaemonQuestion.options,
        examples: [
            .init("jobctl validate bytedance/seedream-4-0/edit --input edit.json", "a file"),
            .init(
                "jobctl validate bytedance/seedream-4-0/edit prompt=night images=https://example.com/a.png --fetch",
                "is the picture small enough?"),
            .init(
                "jobctl validate --batch jobs.jsonl --json | jq 'select(.valid == false)'", "what is wrong"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        var arguments = OrderArguments(
            session, KnownModels(session: session, store: try session.storeIfAny()))
        var validation = Validation(session, fetches: session.arguments.has(.fetch))
        guard let path = session.arguments.value(.batch) else {
            let template = try arguments.template()
            let schema = try arguments.checker.schema(of: template.model)
            try validation.add(CheckedInput(template.model, .object(template.input), schema))
            return try validation.finish()
        }
        guard session.arguments.operands.count <= 1, !session.arguments.has(.input) else {
            throw Failure.usage("--batch takes at most a MODEL; inputs stand in the lines")
        }
        // What the schema says of an input is told with what is said of its files.
        try arguments.batch(try InputReader(path), Terms()).lines { line, result in
            switch result {
            case .success(let order):
                try validation.add(CheckedInput(order.model, order.input, order.schema, line: line))
            case .failure(let failure):
                try validation.add(CheckedInput(unreadable: failure.message, line: line))
            }
            return true
        }
        return try validation.finish()
    }
}
