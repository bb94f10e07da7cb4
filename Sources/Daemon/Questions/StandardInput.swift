internal import CommandLineTool
internal import Glibc

/// What another program has to say on standard input.
enum StandardInput {
    /// All lines that are not empty, up to a bound of bytes.
    static func lines(most: Int) throws(Failure) -> [String] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(STDIN_FILENO, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 {
                throw Failure(
                    .cannotRead, "cannot read standard input: \(unsafe String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += piece[..<count]
            if bytes.count > most { throw Failure(.inputRefused, "that is more than can be asked at once") }
        }
        return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
}
