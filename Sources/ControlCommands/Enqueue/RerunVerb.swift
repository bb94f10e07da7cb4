internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Orders

enum RerunVerb: ControlVerb {
    static let command = Command(
        "rerun", "enqueue new jobs like old ones",
        operands: "ID… | --from FILE | --state STATE … [KEY=VALUE …]",
        discussion: [
            Selection.discussion + " Without --state they choose among jobs that have ended.",
            "Each new job has the model, input, label and priority of the old one, and no key; it is paid for. KEY=VALUE "
                + "replaces a key of the input, as enqueue reads it; --without takes one away. The seed is the old one; with "
                + "--repeat others are drawn, unless seed=N is given. To fetch what is paid for already: jobctl retry.",
            "--from takes a job's object: the sidecar beside a picture, or what --json prints, also several lines of it.",
        ],
        options: [
            .from
        ] + Selection.filterOptions + OrderArguments.varying + OrderArguments.sending + [
            .dryRun.saying("check and show what would be sent, but store nothing"),
            .yes,
        ] + Session.configurationOptions,
        examples: [
            .init("jobctl rerun 12", "the same again"),
            .init("jobctl rerun 12 --repeat 4", "four more, each with a seed of its own"),
            .init("jobctl rerun 12-20 image_size=2560 --dry-run", "what a larger size of nine jobs comes to"),
            .init("jobctl rerun --from outputs/2026-01-31/000012.json", "from the sidecar of a picture"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        let purpose: JobDatabase.Purpose = arguments.has(.dryRun) ? .read : .write
        let store = try arguments.has(.from) ? session.storeIfAny(purpose) : session.store(purpose)
        let pairs = arguments.operands.filter { $0.utf8.contains(UInt8(ascii: "=")) }
        let ids = arguments.operands.filter { !$0.utf8.contains(UInt8(ascii: "=")) }
        var ordering = try Ordering(session, store, "rerun")
        ordering.announces = true
        var templates: [Template]
        if let path = arguments.value(.from) {
            guard ids.isEmpty, try Selection.filter(session).isEmpty else {
                throw Failure.usage("give --from, or which jobs, not both")
            }
            templates = try TemplateFile.read(path)
        } else {
            guard let store else { return .no }
            let selection = try selection(session, store, ids)
            ordering.alwaysAsks = selection.isFilter
            templates = try selection.ids.map { id in
                guard let job = try store.find(id) else { throw Failure(.no, "no job \(id)") }
                return try Template(of: job)
            }
        }
        try ordering.arguments.change(&templates, by: pairs)
        return try ordering.take(templates, try ordering.arguments.terms(labelIsNew: false))
    }

    private static func selection(
        _ session: Session, _ store: JobDatabase, _ ids: [String]
    ) throws -> Selection {
        if !ids.isEmpty, session.arguments.has(.label) {
            throw Failure.usage(
                "--label chooses jobs here, and so do ids; give one of them",
                hint: "for a new label: jobctl enqueue --like ID --label TEXT")
        }
        let selection = try Selection(
            session, store, states: JobState.allCases.filter(\.hasEnded), words: ids)
        guard !selection.ids.isEmpty else {
            throw Failure(
                .no, "no job matches",
                hint: session.arguments.has(.state)
                    ? nil : "without --state, jobs that have ended are meant")
        }
        return selection
    }
}
