internal import Care
internal import CommandLineTool
internal import Inputs
internal import JSON
internal import JobModel
internal import JobStore

enum PruneVerb: ControlVerb {
    static let command = Command(
        "prune", "forget old history: rows, inputs and files, separately",
        operands: "--older-than SPAN --rows|--inputs|--files, or --inputs, or --foreign",
        discussion: [
            """
            Only jobs that ended longer ago than SPAN are touched. --files removes their files and sidecars \
            below output_dir; the record keeps their names and hashes. Their objects in object storage are \
            removed by jobd, as soon as it runs. --inputs empties their inputs; such a \
            job can no longer be submitted again. --rows removes the jobs and their events from the \
            database; their files stay, unless --files is given too. What was spent is never forgotten, and \
            no id is used again.
            """,
            """
            --foreign, given alone, removes files that jobd made and that belong to no job any more: files \
            whose job was pruned, damaged files that verify --repair has set aside, and what downloads have \
            left. A file that was changed since then is kept, and so is every other file; \
            jobctl verify --foreign lists them all.
            """,
            """
            --inputs also removes the copies of local files, in inputs/ of the state directory, that no job \
            needs any more. A job needs those that its input names, ended or not, until its input or its row \
            is pruned. Without --older-than, nothing else is removed.
            """,
            "It works in small batches, so that a running jobd hardly notices. With retention.rows, "
                + "retention.inputs and retention.files in the configuration, jobd does the same by itself.",
        ],
        options: [.olderThan, .files, .inputs, .rows, .foreign] + Selection.options
            + Session.configurationOptions,
        examples: [
            .init("jobctl prune --older-than 30d --files --dry-run", "which jobs would lose their files"),
            .init(
                "jobctl prune --older-than 90d --state failed,cancelled --rows",
                "forget jobs that did not complete"),
            .init(
                "jobctl prune --older-than 52w --rows --files --yes", "forget everything older than a year"),
            .init("jobctl prune --inputs --dry-run", "which local input files no job needs"),
            .init("jobctl prune --foreign --dry-run", "which files of no job would be removed"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        guard arguments.operands.isEmpty else {
            throw Failure.usage(
                "prune takes no ids", hint: "choose by --older-than, --state, --model and --label")
        }
        let parts = Pruning.Parts(
            rows: arguments.has(.rows), inputs: arguments.has(.inputs), files: arguments.has(.files))
        if arguments.has(.foreign) { return try ForeignPruning(session).run() }
        guard parts != Pruning.Parts() else {
            throw Failure.usage(
                "prune what?", hint: "--files, --inputs or --rows; several may be given; or --foreign")
        }
        let filters: [Option] = [.olderThan, .state, .model, .label]
        if parts == .init(inputs: true), !filters.contains(where: arguments.has) {
            return try CopyPruning(session, try session.store(.write)).run()
        }
        guard let age = try session.span(.olderThan) else {
            throw Failure.usage("how old?", hint: "--older-than 30d")
        }
        guard age <= 1_000_000_000_000 else { throw Failure.usage("--older-than is too long") }
        let store = try session.store(.write)
        let filter = try Selection.endedFilter(session, store, "are never pruned")
        let pruning = Pruning(
            parts, before: store.now + .milliseconds(-age), filter, places: try session.outputPlaces(),
            by: "jobctl prune")
        return try run(pruning, session, store)
    }

    private static func run(_ pruning: Pruning, _ session: Session, _ store: JobDatabase) throws -> ExitCode {
        let isDryRun = session.arguments.has(.dryRun)
        let plan = try plan(pruning, session, store, listsJobs: isDryRun)
        noteElsewhere(plan, session)
        guard !plan.isEmpty else { throw Failure(.no, "nothing to prune") }
        if isDryRun {
            session.note("would prune \(words(plan)); nothing was done")
            return .success
        }
        if !session.arguments.has(.yes) { try session.confirm("prune \(words(plan))") }
        let hasWords = pruning.removesWords
        if hasWords { try? SearchIndex.announcePruning(in: store.directory) }
        let done = try prune(pruning, session, store)
        if hasWords { forgetWords(session, store) }
        let copies = session.arguments.has(.inputs) ? try CopyPruning(session, store).remove() : .init()
        for fault in copies.faults { session.complain(fault) }
        for fault in done.faults { session.complain("\(fault)") }
        if session.wantsJSON {
            try session.emit(
                .object([
                    "rows": .integer(done.rows), "inputs": .integer(done.inputs),
                    "files": .integer(done.files), "bytes": .integer(done.bytes),
                    "failed": .integer(done.faults.count + copies.faults.count),
                    "input_files": .integer(copies.files),
                    "elsewhere": .integer(done.elsewhere.values.reduce(0, +)),
                ]))
        }
        session.note("pruned \(words(done))")
        if copies.files > 0 {
            session.note("removed \(CopyPruning.words(Int(copies.files), copies.bytes))")
        }
        try session.finish(store)
        return done.faults.isEmpty && copies.faults.isEmpty ? .success : .no
    }

    private static func noteElsewhere(_ plan: Pruning.Tally, _ session: Session) {
        for (host, count) in plan.elsewhere.sorted(by: { $0.key < $1.key }) {
            session.note("note: \(FileWords.elsewhere(count, host)): \(FileWords.toPrune(host))")
        }
    }

    /// Counts what would be pruned. A dry run also lists the jobs.
    private static func plan(
        _ pruning: Pruning, _ session: Session, _ store: JobDatabase, listsJobs: Bool
    ) throws -> Pruning.Tally {
        var plan = Pruning.Tally()
        var place: EndedJob?
        while case let jobs = try pruning.next(after: place, in: store), let last = jobs.last {
            place = last
            if !listsJobs { session.screen.show(progress: "found \(words(plan))") }
            for job in jobs {
                let own = try pruning.count(job.id, in: store)
                plan += own
                guard listsJobs, !own.isEmpty, let found = try store.find(job.id) else { continue }
                try session.wantsJSON
                    ? session.emit(found, in: store) : session.screen.write("\(found.id)\n")
            }
        }
        if !listsJobs { session.screen.show(progress: "") }
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
            // A log that held all of it would slow down every program that opens the store.
            _ = try? store.tidy(ifLargerThan: 16 << 20)
        }
        session.screen.show(progress: "")
        return done
    }

    /// Removes what was pruned from the index of `search`, too.
    private static func forgetWords(_ session: Session, _ store: JobDatabase) {
        session.screen.show(progress: "removing the words from the search index")
        defer { session.screen.show(progress: "") }
        do { try SearchIndex.finishPruning(in: store.directory) } catch {
            let path = store.directory.searchIndex
            session.screen.say(
                SafeText.escape("note: \(path) still has pruned words; it may be removed: \(error)"))
        }
    }

    private static func words(_ tally: Pruning.Tally) -> String {
        let counted = [(tally.rows, "job"), (tally.inputs, "input"), (tally.files, "file")]
            .filter { $0.0 > 0 }.map { NumberText.of($0.0, $0.1) }
        let size = tally.files > 0 ? " (\(ByteText.of(tally.bytes)))" : ""
        return counted.isEmpty ? "nothing" : counted.joined(separator: ", ") + size
    }
}
