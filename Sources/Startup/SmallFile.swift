internal import Glibc

/// A file that is read whole: the configuration, the token.
enum SmallFile {
    struct Fault: Error {
        let code: Int32

        var reason: String { unsafe String(cString: strerror(code)) }
    }

    static func read(_ path: String, limit: Int) -> Result<[UInt8], Fault> {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return .failure(Fault(code: errno)) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count <= limit {
            let count = unsafe Glibc.read(file, &piece, piece.count)
            if count < 0 { return .failure(Fault(code: errno)) }
            if count == 0 { return .success(bytes) }
            bytes += piece[..<count]
        }
        return .failure(Fault(code: EFBIG))
    }

    /// Whether everybody may read it.
    static func isReadableByOthers(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return status.st_mode & 0o004 != 0
    }
}
