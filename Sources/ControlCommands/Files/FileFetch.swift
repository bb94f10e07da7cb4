internal import CommandLineTool
internal import Glibc
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import System

/// `files --fetch DIR`: copies files to a directory, from this machine or from another one.
struct FileFetch {
    /// Set for a jobctl that writes the files to its standard output, for one on another machine.
    static let streamVariable = "JOBCTL_STREAM"

    static func isStreaming(_ session: Session) -> Bool { session.environment[streamVariable] == "1" }

    private let session: Session
    private let storage: StorageReader

    init(_ session: Session) { (self.session, storage) = (session, StorageReader(session: session)) }

    private func folder() throws(Failure) -> FetchFolder {
        try FetchFolder(session.arguments.value(.fetchTo) ?? "")
    }

    /// From this machine.
    func run() throws -> ExitCode {
        let folder = try folder()
        var report = Report(session)
        try FilesVerb.forEachKept(session) { output, path, places in
            if output.isElsewhere, output.object == nil {
                return report.refuse(places.place(of: output) ?? "", FileWords.hint(output))
            }
            let place = try open(output, path).flatMap { file in
                try folder.add(Self.name(of: output), output.sha256) { write in
                    while case let piece = try file.read(1 << 18), !piece.isEmpty { try write(piece) }
                    return true
                }
            }
            try report.add(output.json(file: path), place, from: Self.place(of: output, path))
        }
        return report.code
    }

    /// Opens a file that is on this machine; else its object. Nil if there is neither.
    private func open(_ output: Output, _ path: String?) throws(Failure) -> FileDescriptor? {
        if let path, let file = try? FileDescriptor(opening: path), (try? file.status())?.isFile == true {
            return file
        }
        return output.object == nil ? nil : try storage.content(of: output)
    }

    /// From another machine.
    func run(_ call: HostCall) throws -> ExitCode {
        let folder = try folder()
        try call.ssh.connect()
        let named = try call.prepare(call.words(session.arguments.operands), nil)
        let command = call.command(named.command, named.variables + ["\(Self.streamVariable)=1"])
        let (child, output) = try Self.start(command, call)
        let reader = FileStream.Reader(output)
        var report = Report(session)
        while let entry = reader.next() {
            if entry.object["end"] != nil { return try Self.ending(child, report.code, call) }
            let place = try folder.add(entry.object["name"]?.string ?? "", entry.object["sha256"]?.string) {
                write in
                try reader.read(entry.bytes, write)
            }
            let object = entry.object["output"] ?? .null
            let source = (object["file"]?.string ?? object["object"]?.string) ?? ""
            try report.add(object, place, from: source)
        }
        let code = try Self.ending(child, .success, call)
        if code == .success { throw call.ssh.unreadable }
        return code
    }

    /// Nothing is written to its standard input.
    private static func start(_ command: [String], _ call: HostCall) throws -> (ChildProcess, FileDescriptor)
    {
        let (child, _, output) = try call.ssh.open(command)
        return (child, output)
    }

    private static func ending(_ child: ChildProcess, _ code: ExitCode, _ call: HostCall) throws -> ExitCode {
        let found = try call.ssh.code(of: child.wait())
        return found == .success ? code : found
    }

    /// Writes the files to standard output.
    func stream() throws -> ExitCode {
        var code = ExitCode.success
        try FilesVerb.forEachKept(session) { output, path, _ in
            guard let file = try open(output, path), let status = try? file.status() else {
                let place = SafeText.escape(Self.place(of: output, path))
                session.note("\(place) cannot be read: see jobctl verify")
                code = .no
                return
            }
            let object: JSONObject = [
                "name": .string(Self.name(of: output)), "sha256": .optional(output.sha256),
                "output": output.json(file: path),
            ]
            try FileStream.write(object, file, bytes: status.size, to: .standardOutput)
        }
        try FileStream.end(to: .standardOutput)
        return code
    }

    /// What the file is called, or was on this machine.
    private static func name(of output: Output) -> String { PathParts(output.path ?? "").name }

    /// Where people find it.
    private static func place(of output: Output, _ path: String?) -> String { path ?? output.object ?? "" }

    /// What is said about each file.
    private struct Report {
        private let session: Session
        private var ids: JobLines
        private(set) var code = ExitCode.success

        init(_ session: Session) { (self.session, ids) = (session, JobLines(session)) }

        /// It is on another machine.
        mutating func refuse(_ place: String, _ hint: String) {
            session.note("\(place) is on another machine: \(hint)")
            code = .no
        }

        mutating func add(_ output: JSON, _ place: String?, from path: String) throws {
            guard let place else {
                session.note(
                    "\(SafeText.escape(path)) was not fetched: it is missing, or not what the record says; "
                        + "see jobctl verify")
                return code = .no
            }
            if let id = output["job_id"]?.integer { try ids.note(id) }
            guard case .object(var object) = output else { return }
            object["file"] = .string(place)
            try FilesVerb.show(.object(object), at: place, session)
            try session.screen.flush()
        }
    }
}

/// The directory that files are fetched to. No file in it is overwritten.
struct FetchFolder {
    private let path: String
    private let directory: Directory
    /// What a file is called that is not complete.
    private static let part = ".jobctl-fetch.part"

    /// Makes it if it is missing.
    init(_ path: String) throws(Failure) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if unsafe mkdir(path, 0o777) != 0, errno != EEXIST {
            throw Failure(.inputOutput, "cannot make \(SafeText.escape(path)): \(SystemError.last)")
        }
        do throws(SystemError) { directory = try Directory(path) } catch {
            throw Failure(.inputOutput, "cannot use \(SafeText.escape(path)): \(error)")
        }
        guard directory.takeLock() else {
            throw Failure(.no, "another jobctl writes to \(SafeText.escape(path))")
        }
        // Left by one that was interrupted.
        _ = try? directory.remove(Self.part)
    }

    /// Stores a file that `body` writes. Returns its absolute path; nil if it is cut, or has another hash.
    func add(
        _ name: String, _ sha256: String?,
        _ body: (_ write: ([UInt8]) throws -> Void) throws -> Bool
    ) throws -> String? {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")) else {
            throw Failure(.bug, "\"\(SafeText.escape(name))\" is no name of a file")
        }
        do { return try store(name, sha256, body) } catch let error as SystemError {
            throw Failure(.inputOutput, "cannot write \(SafeText.escape("\(path)/\(name)")): \(error)")
        }
    }

    private func store(
        _ name: String, _ sha256: String?,
        _ body: (_ write: ([UInt8]) throws -> Void) throws -> Bool
    ) throws -> String? {
        let part = Self.part
        let file = try directory.create(part, mode: 0o666)
        var isStored = false
        defer { if !isStored { _ = try? directory.remove(part) } }
        let digest = SHA256()
        let isWhole = try body { piece in
            unsafe piece.withUnsafeBytes { unsafe digest.update($0) }
            try file.write(piece)
        }
        let found = digest.hexadecimal()
        guard isWhole, sha256 == nil || found == sha256 else { return nil }
        try file.sync()
        for number in 1... {
            let candidate = number == 1 ? name : Self.numbered(name, number)
            if try directory.rename(part, to: candidate, in: directory) {
                isStored = true
                try directory.syncIfPossible()
                return try absolute(candidate)
            }
            // The same file may have been fetched before.
            if try holds(found, as: candidate) { return try absolute(candidate) }
        }
        return nil
    }

    private func holds(_ sha256: String, as name: String) throws(SystemError) -> Bool {
        guard let file = try? directory.open(name), try file.status().isFile else { return false }
        let digest = SHA256()
        while case let piece = try file.read(1 << 18), !piece.isEmpty {
            unsafe piece.withUnsafeBytes { unsafe digest.update($0) }
        }
        return digest.hexadecimal() == sha256
    }

    private static func numbered(_ name: String, _ number: Int) -> String {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "\(name)-\(number)" }
        return "\(name[..<dot])-\(number)\(name[dot...])"
    }

    private func absolute(_ name: String) throws(SystemError) -> String {
        try Directory.absolute("\(path)/\(name)")
    }
}
