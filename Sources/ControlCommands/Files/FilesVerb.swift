internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

enum FilesVerb: ControlVerb {
    static let command = Command(
        "files", "the paths of finished files", operands: "[ID… | --state STATE | …]",
        discussion: [
            """
            Prints the absolute path of each file that was fetched, one a line; the oldest job comes first. \
            Unless jobs are chosen, the files of all jobs. Pruned files are left out. It does not look at \
            the disk: jobctl verify finds files that somebody has removed or changed. Of a store that \
            several machines share, a file on another one is HOST:PATH.
            """,
            """
            With --fetch, the files are copied to DIR, also from another machine (--host) and from object \
            storage, and their paths there are printed. What arrives is checked against the record. No file \
            is overwritten: if a name is taken by another file, the new one is called NAME-2.
            """,
            """
            With --json it prints an object for each file: the columns of the table outputs, and "file", the \
            path. With -q it prints the ids of the jobs that have files.
            """,
        ],
        options: JobChoice.options + [
            .picked, .limit.saying("only of the newest N jobs"), .outputKind, .null, .fetchTo,
        ] + DaemonQuestion.options,
        examples: [
            .init("jobctl files 12", "where the files of job 12 are"),
            .init("cp $(jobctl files 12) ~/Pictures", "copy them; no path with blanks"),
            .init("jobctl files --label cats --kind image -0 | xargs -0 feh", "show the pictures of a label"),
            .init("jobctl files --host ssh://server --label cats --fetch ~/cats", "bring them here"),
            .init("jobctl files --since 24h -0 | rsync -0 --files-from=- / host:backup/", "a day's files"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        if FileFetch.isStreaming(session) { return try FileFetch(session).stream() }
        if session.arguments.has(.fetchTo) { return try FileFetch(session).run() }
        var ids = JobLines(session)
        try forEach(session) { output, file, place in
            try ids.note(output.jobID)
            try show(output.json(file: file), at: place, session)
        }
        return .success
    }

    /// Visits the files on this machine that are chosen.
    static func forEach(
        _ session: Session, _ visit: (Output, _ file: String?, _ place: String) throws -> Void
    ) throws {
        var (moved, elsewhere) = (0, 0)
        try forEachKept(session) { output, path, places in
            guard path != nil || output.isElsewhere, let place = places.place(of: output) else {
                return moved += 1
            }
            if output.isElsewhere { elsewhere += 1 }
            try visit(output, path, place)
        }
        if elsewhere > 0 {
            session.note(
                "note: \(NumberText.of(elsewhere, "file")) on other machines, as HOST:PATH; "
                    + "jobctl --host ssh://HOST files … gets them")
        }
        guard moved > 0 else { return }
        let what = moved == 1 ? "1 file is" : "\(NumberText.of(moved)) files are"
        session.note("note: \(what) only in the object storage; jobctl files --fetch DIR fetches from there")
    }

    /// Visits the files that are chosen, those that are only in object storage or on other machines too:
    /// these have no path.
    static func forEachKept(
        _ session: Session, _ visit: (Output, String?, OutputPlaces) throws -> Void
    ) throws {
        let kinds: [Output.Kind] = try session.arguments.words(.outputKind, "kind")
        let isPicked = session.arguments.has(.picked)
        let store = try session.store(.read)
        let choice = try JobChoice(session, store, lists: true)
        let limit = try session.arguments.limit()
        let places = OutputPlaces(store.directory)
        var count = 0
        try choice.forEach(in: store, limit: limit) { job in
            for output in try store.outputs(of: job.id)
            where output.isKept && (kinds.isEmpty || kinds.contains(output.kind))
                && (!isPicked || output.pickedAt != nil)
            {
                count += 1
                try visit(output, places.path(of: output), places)
            }
        }
        if count == 0 {
            session.note(choice.isEverything ? "no finished file" : "no finished file matches")
        }
    }

    static func show(_ output: JSON, at path: String, _ session: Session) throws {
        if session.wantsJSON {
            try session.emit(output)
        } else if !session.isQuiet {
            try session.write(path: path, end: session.arguments.has(.null) ? "\0" : "\n")
        }
    }
}

/// Under `-q`: the id of each job, once.
struct JobLines {
    private let session: Session
    private var last: Int64?

    init(_ session: Session) { self.session = session }

    mutating func note(_ id: Int64) throws {
        if session.isQuiet, !session.wantsJSON, id != last { try session.screen.write("\(id)\n") }
        last = id
    }
}
