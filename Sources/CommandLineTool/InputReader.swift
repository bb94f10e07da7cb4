internal import Glibc
package import System

/// Reads a file, or standard input for `-`, line by line or as a whole.
package final class InputReader {
    package let file: FileDescriptor
    /// Where the input began, if it can be read again.
    private let beginning: off_t
    private var buffer: [UInt8] = []
    private var start = 0
    private var hasEnded = false
    /// The longest line that can be a job.
    static let longestLine = 64 << 20
    private static let lineIsTooLong = Failure(.inputRefused, "a line is longer than 64 MiB")

    /// - Parameter isOwn: whether the path is not one that a person has named.
    package init(_ path: String, isOwn: Bool = false) throws {
        let isDirectory: Bool
        do throws(SystemError) {
            file =
                try path == "-"
                ? .standardInput : FileDescriptor(opening: isOwn ? path : SentFiles.place(of: path))
            isDirectory = try file.status().isDirectory
        } catch { throw Failure(.cannotRead, "cannot read \(SafeText.escape(path)): \(error)") }
        if isDirectory { throw Failure(.cannotRead, "\(SafeText.escape(path)) is a directory") }
        beginning = lseek(file.number, 0, SEEK_CUR)
    }

    private init(_ file: FileDescriptor) { (self.file, beginning) = (file, 0) }

    /// Goes back to the beginning of a `spooled` input.
    package func rewind() {
        (buffer, start, hasEnded) = ([], 0, false)
        lseek(file.number, beginning, SEEK_SET)
    }

    /// A reader of the same bytes that never waits for their writer: a pipe is copied to a file first.
    package func spooled(in folder: String) throws -> InputReader {
        if (try? file.status())?.isFile == true { return self }
        let copy: FileDescriptor
        do throws(SystemError) {
            let temporary = try TemporaryFile("input", directoryPrefix: "\(folder)/jobctl")
            temporary.remove()
            copy = temporary.file
        } catch { throw Failure(.inputOutput, "cannot make a temporary file in \(folder): \(error)") }
        var lineLength = 0
        while let piece = try read() {
            // An input without lines is not a batch, and must not fill the disk.
            lineLength = piece.lastIndex(of: 0x0A).map { piece.count - 1 - $0 } ?? lineLength + piece.count
            if lineLength > Self.longestLine { throw Self.lineIsTooLong }
            do throws(SystemError) { try copy.write(piece) } catch {
                throw Failure(.inputOutput, "cannot write a temporary file in \(folder): \(error)")
            }
        }
        lseek(copy.number, 0, SEEK_SET)
        return InputReader(copy)
    }

    /// The whole input, up to a limit.
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

    /// The next line, without its line feed; nil at the end of the file.
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
            if buffer.count > Self.longestLine { throw Self.lineIsTooLong }
            if let piece = try read() { buffer += piece } else { hasEnded = true }
        }
    }

    /// Whether a line contains only spaces.
    package static func isBlank(_ line: some Sequence<UInt8>) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }

    private func read() throws -> [UInt8]? {
        do throws(SystemError) {
            let piece = try file.read(1 << 16)
            return piece.isEmpty ? nil : piece
        } catch { throw Failure(.cannotRead, "cannot read the input: \(error)") }
    }
}
