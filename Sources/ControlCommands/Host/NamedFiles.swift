internal import Catalogue
internal import CommandLineTool
internal import Glibc
internal import JSON
internal import System

/// The local files that a command names, and that have to go along with it to another machine. What they mean
/// is decided over there: here, everything that may be a file is taken along.
struct NamedFiles {
    /// Each by the name that the command gives it, and by what has its content.
    private(set) var paths: [(name: String, file: String)] = []
    /// The contents of files that can be read only once.
    private var copies: [FileDescriptor] = []
    /// Standard input, if it had to be read to see which files it names.
    private(set) var input: FileDescriptor?
    /// Whether the command reads standard input.
    private(set) var readsInput = false

    private static let files: [Option] = [.input, .batch, .from]
    private static let ordering = ["enqueue", "rerun", "validate"]

    init(_ verb: String, _ arguments: Arguments, temporaryFolder: String) throws {
        let orders = Self.ordering.contains(verb)
        readsInput = verb == "mcp" || arguments.operands.contains("-")
        for value in Self.files.flatMap(arguments.values) {
            guard value != "-" else {
                readsInput = true
                if orders { try readInput(in: temporaryFolder) }
                continue
            }
            let reader = try add(value, in: temporaryFolder)
            if orders { try scan(reader) }
        }
        if verb == "models", arguments.operands.first == "import" {
            for path in arguments.operands.dropFirst() where path != "-" {
                _ = try add(path, in: temporaryFolder)
            }
        }
        guard orders else { return }
        let matrix = arguments.values(.matrix)
        for word in arguments.operands + matrix {
            guard let (_, isJSON, text) = try? ArgumentReader.split(word) else { continue }
            if matrix.contains(word), !isJSON {
                for part in text.split(separator: ",") { addIfFile(String(part)) }
            }
            try take(text, isJSON: isJSON, temporaryFolder)
        }
    }

    /// The value of one key.
    private mutating func take(_ text: String, isJSON: Bool, _ folder: String) throws {
        if text.hasPrefix("@@") { return }
        if text == "@-" {
            readsInput = true
        } else if text.hasPrefix("@") {
            let reader = try add(String(text.dropFirst()), in: folder)
            if isJSON { try scan(reader) }
        } else if isJSON {
            addNames(in: Array(text.utf8))
        } else {
            addIfFile(text)
        }
    }

    private mutating func readInput(in folder: String) throws {
        guard input == nil, isatty(STDIN_FILENO) != 1 else { return }
        let reader = try InputReader("-").spooled(in: folder)
        try scan(reader)
        input = reader.file
    }

    /// A file that the command needs.
    private mutating func add(_ path: String, in folder: String) throws -> InputReader {
        let reader = try InputReader(path).spooled(in: folder)
        copies.append(reader.file)
        keep(path, "/proc/self/fd/\(reader.file.number)")
        return reader
    }

    private mutating func keep(_ path: String, _ file: String) {
        if !paths.contains(where: { $0.name == path }) { paths.append((path, file)) }
    }

    /// A value that may be the path of a file, or only a text.
    private mutating func addIfFile(_ text: String) {
        let path = text.hasPrefix("file:") ? String(text.dropFirst("file:".count)) : text
        guard !path.isEmpty, path.utf8.count < 4096, (try? FileStatus(path))?.isFile == true,
            (try? FileDescriptor(opening: path, flags: O_NONBLOCK)) != nil
        else { return }
        keep(path, path)
    }

    private mutating func scan(_ reader: InputReader) throws {
        while let line = try reader.line() { addNames(in: line) }
        reader.rewind()
    }

    /// Finds texts that begin with `file:` in JSON. Such a text never goes over the end of a line.
    private mutating func addNames(in json: [UInt8]) {
        let start = Array("\"file:".utf8)
        var index = json.startIndex
        while let quote = json[index...].firstIndex(of: start[0]) {
            index = quote + 1
            guard json[quote...].starts(with: start) else { continue }
            var end = index
            while end < json.endIndex, json[end] != start[0] {
                end += json[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard end < json.endIndex else { return }
            if let text = (try? JSON(parsing: Array(json[quote...end])))?.string { addIfFile(text) }
            index = end + 1
        }
    }
}
