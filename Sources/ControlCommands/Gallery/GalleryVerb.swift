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
                + "can be given away, or served by a web server that may not read the outputs.",
        ],
        options: Selection.filterOptions + [
            .since, .picked, .limit.saying("the newest N jobs (\(most))"), .copy, .title,
        ] + Session.configurationOptions,
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
        guard var path = session.arguments.operands.first, path != "" else {
            throw Failure.usage("which directory?", hint: "jobctl gallery DIR")
        }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let limit = try session.arguments.integer(.limit, in: 1...1_000_000).map { Int($0) } ?? most
        let store = try session.store(.read)
        let places = try session.outputPlaces()
        var collected = GalleryJobs(session, store, places)
        let found = try found(session, store, limit: limit + 1)
        var jobs = try found.prefix(limit).compactMap { try store.find($0).flatMap { try collected.job($0) } }
        try collected.addUsers(to: &jobs)
        do {
            let folder = try GalleryFolder(path, outside: places.folders.map(\.path))
            let program = ProgramOutput.helper("jobthumb")
            let shown = collected
            let update = GalleryUpdate(folder, copies: session.arguments.has(.copy), program: program) {
                shown.open($0)
            }
            let title = session.arguments.value(.title) ?? session.arguments.value(.label) ?? "Gallery"
            let tally = try update.run(jobs, title: title) { session.screen.show(progress: $0) }
            if program == nil {
                session.note(
                    "note: jobthumb is not installed; the page shows whole pictures, which is slower")
            }
            if found.count > limit, session.arguments.value(.limit) == nil {
                session.note("note: these are the newest \(limit) jobs; --limit N takes more")
            }
            return try report(session, path + "/index.html", jobs, tally, missing: collected.missing)
        } catch let error as GalleryError {
            throw failure(error)
        }
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

    private static func report(
        _ session: Session, _ page: String, _ jobs: [GalleryJob], _ tally: GalleryUpdate.Tally, missing: Int
    ) throws -> ExitCode {
        for path in tally.unreadable { session.note("note: \(path) cannot be read and is left out") }
        if missing > 0 {
            session.note("note: \(NumberText.of(missing, "file")) on record but no longer on disk")
        }
        if session.wantsJSON {
            try session.emit(
                .object([
                    "page": .string(page), "jobs": .integer(jobs.count), "files": .integer(tally.files),
                    "thumbnails": .integer(tally.thumbnails), "made": .integer(tally.made),
                    "removed": .integer(tally.removed), "missing": .integer(missing),
                    "unreadable": .integer(tally.unreadable.count),
                ]))
        } else if session.isQuiet {
            for job in jobs { try session.screen.write("\(job.id)\n") }
        } else {
            try session.screen.write(SafeText.escape(page) + "\n")
        }
        session.note(
            "\(NumberText.of(tally.files, "file")) of \(NumberText.of(jobs.count, "job")); "
                + NumberText.of(tally.made, "new thumbnail"))
        return tally.unreadable.isEmpty ? .success : .no
    }

    private static func failure(_ error: GalleryError) -> Failure {
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
