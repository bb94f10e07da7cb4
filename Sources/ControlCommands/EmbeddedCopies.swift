internal import Catalogue
internal import CommandLineTool
internal import Descriptions
internal import Glibc
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup
internal import System

/// `export --embed`: copies of files that say how they were made. The files themselves are only read.
struct EmbeddedCopies {
    private let path: String
    private let directory: Directory
    private let session: Session
    private let store: JobDatabase
    private let places: OutputPlaces
    private let storage: StorageReader

    /// A larger file is copied as it is: it would have to be in memory.
    private static let largest = 256 << 20

    init(_ path: String, _ session: Session, _ store: JobDatabase) throws {
        (self.session, self.store, storage) = (session, store, StorageReader(session: session))
        places = OutputPlaces(store.directory)
        do throws(SystemError) {
            if unsafe mkdir(path, 0o777) != 0, errno != EEXIST { throw .last }
            directory = try Directory(path)
        } catch {
            throw Failure(.inputOutput, "cannot use the directory \(SafeText.escape(path)): \(error)")
        }
        self.path = Directory.target(ofLink: "/proc/self/fd/\(directory.file.number)") ?? path
        let folders = try session.outputPlaces().folders + places.folders
        for folder in folders where (self.path + "/").hasPrefix(folder.path + "/") {
            throw Failure.usage(
                "\(SafeText.escape(path)) is inside \(SafeText.escape(folder.path)), where jobd keeps files"
            )
        }
    }

    func make(of choice: JobChoice, limit: Int?) throws -> ExitCode {
        var (jobs, files, plain, taken) = (0, 0, 0, 0)
        var code = ExitCode.success
        try choice.forEach(in: store, limit: limit) { job in
            jobs += 1
            let isWanted = { (output: Output) in
                output.isKept && (!session.arguments.has(.picked) || output.pickedAt != nil)
            }
            for output in try store.outputs(of: job.id).filter(isWanted) {
                if output.isElsewhere, output.object == nil {
                    let place = places.place(of: output) ?? ""
                    session.complain(
                        "\(place) is on another machine: \(FileWords.hint(output))", about: job.id)
                    code = .no
                    continue
                }
                do {
                    guard let isEmbedded = try copy(output, of: job) else {
                        taken += 1
                        continue
                    }
                    files += 1
                    if !isEmbedded { plain += 1 }
                } catch let error as SystemError {
                    let place = places.place(of: output) ?? ""
                    session.complain("\(SafeText.escape(place)) cannot be copied: \(error)", about: job.id)
                    code = .no
                    continue
                }
                try show(output)
            }
        }
        if jobs == 0 { try session.noteNothingMatched(choice, in: store) }
        try session.screen.flush()
        session.note(
            "\(NumberText.of(files, "file"))"
                + (plain > 0 ? ", \(plain) of them with an .xmp beside it" : "")
                + (taken > 0 ? "; \(taken) were there already" : ""))
        return code
    }

    private func name(_ output: Output) -> String {
        let name = PathParts(output.path ?? "").name
        let ending = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { name[$0...] } ?? ""
        return "\(JobFileName.digits(of: output.jobID))-\(output.position)\(ending)"
    }

    private func show(_ output: Output) throws {
        let file = path + "/" + name(output)
        if session.wantsJSON {
            try session.emit(
                .object([
                    "job_id": .integer(output.jobID), "position": .integer(output.position),
                    "file": .string(file),
                ]))
        } else if session.isQuiet {
            try session.screen.write("\(output.jobID)\n")
        } else {
            try session.write(path: file)
        }
    }

    /// Returns whether the description is inside; nil if the name is taken.
    private func copy(_ output: Output, of job: Job) throws -> Bool? {
        let name = name(output)
        if directory.holds(name) { return nil }
        let description = FileDescription(of: job, output, schema: Schema.builtIn(job.model))
        let source = try open(output)
        let isSmall = try source.status().size <= Self.largest
        let bytes = isSmall ? try source.readToEnd() : nil
        let embedded = bytes.flatMap { EmbeddedDescription.bytes($0, with: description) }
        try write(name) { (copy) throws(SystemError) in
            if let whole = embedded ?? bytes { try copy.write(whole) } else { try source.copy(to: copy) }
        }
        guard embedded == nil else { return true }
        if !directory.holds(name + ".xmp") {
            try write(name + ".xmp") { (copy) throws(SystemError) in
                try copy.write(Array(description.xmp.utf8))
            }
        }
        return false
    }

    private func open(_ output: Output) throws -> FileDescriptor {
        if output.hasFile, let path = output.path { return try places.file(path).open() }
        guard let file = try storage.content(of: output) else { throw SystemError(ENOENT) }
        return file
    }

    /// Under a temporary name first, so that what has its name is whole.
    private func write(
        _ name: String, _ fill: (FileDescriptor) throws(SystemError) -> Void
    ) throws(SystemError) {
        let part = TemporaryName.of(sidecar: name)
        _ = try directory.remove(part)
        do throws(SystemError) {
            let file = try directory.create(part, mode: 0o666)
            try fill(file)
            guard try directory.rename(part, to: name, in: directory) else { throw SystemError(EEXIST) }
        } catch {
            _ = try? directory.remove(part)
            throw error
        }
    }
}
