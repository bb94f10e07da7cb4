internal import CommandLineTool
internal import Glibc
internal import Inputs
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import System

/// `prune --inputs`: removes the copies in `inputs/` that no job needs.
struct CopyPruning {
    private let session: Session
    private let store: JobDatabase
    private let folder: InputFolder

    init(_ session: Session, _ store: JobDatabase) {
        (self.session, self.store, folder) = (session, store, InputFolder(store.directory))
    }

    /// Alone, for copies whose jobs are gone.
    func run() throws -> ExitCode {
        let copies = try InputPruning.unneeded(in: folder, store).files
        guard !copies.isEmpty else {
            throw Failure(.no, "nothing to prune: jobs need every local input file")
        }
        if session.arguments.has(.dryRun) {
            for copy in copies { try show(copy) }
            session.note("would remove \(Self.words(copies.count, copies.reduce(0) { $0 + $1.bytes }))")
            return .success
        }
        if !session.arguments.has(.yes) {
            try session.confirm("remove \(Self.words(copies.count, copies.reduce(0) { $0 + $1.bytes }))")
        }
        let done = try remove()
        for fault in done.faults { session.complain(fault) }
        if session.wantsJSON {
            try session.emit(
                .object([
                    "files": .integer(done.files), "bytes": .integer(done.bytes),
                    "failed": .integer(done.faults.count),
                ]))
        }
        session.note("removed \(Self.words(Int(done.files), done.bytes))")
        try session.finish(store)
        return done.faults.isEmpty ? .success : .no
    }

    /// Removes what no job needs, and what killed programs have left.
    func remove() throws -> InputPruning.Tally {
        do {
            let pruning = try open()
            try pruning.sweep()
            let (copies, last) = try InputPruning.unneeded(in: folder, store)
            return try store.transaction { try pruning.remove(copies, since: last, in: store) }
        } catch let error as SystemError {
            if error.isMissing { return InputPruning.Tally() }
            throw error.isLocked
                ? Failure(
                    .unavailable, "another jobctl is copying local input files", hint: "try again later")
                : Failure(.inputOutput, "cannot prune \(SafeText.escape(folder.path)): \(error)")
        }
    }

    /// An enqueue keeps it closed while it copies, which rarely takes long.
    private func open() throws(SystemError) -> InputPruning {
        for _ in 0..<100 {
            do throws(SystemError) { return try InputPruning(folder) } catch {
                if !error.isLocked { throw error }
            }
            usleep(100_000)
        }
        return try InputPruning(folder)
    }

    private func show(_ copy: (file: InputFile, bytes: Int64)) throws {
        let path = folder.file(copy.file).absolutePath
        guard session.wantsJSON else { return try session.write(path: path) }
        try session.emit(
            .object(["kind": "input", "path": .string(path), "bytes": .integer(copy.bytes)]))
    }

    static func words(_ count: Int, _ bytes: Int64) -> String {
        "\(NumberText.of(count, "local input file")) (\(ByteText.of(bytes)))"
    }
}
