internal import Care
internal import CommandLineTool
internal import JSON
internal import JobStore
internal import Outputs
internal import System

/// `prune --foreign`: removes files that jobd made and that belong to no job any more.
struct ForeignPruning {
    private let session: Session
    private let places: OutputPlaces

    init(_ session: Session) throws {
        let others: [Option] = [.olderThan, .files, .inputs, .rows, .state, .model, .label]
        if let other = others.first(where: { session.arguments.has($0) }) {
            throw Failure.usage(
                "--foreign is about files of no job, so --\(other.name) means nothing",
                hint: "run jobctl prune twice")
        }
        self.session = session
        places = try session.outputPlaces()
    }

    func run() throws -> ExitCode {
        let store = try session.store(.write)
        var (due, others): ([ForeignFile], Int64) = ([], 0)
        try session.forEachForeignFile(in: store, places) { file in
            if file.origin == .unknown { others += 1 } else { due.append(file) }
        }
        if others > 0 {
            session.note(
                "kept \(NumberText.of(others, "file")) that jobd did not make; "
                    + "jobctl verify --foreign lists \(others == 1 ? "it" : "them")")
        }
        guard !due.isEmpty else { throw Failure(.no, "nothing to prune") }
        let words = Self.words(due)
        if session.arguments.has(.dryRun) {
            for file in due { try show(file) }
            session.note("would remove \(words); nothing was done")
            return .success
        }
        if !session.arguments.has(.yes) { try session.confirm("remove \(words)") }
        return try remove(due, store)
    }

    private func remove(_ due: [ForeignFile], _ store: JobDatabase) throws -> ExitCode {
        let files = ForeignFiles(places)
        var removed: [ForeignFile] = []
        for file in due {
            if let fault = try files.remove(file, in: store) {
                session.complain(fault)
            } else {
                removed.append(file)
            }
        }
        try store.transaction { try files.forgetRemoved(in: store) }
        let failed = due.count - removed.count
        if session.wantsJSON {
            try session.emit(
                .object([
                    "files": .integer(removed.count),
                    "bytes": .integer(removed.reduce(0) { $0 + $1.bytes }), "failed": .integer(failed),
                ]))
        }
        session.note("removed \(Self.words(removed))")
        try session.finish(store)
        return failed == 0 ? .success : .no
    }

    private func show(_ foreign: ForeignFile) throws {
        let path = places.recorded(foreign.file)
        if session.wantsJSON { return try session.emit(foreign.json(places)) }
        let line = session.isQuiet ? [path] : [path, foreign.origin.words]
        try session.screen.write(line.map { SafeText.escape($0) }.joined(separator: "\t") + "\n")
    }

    private static func words(_ files: [ForeignFile]) -> String {
        let bytes = files.reduce(0) { $0 + $1.bytes }
        return "\(NumberText.of(Int64(files.count), "file")) of no job (\(ByteText.of(bytes)))"
    }
}

extension Session {
    /// Visits the files of no job.
    func forEachForeignFile(
        in store: JobDatabase, _ places: OutputPlaces, _ visit: (ForeignFile) throws -> Void
    ) throws {
        do { try ForeignFiles(places).forEach(in: store, visit) } catch let fault as SystemError {
            throw Failure(.inputOutput, "cannot read the directory of the outputs: \(fault)")
        }
    }
}

extension ForeignFile {
    func json(_ places: OutputPlaces) -> JSON {
        .object([
            "kind": "foreign", "path": .string(places.recorded(file)), "origin": .string(origin.rawValue),
            "bytes": .integer(bytes),
        ])
    }
}
