internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Orders

enum RerunVerb: ControlVerb {
    static let command = Command(
        "rerun", "enqueue new jobs like old ones",
        operands: "ID… | --from FILE | --state STATE … [KEY=VALUE …]",
        discussion: [
            Selection.discussion + " Without --state, they select jobs that have ended. With ids or --from, "
                + "--label is the label of the new jobs.",
            """
            Each new job has the model, input, label and priority of the old one, and no key. It is paid \
            for. KEY=VALUE replaces a key of the input, as in enqueue; --without removes one. The seed stays \
            the same; with --repeat the seeds are random, unless you give seed=N. To fetch what is already \
            paid for, use jobctl retry.
            """,
            """
            --cascade also copies what was made from these jobs, directly or not, each job once. References \
            among these jobs become references among the copies, in the same form: job:ID/pick waits for a \
            new pick. All other references stay. KEY=VALUE changes only the jobs that are named. Jobs that a \
            person has cancelled are not copied, nor those that cannot be made again; what is left out is \
            named. The copy of a held job that was not named is held. Either all are enqueued or none.
            """,
            "--from reads job objects: the sidecar beside an output, "
                + "or what --json prints, one or several lines.",
        ],
        options: [
            .from, .cascade, .state, .model,
            .label.saying("only jobs with this label; with ids or --from, the new label"),
        ] + OrderArguments.varying + OrderArguments.sending + [
            .dryRun.saying("check and show what would be sent, but store nothing"),
            .yes,
        ] + Session.configurationOptions,
        examples: [
            .init("jobctl rerun 12", "the same again"),
            .init("jobctl rerun 12 --repeat 4", "four more, each with its own seed"),
            .init("jobctl rerun 12-20 image_size=2560 --dry-run", "what nine larger ones would cost"),
            .init("jobctl rerun 12 --edit", "with the input corrected in an editor"),
            .init(
                "jobctl rerun 21 images=job:20/6 --cascade",
                "from another picture, and all that was made from 21"),
            .init("jobctl rerun --from outputs/2026-01-31/000012.json", "from the sidecar of an image"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        let purpose: JobDatabase.Purpose = arguments.has(.dryRun) ? .read : .write
        let store = try arguments.has(.from) ? session.storeIfAny(purpose) : session.store(purpose)
        let pairs = arguments.operands.filter { $0.utf8.contains(UInt8(ascii: "=")) }
        let ids = arguments.operands.filter { !$0.utf8.contains(UInt8(ascii: "=")) }
        try refuseWhatNoCascadeTakes(arguments)
        var placement = try OrderPlacement(session, store, "rerun")
        placement.announces = true
        var templates: [Template]
        if let path = arguments.value(.from) {
            guard ids.isEmpty, !arguments.has(.state), !arguments.has(.model) else {
                throw Failure.usage("give --from or jobs, not both")
            }
            templates = try TemplateFile.read(path)
        } else {
            guard let store else { return .no }
            let selection = try selection(session, store, ids)
            placement.alwaysAsks = selection.isFilter
            templates = try selection.ids.map { try Template(of: store.job($0)) }
            if arguments.has(.cascade) {
                placement.lineage = Lineage(of: selection.ids, try store.descendants(of: selection.ids))
            }
        }
        try placement.arguments.change(&templates, by: pairs)
        let labelIsNew = !ids.isEmpty || arguments.has(.from)
        return try placement.place(templates, try placement.arguments.terms(labelIsNew: labelIsNew))
    }

    private static func refuseWhatNoCascadeTakes(_ arguments: Arguments) throws {
        guard arguments.has(.cascade) else { return }
        for option in [Option.from, .matrix, .repeat] where arguments.has(option) {
            throw Failure.usage("--cascade takes no --\(option.name): it copies each job of this store once")
        }
    }

    private static func selection(
        _ session: Session, _ store: JobDatabase, _ ids: [String]
    ) throws -> Selection {
        let selection = try Selection(
            session, store, states: JobState.allCases.filter(\.hasEnded), labelChooses: ids.isEmpty,
            words: ids)
        guard !selection.ids.isEmpty else {
            throw try session.nothingMatched(
                selection.filter, in: store,
                hint: session.arguments.has(.state)
                    ? nil : "without --state, only jobs that have ended are considered")
        }
        return selection
    }
}
