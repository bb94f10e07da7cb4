internal import CommandLineTool
internal import JobStore

enum ModelsVerb: ControlVerb {
    static let command = Command(
        "models", "the models whose inputs are known, and what they cost",
        operands: "[WORD … | show M | refresh [M …] | import FILE | forget M]",
        discussion: [
            "Any model id can be enqueued; those listed here have their inputs checked first. With words, only the models "
                + "in whose names all of them stand.",
            "refresh asks RunComfy's catalogue for all models, or for those that are named, and says what has changed. It "
                + "needs a token, and jobd beside jobctl, which makes the calls. Where an answer is missing, nothing is stored.",
            "What was refreshed stands before what is in the program, for checks and for prices, and a running jobd "
                + "goes by it at once. forget takes it away again. import takes a schema from a file, as the catalogue gives "
                + "it: {\"model_id\", \"input_schema\"}, or {\"models\": […]}.",
        ],
        options: [
            .dryRun.saying("with refresh: say what would change, but store nothing")
        ] + DaemonQuestion.options,
        examples: [
            .init("jobctl models seedream", "those of that name"),
            .init(
                "jobctl models show bytedance/seedream-4-0/edit",
                "its keys, their choices and limits, and an example"
            ),
            .init("jobctl models refresh", "newer schemas and prices"),
            .init(
                "jobctl models refresh bytedance/seedream-4-0/edit --dry-run", "what is new in one of them"),
            .init("jobctl models import edit.json", "a schema from a file"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let words = session.arguments.operands
        let rest = Array(words.dropFirst())
        if words.first != "refresh", session.arguments.has(.dryRun) {
            throw Failure.usage("--dry-run is for models refresh")
        }
        switch words.first {
        case "show": return try ModelPage.show(try one("show", rest), session)
        case "refresh": return try ModelRefresh(session: session, asked: rest).run()
        case "import": return try ModelImport.run(try one("import", rest), session)
        case "forget":
            let model = try one("forget", rest)
            guard try session.store(.write).forget(model: model) else {
                throw Failure(.no, "no schema of \(SafeText.escape(model)) was stored")
            }
            return .success
        default: return try ModelList.show(words, session)
        }
    }

    private static func one(_ verb: String, _ words: [String]) throws(Failure) -> String {
        guard words.count == 1 else {
            throw .usage("models \(verb) takes one \(verb == "import" ? "FILE" : "MODEL")")
        }
        return words[0]
    }
}
