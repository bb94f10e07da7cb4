internal import CommandLineTool
internal import JSON
internal import JobStore

enum ModelsVerb: ControlVerb {
    static let command = Command(
        "models", "the known models, their inputs and prices",
        operands: "[WORD … | show M | refresh [M …] | import FILE | forget M]",
        discussion: [
            """
            Any model id can be enqueued; the inputs of the models listed here are checked first. With \
            words, only models are listed whose names contain all of them.
            """,
            """
            refresh asks RunComfy's catalogue for all models, or for those that you name, and says what has \
            changed. It needs a token, and jobd beside jobctl to make the calls. If an answer is missing, \
            nothing is stored.
            """,
            """
            Refreshed schemas and prices override those built into the program, and a running jobd uses them \
            at once. forget removes them. import reads a schema from a file, in the form of the catalogue: \
            {"model_id", "input_schema"}, or {"models": […]}.
            """,
        ],
        options: [
            .dryRun.saying("with refresh: say what would change, but store nothing")
        ] + DaemonQuestion.options,
        examples: [
            .init("jobctl models seedream", "models with that word in their names"),
            .init("jobctl models show bytedance/seedream-4-0/edit", "its keys and limits, and an example"),
            .init("jobctl models refresh", "newer schemas and prices"),
            .init(
                "jobctl models refresh bytedance/seedream-4-0/edit --dry-run", "what is new in one of them"),
            .init("jobctl models import edit.json", "a schema from a file"),
        ])

    static func isPaged(_ session: Session) -> Bool { session.arguments.operands.first == "show" }

    static func run(_ session: Session) throws -> ExitCode {
        let words = session.arguments.operands
        let rest = Array(words.dropFirst())
        if words.first != "refresh", session.arguments.has(.dryRun) {
            throw Failure.usage("only models refresh takes --dry-run")
        }
        switch words.first {
        case "show": return try ModelPage.show(try one("show", rest), session)
        case "refresh": return try ModelRefresh(session: session, asked: rest).run()
        case "import": return try ModelImport.run(try one("import", rest), session)
        case "forget":
            return try forget(try one("forget", rest), session)
        default: return try ModelList.show(words, session)
        }
    }

    private static func forget(_ typed: String, _ session: Session) throws -> ExitCode {
        let store = try session.store(.write)
        let model = try session.fullName(of: typed, in: store)
        guard try store.forget(model: model) else {
            throw Failure(.no, "no schema is stored for \(SafeText.escape(model))")
        }
        if session.wantsJSON {
            try session.emit(.object(["model": .string(model), "forgotten": .bool(true)]))
        }
        session.note("the stored schema of \(model) is forgotten")
        return .success
    }

    private static func one(_ verb: String, _ words: [String]) throws(Failure) -> String {
        guard words.count == 1 else {
            throw .usage("models \(verb) takes one \(verb == "import" ? "FILE" : "MODEL")")
        }
        return words[0]
    }
}
