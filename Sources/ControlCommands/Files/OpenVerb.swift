internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

enum OpenVerb: ControlVerb {
    static let command = Command(
        "open", "open the files of a job with the desktop's program", operands: "ID[/N]…",
        discussion: [
            """
            ID/N is the Nth file of a job; ID alone means all its files. The programs that $BROWSER names \
            are tried first, then xdg-open. $BROWSER has commands separated by colons; %s in a command \
            stands for the path, which otherwise comes last. The program runs on by itself, and what it \
            prints is not shown.
            """
        ],
        examples: [
            .init("jobctl open 12", "all files of job 12"),
            .init("jobctl open 12/2", "its second file"),
            .init("BROWSER=feh jobctl open 12", "with a program of your choice"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let words = session.arguments.operands
        guard !words.isEmpty else { throw Failure.usage("which job?", hint: "jobctl open 12, or 12/2") }
        let targets = try words.map(target)
        let store = try session.store(.read)
        let places = OutputPlaces(store.directory)
        // All of them are looked at before the first one is opened.
        let files = try targets.flatMap { try Self.files($0.id, $0.position, store, places) }
        let opener = Opener(browser: session.environment["BROWSER"])
        for (output, path) in files {
            let program = try opener.open(path)
            if session.wantsJSON, case .object(var object) = output.json(file: path) {
                object["program"] = .string(program)
                try session.emit(.object(object))
            } else if session.isQuiet {
                try session.screen.write("\(output.jobID)\n")
            } else {
                session.note("\(program) opens \(path)")
            }
        }
        return .success
    }

    /// Reads `12` or `12/2`.
    private static func target(_ word: String) throws -> (id: Int64, position: Int64?) {
        let parts = word.split(separator: "/", omittingEmptySubsequences: false).map { Int64($0) ?? 0 }
        guard parts.count <= 2, parts.allSatisfy({ $0 > 0 }) else {
            throw Failure.usage(
                "\"\(SafeText.escape(word))\" is no job or file", hint: "a job is 12, its second file 12/2")
        }
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }

    private static func files(
        _ id: Int64, _ position: Int64?, _ store: JobDatabase, _ places: OutputPlaces
    ) throws -> [(Output, String)] {
        let job = try store.job(id)
        let outputs = try store.outputs(of: id)
        let files = outputs.filter { $0.hasFile && (position == nil || $0.position == position) }
        guard !files.isEmpty else {
            let file = position.map { " \($0)" } ?? ""
            if outputs.contains(where: { $0.removedAt != nil && (position ?? $0.position) == $0.position }) {
                throw Failure(.no, "file\(file) of job \(id) was pruned", hint: "jobctl rerun \(id)")
            }
            let isOfFile = { (output: Output) in (position ?? output.position) == output.position }
            if let there = outputs.first(where: { $0.isElsewhere && isOfFile($0) }) {
                throw Failure(
                    .no, "file\(file) of job \(id) is \(SafeText.escape(places.place(of: there) ?? ""))",
                    hint: FileWords.hint(there))
            }
            if let moved = outputs.first(where: { $0.isKept && isOfFile($0) }) {
                throw Failure(
                    .no, "file\(file) of job \(id) is in the object storage",
                    hint: "it is \(SafeText.escape(moved.object ?? "")); "
                        + "jobctl files \(id) --fetch DIR fetches it"
                )
            }
            let hint = job.state.hasEnded ? "jobctl show \(id) says what it has" : "jobctl wait \(id)"
            throw Failure(.no, "job \(id) has no file\(file)\(job.state.hasEnded ? "" : " yet")", hint: hint)
        }
        return try files.map { output in
            guard let path = places.path(of: output), places.file(path).size != nil else {
                throw Failure(
                    .no, "\(SafeText.escape(places.path(of: output) ?? "")) is not there any more",
                    hint: "jobctl verify \(id) --repair fetches it again, if RunComfy still has it")
            }
            return (output, path)
        }
    }
}
