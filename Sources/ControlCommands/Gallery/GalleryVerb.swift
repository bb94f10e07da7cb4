internal import CommandLineTool
internal import Gallery
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import System

enum GalleryVerb: ControlVerb {
    static let command = Command(
        "gallery", "finished jobs as a page for the browser", operands: "DIR [ID… | --state STATE | …]",
        discussion: [
            """
            Writes DIR/index.html: pictures, films and sound with their prompts, models, seeds, costs and \
            dates; a search, filters, a table that compares jobs by two keys of their inputs, and for each \
            job the command that makes the same again. The page needs no network and no server, and can be \
            used by keyboard (? lists the keys).
            """,
            """
            A star marks what is picked; any other file offers the jobctl pick command that chooses it. Each \
            file shows what it was made from and what was made from it, and leads to a view of the whole \
            chain. Jobs of a chain that are not selected are named, but their files are left out.
            """,
            """
            DIR must be new, empty, or a gallery, which is then updated: new jobs are added, and jobs that \
            are gone or no longer chosen are taken off the page. It removes only files that it has made.
            """,
            "The files stay in place, and DIR/files links to them. With --copy it holds copies, so that DIR "
                + "can be given away, or served by a web server that may not read the outputs. "
                + "Files in object storage are fetched into it. "
                + "With --host, it always does, and only what is missing here comes over.",
        ],
        options: Selection.filterOptions + [
            .since, .picked, .limit.saying("the newest N jobs (\(most))"), .copy, .title,
        ] + DaemonQuestion.options,
        examples: [
            .init("jobctl gallery ~/gallery && xdg-open ~/gallery/index.html", "everything that completed"),
            .init("jobctl gallery cats --label cats --title 'Cats'", "one label"),
            .init("jobctl gallery /srv/www/week --since 7d --copy", "a week, for a web server"),
            .init("jobctl gallery best 12,17,20-24", "these jobs"),
            .init("jobctl gallery bad --state failed,cancelled", "jobs that did not complete, and why"),
        ])

    /// More jobs make the page slow.
    private static let most = 10_000

    static func run(_ session: Session) throws -> ExitCode {
        let path = try path(session)
        do {
            if FileFetch.isStreaming(session) {
                return try HostGallery(session).stream { folder in
                    let made = try make(session) { _ in folder }
                    try note(session, made)
                    return (made.code, made.json(""), made.jobs.map(\.id))
                }
            }
            let made = try make(session) { try GalleryFolder(path, outside: $0) }
            return try report(session, path + "/index.html", made)
        } catch let error as GalleryError {
            throw failure(error)
        }
    }

    static func path(_ session: Session) throws(Failure) -> String {
        guard var path = session.arguments.operands.first, path != "" else {
            throw Failure.usage("which directory?", hint: "jobctl gallery DIR")
        }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// What was made.
    private struct Made {
        let jobs: [GalleryJob]
        let tally: GalleryUpdate.Tally
        /// How many files are on record but no longer on disk.
        let missing: Int

        var code: ExitCode { tally.unreadable.isEmpty ? .success : .no }

        func json(_ page: String) -> JSON {
            .object([
                "page": .string(page), "jobs": .integer(jobs.count), "files": .integer(tally.files),
                "thumbnails": .integer(tally.thumbnails), "made": .integer(tally.made),
                "removed": .integer(tally.removed), "missing": .integer(missing),
                "unreadable": .integer(tally.unreadable.count),
            ])
        }
    }

    /// - Parameter open: opens the directory; it is told which folders a gallery must not be in.
    private static func make(_ session: Session, _ open: ([String]) throws -> GalleryFolder) throws -> Made {
        let limit = try session.arguments.integer(.limit, in: 1...1_000_000).map { Int($0) } ?? most
        let store = try session.store(.read)
        let places = try session.outputPlaces()
        var collected = GalleryJobs(session, store, places)
        let found = try found(session, store, limit: limit + 1)
        var jobs = try found.prefix(limit).compactMap { try store.find($0).flatMap { try collected.job($0) } }
        try collected.addUsers(to: &jobs)
        let folder = try open(places.folders.map(\.path))
        let program = ProgramOutput.helper("jobthumb")
        let shown = collected
        let copies = session.arguments.has(.copy) && !FileFetch.isStreaming(session)
        let update = GalleryUpdate(folder, copies: copies, program: program) { shown.open($0) }
        let title = session.arguments.value(.title) ?? session.arguments.value(.label) ?? "Gallery"
        let tally = try update.run(jobs, title: title) { session.screen.show(progress: $0) }
        if program == nil {
            session.note("note: jobthumb is not installed; the page shows whole pictures, which is slower")
        }
        if found.count > limit, session.arguments.value(.limit) == nil {
            session.note("note: these are the newest \(limit) jobs; --limit N takes more")
        }
        return Made(jobs: jobs, tally: tally, missing: collected.missing)
    }

    /// The newest jobs that are chosen, newest first.
    private static func found(_ session: Session, _ store: JobDatabase, limit: Int) throws -> [Int64] {
        let objection = "have nothing to show"
        var filter = try Selection.endedFilter(session, store, objection)
        let words = Array(session.arguments.operands.dropFirst())
        let ids: [Int64]
        if words.isEmpty, !session.arguments.has(.picked) {
            if filter.states.isEmpty { filter.states = [.completed] }
            filter.limit = limit
            ids = try store.ids(filter)
        } else {
            let named = try JobChoice(session, store, lists: true, words: words)
            ids = try named.ids(in: store, by: JobOrder(.id, isDescending: true), limit: limit).filter { id in
                guard let state = try store.find(id)?.state, !state.hasEnded else { return true }
                session.note("job \(id) is \(state.rawValue); \(state.rawValue) jobs \(objection)")
                return false
            }
        }
        if ids.isEmpty { try session.noteNothingMatched(filter, in: store) }
        return ids
    }

    private static func report(_ session: Session, _ page: String, _ made: Made) throws -> ExitCode {
        if session.wantsJSON {
            try session.emit(made.json(page))
        } else if session.isQuiet {
            for job in made.jobs { try session.screen.write("\(job.id)\n") }
        } else {
            try session.screen.write(SafeText.escape(page) + "\n")
        }
        try note(session, made)
        return made.code
    }

    private static func note(_ session: Session, _ made: Made) throws {
        for path in made.tally.unreadable { session.note("note: \(path) cannot be read and is left out") }
        if made.missing > 0 {
            let isShared = try session.directory().sharedStore != nil
            session.note(
                "note: \(NumberText.of(made.missing, "file")) on record but "
                    + (isShared ? "neither on this machine nor in the object storage" : "no longer on disk"))
        }
        session.note(
            "\(NumberText.of(made.tally.files, "file")) of \(NumberText.of(made.jobs.count, "job")); "
                + NumberText.of(made.tally.made, "new thumbnail"))
    }

    static func failure(_ error: GalleryError) -> Failure {
        switch error {
        case .notAGallery(let path):
            Failure(
                .no, "\(SafeText.escape(path)) is not empty and is no gallery; nothing was written",
                hint: "name a new directory")
        case .insideOutputs(let folder):
            Failure(
                .no, "a gallery cannot be inside \(SafeText.escape(folder)), which is for outputs",
                hint: "name a directory elsewhere")
        case .busy(let path):
            Failure(.no, "another jobctl writes to \(SafeText.escape(path))")
        case .cannot(let what, let path, let error):
            Failure(.inputOutput, "cannot \(what) \(SafeText.escape(path)): \(error)")
        }
    }
}
