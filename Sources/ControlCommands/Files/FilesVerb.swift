internal import CommandLineTool
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
            the disk: jobctl verify finds files that somebody has removed or changed.
            """,
            """
            With --json it prints an object for each file: the columns of the table outputs, and "file", the \
            path. With -q it prints the ids of the jobs that have files.
            """,
        ],
        options: JobChoice.options + [
            .picked, .limit.saying("only of the newest N jobs"), .outputKind, .null,
        ],
        examples: [
            .init("jobctl files 12", "where the files of job 12 are"),
            .init("cp $(jobctl files 12) ~/Pictures", "copy them; no path with blanks"),
            .init("jobctl files --label cats --kind image -0 | xargs -0 feh", "show the pictures of a label"),
            .init("jobctl files --since 24h -0 | rsync -0 --files-from=- / host:backup/", "a day's files"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let kinds: [Output.Kind] = try session.arguments.words(.outputKind, "kind")
        let isPicked = session.arguments.has(.picked)
        let store = try session.store(.read)
        let choice = try JobChoice(session, store, lists: true)
        let limit = try session.arguments.limit()
        let places = OutputPlaces(store.directory)
        var count = 0
        try choice.forEach(in: store, limit: limit) { job in
            let files = try store.outputs(of: job.id).filter {
                $0.hasFile && (kinds.isEmpty || kinds.contains($0.kind)) && (!isPicked || $0.pickedAt != nil)
            }
            if session.isQuiet, !session.wantsJSON, !files.isEmpty { try session.screen.write("\(job.id)\n") }
            for output in files {
                guard let path = places.path(of: output) else { continue }
                count += 1
                if session.wantsJSON {
                    try session.emit(output.json(file: path))
                } else if !session.isQuiet {
                    try session.write(path: path, end: session.arguments.has(.null) ? "\0" : "\n")
                }
            }
        }
        if count == 0 { session.note(choice.isEverything ? "no finished file" : "no finished file matches") }
        return .success
    }
}
