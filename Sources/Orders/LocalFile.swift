internal import Catalogue
internal import CommandLineTool
internal import Inputs
internal import JSON
internal import JobModel
internal import Media
internal import System

/// A file on this machine that an order names by its path, as it was when it was looked at.
struct LocalFile {
    /// What its copy is called.
    let input: InputFile
    let content: FileContent
    /// Why it cannot be what its name says; nil if it can.
    let fault: String?
    /// Absolute; as it was typed if the command came from another machine.
    let path: String
    /// Where the file is opened.
    private let place: String

    /// Reads the whole file. A link is followed: the path is the person's own.
    init(_ path: String) throws(Failure) {
        place = SentFiles.place(of: path)
        let file = try Self.open(place, path)
        guard let bytes = FileBytes(file) else { throw Self.unreadable(path, "it is not an ordinary file") }
        let verdict = MediaProbe.verdict(onLocal: bytes, named: Self.name(of: path))
        content = FileContent(bytes, verdict)
        var fileExtension = "bin"
        switch verdict {
        case .accepted(let facts):
            fileExtension = facts.fileExtension
            fault = nil
        case .refused(let reason): fault = reason
        }
        do throws(SystemError) {
            input = InputFile(sha256: try Self.hash(of: file), fileExtension: fileExtension)
            self.path = place.isExactly(path) ? try Directory.absolute(path) : path
        } catch { throw Self.unreadable(path, "\(error)") }
    }

    /// The same for another program of this machine.
    var placeForOthers: String { SentFiles.placeForOthers(place) }

    /// The file, to be read once more.
    func open() throws(Failure) -> FileDescriptor { try Self.open(place, path) }

    private static func open(_ place: String, _ path: String) throws(Failure) -> FileDescriptor {
        if path.isEmpty || path == "-" {
            throw Failure(
                .cannotRead, path.isEmpty ? "a path is empty" : "standard input is no file with a name",
                hint: "write it to a file first")
        }
        let (file, status): (FileDescriptor, FileStatus)
        do throws(SystemError) {
            file = try FileDescriptor(openingWithoutWaiting: place)
            status = try file.status()
        } catch {
            throw unreadable(
                path, "\(error)",
                hint: path.utf8.starts(with: "~".utf8)
                    ? "the shell has not replaced ~: write the whole path" : nil)
        }
        if status.isDirectory { throw unreadable(path, "it is a directory") }
        if !status.isFile { throw unreadable(path, "it is not an ordinary file") }
        return file
    }

    static func unreadable(_ path: String, _ reason: String, hint: String? = nil) -> Failure {
        Failure(.cannotRead, "cannot read \(SafeText.escape(path)): \(reason)", hint: hint)
    }

    private static func name(of path: String) -> String {
        path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? path
    }

    private static func hash(of file: FileDescriptor) throws(SystemError) -> String {
        let digest = SHA256()
        var offset: Int64 = 0
        while case let piece = try file.read(1 << 20, at: offset), !piece.isEmpty {
            unsafe piece.withUnsafeBytes { unsafe digest.update($0) }
            offset += Int64(piece.count)
        }
        return digest.hexadecimal()
    }
}
