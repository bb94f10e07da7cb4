internal import Glibc

/// Reads a named file, or standard input for `-`, in pieces.
@safe package final class InputReader {
    private let file: Int32
    /// Where a file that can be read again began.
    private let beginning: off_t
    private var buffer: [UInt8] = []
    private var start = 0
    private var hasEnded = false
    /// A line longer than this is no job.
    static let longestLine = 64 << 20
    private static let lineIsTooLong = Failure(.inputRefused, "a line is longer than 64 MiB")

    package init(_ path: String) throws {
        file = unsafe path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure(path) }
        beginning = lseek(file, 0, SEEK_CUR)
        var status = stat()
        if unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            close(file)
            throw Failure(.cannotRead, "\(SafeText.escape(path)) is a directory")
        }
    }

    private init(file: Int32) { (self.file, beginning) = (file, 0) }

    /// Goes back to where it began: for what is `spooled`.
    package func rewind() {
        (buffer, start, hasEnded) = ([], 0, false)
        lseek(file, beginning, SEEK_SET)
    }

    deinit { close(file) }

    private static func failure(_ path: String) -> Failure {
        Failure(
            .cannotRead, "cannot read \(SafeText.escape(path)): \(unsafe String(cString: strerror(errno)))")
    }

    /// A reader of the same bytes that never waits for whoever writes them: a pipe is taken into a temporary
    /// file first.
    package func spooled(in folder: String) throws -> InputReader {
        var status = stat()
        if unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG { return self }
        var name = Array("\(folder)/jobctl-XXXXXX".utf8CString)
        let copy = unsafe mkstemp(&name)
        guard copy >= 0 else { throw Failure(.inputOutput, "cannot make a temporary file in \(folder)") }
        unsafe unlink(name)
        let reader = InputReader(file: copy)
        var lineLength = 0
        while let piece = try read() {
            // What has no lines is no batch, and must not fill the disk.
            lineLength = piece.lastIndex(of: 0x0A).map { piece.count - 1 - $0 } ?? lineLength + piece.count
            if lineLength > Self.longestLine { throw Self.lineIsTooLong }
            var rest = piece[...]
            while !rest.isEmpty {
                let written = unsafe rest.withUnsafeBytes { unsafe write(copy, $0.baseAddress, $0.count) }
                guard written > 0 else {
                    throw Failure(
                        .inputOutput,
                        "cannot write a temporary file in \(folder): \(unsafe String(cString: strerror(errno)))"
                    )
                }
                rest = rest.dropFirst(written)
            }
        }
        lseek(copy, 0, SEEK_SET)
        return reader
    }

    /// Everything, up to a bound.
    package func all() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try read() {
            bytes += piece
            if bytes.count > Self.longestLine {
                throw Failure(.inputRefused, "the input is larger than 64 MiB")
            }
        }
        return bytes
    }

    /// The next line without its end; nil at the end of the file.
    package func line() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            if hasEnded {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return Array(buffer[start...])
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            if buffer.count > Self.longestLine {
                throw Self.lineIsTooLong
            }
            if let piece = try read() { buffer += piece } else { hasEnded = true }
        }
    }

    /// Whether a line holds nothing.
    package static func isBlank(_ line: some Sequence<UInt8>) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }

    private func read() throws -> [UInt8]? {
        let piece = unsafe try [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
            let got = unsafe Glibc.read(file, bytes.baseAddress, bytes.count)
            guard got >= 0 else {
                throw Failure(
                    .cannotRead, "cannot read the input: \(unsafe String(cString: strerror(errno)))")
            }
            count = got
        }
        return piece.isEmpty ? nil : piece
    }
}
