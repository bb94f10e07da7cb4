internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum EnqueueVerb: ControlVerb {
    static let command = Command(
        "enqueue", "add a job, or a batch of them", operands: "MODEL [KEY=VALUE …]",
        discussion: [
            "KEY=VALUE is read as the type that the model's schema names, and as text where there is no schema; the "
                + "beginning of a choice is enough where only one begins so. KEY:=JSON is read as JSON. A key given again "
                + "makes a list. Nothing is filled in: defaults are the service's to apply.",
            "When the answer is there, the job is on disk. An input that breaks the schema is refused with all reasons. "
                + "Files are only looked at by jobctl validate --fetch.",
            "A batch is JSON Lines of {\"model\", \"input\", \"label\", \"key\", \"priority\", \"not_before\", \"hold\"}. "
                + "Every line is enqueued, or none; the options here are for lines that do not say their own.",
        ],
        options: [
            Option("input", value: "FILE", "the whole input as JSON from a file; - for standard input"),
            Option("batch", value: "FILE", "many jobs as JSON Lines from a file; - for standard input"),
            Option("label", value: "TEXT", "a word to find it by"),
            Option(
                "key", value: "TEXT", "enqueue only if no job that is not failed or cancelled has this key"),
            Option("priority", value: "N", "higher goes first; 0 where nothing is said"),
            Option(
                "not-before", value: "TIME", "send it no earlier: 2h, 22:00, 2026-01-31 18:00, or RFC 3339"),
            Option("hold", "set it aside until it is released"),
            Option("wait", "wait until it has ended"),
            Option("timeout", value: "SPAN", "with --wait: no longer than this"),
            Option("dry-run", short: "n", "check it and show what would be sent, but store nothing"),
            Option("no-validate", "send it even where the schema says no"),
        ],
        examples: [
            .init(
                "jobctl enqueue bytedance/seedream-4-0/sequential text='Generate 2 images of a fox' "
                    + "sequential_image_generation_options=2 image_size=2560",
                "two pictures, 2560:1440 (16:9)"),
            .init(
                "jobctl enqueue bytedance/seedream-4-0/edit prompt='at night' images=https://example.com/a.png "
                    + "images=https://example.com/b.png", "a list of two"),
            .init(
                "jobctl enqueue bytedance/seedream-4-0/edit --input edit.json --wait", "from a file, and wait"
            ),
            .init("jobctl enqueue --batch jobs.jsonl --label spring", "many at once"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        try session.arguments.has("batch") ? enqueueBatch(session) : enqueueOne(session)
    }

    private static func enqueueOne(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        guard let model = arguments.operands.first else {
            throw Failure.usage("which model?", hint: "jobctl models lists them")
        }
        let isDry = arguments.has("dry-run")
        let store = try session.storeIfAny(isDry ? .read : .write)
        var job = try draft(session, model, store)
        try apply(options: session, to: &job)
        if isDry { return try show(job, session) }
        // A job that is refused makes no store.
        let database = try store ?? session.store(.create)
        let (stored, existing) = try database.enqueue(job)
        if existing { try database.syncLog() }
        session.wake(database.directory)
        if existing {
            session.note(
                "job \(stored.id) has the key \"\(job.key ?? "")\" already; nothing was added"
                    + (job.differs(from: stored) ? ", although its input differs" : ""))
        }
        if arguments.has("wait") {
            let existing: Set<Int64> = existing ? [stored.id] : []
            let waiting = Waiting(session: session, store: database, ids: [stored.id], existing: existing)
            return try waiting.run(timeout: WaitVerb.timeout(session))
        }
        try answer(stored, existing, session, database)
        session.noteIfNoDaemon(database.directory, "the job waits until it runs")
        let next = stored.state == .held ? "release" : stored.state.hasEnded ? "show" : "wait"
        session.suggest("jobctl \(next) \(stored.id)")
        try session.finish(database)
        return .success
    }

    /// Reads the input of one job, from its keys or from a file, and checks it.
    static func draft(_ session: Session, _ model: String, _ store: JobDatabase?) throws -> NewJob {
        var draft = JobDraft(session, store)
        let input = try input(session, model, &draft)
        return try draft.job(model, input, validates: !session.arguments.has("no-validate"))
    }

    static func input(_ session: Session, _ model: String, _ draft: inout JobDraft) throws -> JSON {
        let schema = try draft.schema(of: model)
        let pairs = Array(session.arguments.operands.dropFirst())
        if let path = session.arguments.value("input") {
            guard pairs.isEmpty else { throw Failure.usage("give --input or KEY=VALUE, not both") }
            return try draft.input(try InputReader(path).all())
        }
        do throws(ArgumentError) {
            return .object(try ArgumentReader(schema: schema).read(pairs))
        } catch {
            switch error {
            case .noEqualsSign, .noKey: throw Failure(.usage, SafeText.escape("\(error)"))
            case .malformedJSON, .ambiguous: throw Failure(.inputRefused, SafeText.escape("\(error)"))
            }
        }
    }

    private static func apply(options session: Session, to job: inout NewJob) throws {
        job.label = session.arguments.value("label")
        job.key = session.arguments.value("key")
        if job.key == "" { throw Failure.usage("--key is empty") }
        job.priority = try session.arguments.integer("priority") ?? 0
        job.notBefore = try session.moment("not-before", .fromNow)
        job.isHeld = session.arguments.has("hold")
    }

    private static func answer(
        _ job: Job, _ existing: Bool, _ session: Session, _ store: JobDatabase
    ) throws {
        if session.wantsJSON {
            try session.emit(job, in: store, adding: existing ? ["existing": .bool(true)] : [:])
        } else if session.isQuiet || !session.screen.isTerminal {
            try session.screen.write("\(job.id)\n")
        } else {
            try session.screen.write("job \(job.id) is \(job.state.rawValue)\n")
        }
    }

    private static func show(_ job: NewJob, _ session: Session) throws -> ExitCode {
        let input = try JSON(parsing: job.input)
        if session.wantsJSON {
            try session.emit(
                .object([
                    "model": .string(job.model), "input": input, "label": .optional(job.label),
                    "key": .optional(job.key), "priority": .integer(job.priority),
                    "not_before": .optional(job.notBefore?.description), "hold": .bool(job.isHeld),
                ]))
        } else {
            try session.screen.write(SafeText.escape(input.indentedText, keepingNewlines: true) + "\n")
        }
        session.note("this is what \(job.model) would be sent; nothing was stored")
        return .success
    }

    private static func enqueueBatch(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        guard arguments.operands.count <= 1, !arguments.has("input"), !arguments.has("key") else {
            throw Failure.usage("--batch takes at most a MODEL; inputs and keys stand in the lines")
        }
        var defaults = NewJob(model: arguments.operands.first ?? "", input: "")
        try apply(options: session, to: &defaults)
        let batch = Batch(defaults: defaults, validates: !arguments.has("no-validate"))
        // A pipe is read to its end before the database is locked: its writer may be slow.
        let source = try InputReader(arguments.value("batch") ?? "-")
        let reader = try source.spooled(in: session.environment["TMPDIR"] ?? "/tmp")
        if arguments.has("dry-run") {
            var count = 0
            var draft = JobDraft(session, try session.storeIfAny())
            try batch.forEach(reader, &draft) { _ in count += 1 }
            session.note("\(count) jobs would be enqueued; nothing was stored")
            return .success
        }
        let store = try session.store(.create)
        let entries = try store.transaction {
            var draft = JobDraft(session, store)
            var entries = EnqueuedRuns()
            try batch.forEach(reader, &draft) { job in
                let entry = try store.insert(job)
                let holder = entry.existing ? try store.find(entry.id) : nil
                entries.append(entry, differs: holder.map(job.differs) ?? false)
            }
            return entries
        }
        if entries.runs.contains(where: \.existing) { try store.syncLog() }
        session.wake(store.directory)
        session.note(entries.summary)
        if arguments.has("wait") {
            let existing = Set(entries.runs.filter(\.existing).flatMap(\.ids))
            let waiting = Waiting(
                session: session, store: store, ids: entries.runs.flatMap { Array($0.ids) },
                existing: existing)
            return try waiting.run(timeout: WaitVerb.timeout(session))
        }
        for run in entries.runs {
            for id in run.ids {
                guard session.wantsJSON, let job = try store.find(id) else {
                    try session.screen.write("\(id)\n")
                    continue
                }
                try answer(job, run.existing, session, store)
            }
        }
        session.noteIfNoDaemon(store.directory, "the jobs wait until it runs")
        if let ids = entries.runs.first?.ids, entries.runs.count == 1 {
            session.suggest(
                "jobctl \(defaults.isHeld ? "release" : "wait") \(SelectionText.of(Array(ids)) ?? "")")
        }
        try session.finish(store)
        return .success
    }
}

/// What became of the lines of a batch, in their order: neighbours are kept as one run, so that a million take a few bytes.
struct EnqueuedRuns {
    struct Run {
        var ids: ClosedRange<Int64>
        let existing: Bool
    }

    private(set) var runs: [Run] = []
    private var added = 0
    private var existing = 0
    private var differing = 0

    var summary: String {
        var text = "enqueued \(added)"
        if existing > 0 { text += ", \(existing) were there already by their keys" }
        if differing > 0 { text += ", \(differing) of them with another input" }
        return text
    }

    mutating func append(_ entry: Enqueued, differs: Bool) {
        if entry.existing { existing += 1 } else { added += 1 }
        if differs { differing += 1 }
        if let last = runs.last, last.existing == entry.existing, last.ids.upperBound + 1 == entry.id {
            runs[runs.count - 1].ids = last.ids.lowerBound...entry.id
        } else {
            runs.append(Run(ids: entry.id...entry.id, existing: entry.existing))
        }
    }
}
