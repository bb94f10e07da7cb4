internal import Glibc
internal import System

/// Lines from a client, as they come. A line that is too long takes no more memory than a long one.
struct LineInput {
    private let file: FileDescriptor
    private var buffer: [UInt8] = []
    /// Where the present line begins, and up to where its end was looked for.
    private var (start, searched) = (0, 0)
    private var isSkipping = false

    /// An input of 16 MiB, and what JSON adds to it.
    static let longest = 32 << 20

    enum Event: Equatable {
        case line([UInt8])
        case tooLong
        /// Nothing whole has come in this time.
        case nothing
        case end
    }

    init(_ file: FileDescriptor) { self.file = file }

    /// Waits so many milliseconds at most; -1 for as long as it takes.
    mutating func next(within milliseconds: Int32) throws(SystemError) -> Event {
        if let line = takeLine() { return line }
        var source = pollfd(fd: file.number, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&source, 1, milliseconds) > 0 else { return .nothing }
        let piece = try file.read(1 << 16)
        // What has no end is no message: its writer has gone.
        if piece.isEmpty { return .end }
        buffer += piece
        return takeLine() ?? .nothing
    }

    private mutating func takeLine() -> Event? {
        guard let end = buffer[searched...].firstIndex(of: 0x0A) else {
            buffer.removeFirst(start)
            (start, searched) = (0, buffer.count)
            guard isSkipping || buffer.count > Self.longest else { return nil }
            (buffer, searched) = ([], 0)
            defer { isSkipping = true }
            return isSkipping ? nil : .tooLong
        }
        defer { (start, searched, isSkipping) = (end + 1, end + 1, false) }
        // The rest of a line that was refused already.
        if isSkipping { return .line([]) }
        return .line(Array(buffer[start..<end]))
    }
}
