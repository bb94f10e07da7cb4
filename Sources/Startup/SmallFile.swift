internal import Glibc

/// A file that is read whole: the configuration, the token.
enum SmallFile {
    enum Fault: Error {
        case system(Int32)
        /// It is a secret, and everybody may read it, or put another in its place.
        case isOpenToOthers

        var reason: String {
            switch self {
            case .system(let code): unsafe String(cString: strerror(code))
            case .isOpenToOthers: "it is open to others"
            }
        }
    }

    static func read(_ path: String, limit: Int, isSecret: Bool = false) -> Result<[UInt8], Fault> {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return .failure(.system(errno)) }
        defer { close(file) }
        // Of the file that is open, whatever has its name by now.
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { return .failure(.system(errno)) }
        if isSecret, status.st_mode & 0o006 != 0 { return .failure(.isOpenToOthers) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count <= limit {
            let count = unsafe Glibc.read(file, &piece, piece.count)
            if count < 0 { return .failure(.system(errno)) }
            if count == 0 { return .success(bytes) }
            bytes += piece[..<count]
        }
        return .failure(.system(EFBIG))
    }
}
