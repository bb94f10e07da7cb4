internal import CommandLineTool
internal import Gallery
internal import Glibc
internal import JSON
internal import System

/// `gallery DIR` of the jobs of another machine. The other side makes a gallery of links in a temporary
/// directory, and sends what is missing here.
struct HostGallery {
    private let session: Session

    init(_ session: Session) { self.session = session }

    // MARK: - Here

    func run(_ call: HostCall) throws -> ExitCode {
        var operands = session.arguments.operands
        let path = try GalleryVerb.path(session)
        operands[0] = "."
        do {
            let folder = try GalleryFolder(path, outside: [])
            try call.ssh.connect()
            let named = try call.prepare(call.words(operands), nil)
            let command = call.command(named.command, named.variables + ["\(FileFetch.streamVariable)=1"])
            let (child, output) = try start(command, folder.stock(), call)
            let report = try receive(FileStream.Reader(output), folder)
            let code = try call.ssh.code(of: child.wait())
            guard let report else {
                if code == .success { throw call.ssh.unreadable }
                return code
            }
            try show(report, path + "/index.html")
            return code
        } catch let error as GalleryError {
            throw GalleryVerb.failure(error)
        }
    }

    private func start(
        _ command: [String], _ stock: GalleryFolder.Stock, _ call: HostCall
    ) throws -> (ChildProcess, FileDescriptor) {
        let (child, sink, output) = try call.ssh.open(command)
        // If the other side has ended, it says why.
        try? FileStream.end(stock.object, to: sink)
        return (child, output)
    }

    /// Returns the last entry; nil if the stream has ended before.
    private func receive(_ reader: FileStream.Reader, _ folder: GalleryFolder) throws -> JSON? {
        guard let content = reader.next()?.object else { return nil }
        let wanted = GalleryFolder.Stock(content)
        try folder.expect(wanted)
        var count = 0
        while let entry = reader.next() {
            if entry.object["end"] != nil {
                session.screen.show(progress: "")
                _ = try folder.finish(wanted)
                return entry.object
            }
            count += 1
            session.screen.show(progress: "\(count) files")
            try folder.receive(entry.object["name"]?.string ?? "") { file in
                try reader.read(entry.bytes) { try file.write($0) }
            }
        }
        return nil
    }

    private func show(_ report: JSON, _ page: String) throws {
        if session.wantsJSON, case .object(var object)? = report["report"] {
            object["page"] = .string(page)
            try session.emit(.object(object))
        } else if session.isQuiet {
            for id in report["ids"]?.array ?? [] { try session.screen.write("\(id.text)\n") }
        } else {
            try session.screen.write(SafeText.escape(page) + "\n")
        }
    }

    // MARK: - There

    /// Makes a gallery in a temporary directory by `make`, and sends it.
    func stream(_ make: (GalleryFolder) throws -> (code: ExitCode, report: JSON, ids: [Int64])) throws
        -> ExitCode
    {
        let known = GalleryFolder.Stock(FileStream.Reader(.standardInput).next()?.object ?? .null)
        let temporary: TemporaryFile
        do throws(SystemError) {
            temporary = try TemporaryFile("lock", directoryPrefix: "\(session.temporaryFolder)/jobctl")
        } catch { throw Failure(.inputOutput, "cannot make a temporary directory: \(error)") }
        let path = String(temporary.path.dropLast("/lock".count)) + "/gallery"
        defer {
            Self.remove(path)
            temporary.remove()
        }
        let folder = try GalleryFolder(path, outside: [])
        try folder.pretend(known)
        let (code, report, ids) = try make(folder)
        let content = folder.content
        let output = FileDescriptor.standardOutput
        try output.write(Array((JSON.object(content.object).text + "\n").utf8))
        // The page comes last: until then, the old gallery is complete.
        for name in content.names.subtracting(known.names).sorted() + ["index.html"] {
            guard let file = folder.open(name) else { continue }
            try FileStream.write(["name": .string(name)], file, bytes: file.status().size, to: output)
        }
        try FileStream.end(["report": report, "ids": .array(ids.map(JSON.integer))], to: output)
        return code
    }

    private static func remove(_ path: String) {
        guard let directory = try? Directory(path) else { return }
        for name in (try? directory.names()) ?? [] {
            if (try? directory.remove(name)) == nil, let inner = try? directory.directory(name) {
                for name in (try? inner.names()) ?? [] { _ = try? inner.remove(name) }
                _ = directory.removeDirectory(name)
            }
        }
        unsafe rmdir(path)
    }
}

extension GalleryFolder.Stock {
    fileprivate init(_ json: JSON) {
        func read(_ key: String) -> Set<String> { Set((json[key]?.array ?? []).compactMap(\.string)) }
        self.init(names: read("names"), declined: read("declined"))
    }

    fileprivate var object: JSONObject {
        [
            "names": .array(names.sorted().map(JSON.string)),
            "declined": .array(declined.sorted().map(JSON.string)),
        ]
    }
}
