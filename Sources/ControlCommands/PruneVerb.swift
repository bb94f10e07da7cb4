internal import Care
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum PruneVerb: ControlVerb {
    static let command = Command(
        "prune", "forget old history: rows, inputs and files, each on its own",
        operands: "--older-than SPAN --rows|--inputs|--files",
        discussion: [
            "Only jobs that have ended are touched: those that ended longer ago than SPAN. --files removes their files "
                + "and sidecars below output_dir; the record keeps their names and hashes. --inputs empties what they "
                + "were asked to make; such a job can no longer be submitted again. --rows removes the jobs and their events "
                + "from the database; their files stay, unless --files is given too. What was spent is never forgotten, and no "
                + "id is used again.",
            "It works in small batches, so that a running jobd hardly notices. The configuration's retention.rows, "
                + "retention.inputs and retention.files have jobd do the same by itself.",
        ],
        options: [
            .olderThan,
            .files,
            .inputs,
            .rows,
        ] + Selection.options + Session.configurationOptions,
        examples: [
            .init("jobctl prune --older-than 30d --files --dry-run", "which jobs would lose their files"),
            .init(
                "jobctl prune --older-than 90d --state failed,cancelled --rows", "forget what came to nothing"
            ),
            .init(
                "jobctl prune --older-than 52w --rows --files --yes", "forget everything older than a year"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        guard arguments.operands.isEmpty else {
            throw Failure.usage(
                "prune takes no ids", hint: "choose by --older-than, --state, --model and --label")
        }
        let parts = Pruning.Parts(
            rows: arguments.has(.rows), inputs: arguments.has(.inputs), files: arguments.has(.files))
        guard parts != Pruning.Parts() else {
            throw Failure.usage("prune what?", hint: "--files, --inputs or --rows; several may be given")
        }
        guard let text = arguments.value(.olderThan) else {
            throw Failure.usage("how old?", hint: "--older-than 30d")
        }
        guard let age = TimeText.span(text), age <= 1_000_000_000_000 else {
            throw Failure.usage(
                "\"\(SafeText.escape(text))\" is no span of time", hint: "write 30d, 12w or 24h")
        }
        let filter = try Selection.filter(session)
        if let state = filter.states.first(where: { !$0.hasEnded }) {
            throw Failure.usage(
                "\(state.rawValue) jobs are never pruned", hint: "states are completed, failed, cancelled")
        }
        let store = try session.store(.write)
        let pruning = Pruning(
            parts, before: store.now + .milliseconds(-age), filter, places: try session.outputPlaces(),
            by: "jobctl prune")
        return try run(pruning, session, store)
    }

    private static func run(_ pruning: Pruning, _ session: Session, _ store: JobDatabase) throws -> ExitCode {
        let isDryRun = session.arguments.has(.dryRun)
        let plan = try plan(pruning, session, store, tells: isDryRun)
        guard plan.rows + plan.inputs + plan.files > 0 else { throw Failure(.no, "nothing to prune") }
        if isDryRun {
            session.note("would prune \(words(plan)); nothing was done")
            return .success
        }
        if !session.arguments.has(.yes) { try session.confirm("prune \(words(plan))") }
        let hasWords = pruning.removesWords
        if hasWords { try? SearchIndex.announcePruning(in: store.directory) }
        let done = try prune(pruning, session, store)
        if hasWords { forgetWords(session, store) }
        for fault in done.faults { session.screen.say(SafeText.escape("jobctl: \(fault)")) }
        if session.wantsJSON {
            try session.emit(
                .object([
                    "rows": .integer(done.rows), "inputs": .integer(done.inputs),
                    "files": .integer(done.files),
                    "bytes": .integer(done.bytes), "failed": .integer(done.faults.count),
                ]))
        }
        session.note("pruned \(words(done))")
        try session.finish(store)
        return done.faults.isEmpty ? .success : .no
    }

    /// What all of it comes to. A dry run tells the jobs.
    private static func plan(
        _ pruning: Pruning, _ session: Session, _ store: JobDatabase, tells: Bool
    ) throws -> Pruning.Tally {
        var plan = Pruning.Tally()
        var place: EndedJob?
        while case let jobs = try pruning.next(after: place, in: store), let last = jobs.last {
            place = last
            if !tells { session.screen.show(progress: "found \(words(plan))") }
            for job in jobs {
                let own = try pruning.count(job.id, in: store)
                plan += own
                guard tells, own != Pruning.Tally(), let found = try store.find(job.id) else { continue }
                try session.wantsJSON
                    ? session.emit(found, in: store) : session.screen.write("\(found.id)\n")
            }
        }
        if !tells { session.screen.show(progress: "") }
        return plan
    }

    private static func prune(_ pruning: Pruning, _ session: Session, _ store: JobDatabase) throws
        -> Pruning.Tally
    {
        var done = Pruning.Tally()
        var place: EndedJob?
        while case let jobs = try pruning.next(after: place, in: store), let last = jobs.last {
            place = last
            let announced = try store.transaction { try pruning.announce(jobs, in: store) }
            let removal = pruning.removeFiles(announced)
            done += try store.transaction { try pruning.finish(removal, in: store) }
            session.screen.show(progress: "pruned \(words(done))")
            // A log that grew with all of it would slow everybody down.
            try? store.tidy(ifLargerThan: 16 << 20)
        }
        session.screen.show(progress: "")
        return done
    }

    /// What was pruned is not to be found in the index of `search` either.
    private static func forgetWords(_ session: Session, _ store: JobDatabase) {
        session.screen.show(progress: "taking the words out of what search knows")
        defer { session.screen.show(progress: "") }
        do { try SearchIndex.finishPruning(in: store.directory) } catch {
            let path = store.directory.searchIndex
            session.screen.say(
                SafeText.escape(
                    "note: words of what was pruned are still in \(path), which may be removed: \(error)"))
        }
    }

    private static func words(_ tally: Pruning.Tally) -> String {
        let counted = [
            (tally.rows, "job"), (tally.inputs, "input"), (tally.files, "file"),
        ].filter { $0.0 > 0 }.map { NumberText.of($0.0, $0.1) }
        let size = tally.files > 0 ? " (\(ByteText.of(tally.bytes)))" : ""
        return counted.isEmpty ? "nothing" : counted.joined(separator: ", ") + size
    }
}
