internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Orders

enum RerunVerb: ControlVerb {
    static let command = Command(
        "rerun", "enqueue new jobs like old ones",
        operands: "ID… | --from FILE | --state STATE … [KEY=VALUE …]",
        discussion: [
            Selection.discussion + " Without --state, they select jobs that have ended.",
            """
            Each new job has the model, input, label and priority of the old one, and no key. It is paid \
            for. KEY=VALUE replaces a key of the input, as in enqueue; --without removes one. The seed stays \
            the same; with --repeat the seeds are random, unless you give seed=N. To fetch what is already \
            paid for, use jobctl retry.
            """,
            "--from reads job objects: the sidecar beside an output, "
                + "or what --json prints, one or several lines.",
        ],
        options: [
            .from
        ] + Selection.filterOptions + OrderArguments.varying + OrderArguments.sending + [
            .dryRun.saying("check and show what would be sent, but store nothing"),
            .yes,
        ] + Session.configurationOptions,
        examples: [
            .init("jobctl rerun 12", "the same again"),
            .init("jobctl rerun 12 --repeat 4", "four more, each with its own seed"),
            .init("jobctl rerun 12-20 image_size=2560 --dry-run", "what nine larger ones would cost"),
            .init("jobctl rerun --from outputs/2026-01-31/000012.json", "from the sidecar of an image"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        let purpose: JobDatabase.Purpose = arguments.has(.dryRun) ? .read : .write
        let store = try arguments.has(.from) ? session.storeIfAny(purpose) : session.store(purpose)
        let pairs = arguments.operands.filter { $0.utf8.contains(UInt8(ascii: "=")) }
        let ids = arguments.operands.filter { !$0.utf8.contains(UInt8(ascii: "=")) }
        var placement = try OrderPlacement(session, store, "rerun")
        placement.announces = true
        var templates: [Template]
        if let path = arguments.value(.from) {
            guard ids.isEmpty, try Selection.filter(session).isEmpty else {
                throw Failure.usage("give --from or jobs, not both")
            }
            templates = try TemplateFile.read(path)
        } else {
            guard let store else { return .no }
            let selection = try selection(session, store, ids)
            placement.alwaysAsks = selection.isFilter
            templates = try selection.ids.map { id in
                guard let job = try store.find(id) else { throw Failure(.no, "no job \(id)") }
                return try Template(of: job)
            }
        }
        try placement.arguments.change(&templates, by: pairs)
        return try placement.place(templates, try placement.arguments.terms(labelIsNew: false))
    }

    private static func selection(
        _ session: Session, _ store: JobDatabase, _ ids: [String]
    ) throws -> Selection {
        if !ids.isEmpty, session.arguments.has(.label) {
            throw Failure.usage(
                "--label selects jobs here, and so do ids; give only one of them",
                hint: "for a new label: jobctl enqueue --like ID --label TEXT")
        }
        let selection = try Selection(
            session, store, states: JobState.allCases.filter(\.hasEnded), words: ids)
        guard !selection.ids.isEmpty else {
            throw Failure(
                .no, "no job matches",
                hint: session.arguments.has(.state)
                    ? nil : "without --state, only jobs that have ended are considered")
        }
        return selection
    }
}
