internal import Glibc

/// What the first hundred bytes of a database file say, read without SQLite so that a foreign file stays untouched.
struct DatabaseHeader {
    /// "jobd" in ASCII, as the file's `application_id`.
    static let applicationID: UInt32 = 0x6A6F_6264

    enum Finding: Equatable {
        case missing, empty, ours
        case foreign(reason: String)
    }

    static func examine(_ path: String) throws -> Finding {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return .missing }
            throw StateDirectory.failure(at: path)
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw StateDirectory.failure(at: path) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .foreign(reason: "it is no regular file") }
        // A rollback journal beside it means that SQLite has a crash to undo first: then the pages say nothing yet.
        if unsafe access(path + "-journal", F_OK) == 0 { return .empty }
        var bytes = [UInt8](repeating: 0, count: 100)
        switch unsafe read(file, &bytes, bytes.count) {
        case 0: return .empty
        case 100: break
        case ..<0: throw StateDirectory.failure(at: path)
        default: return .foreign(reason: "it is no SQLite database")
        }
        guard bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
            return .foreign(reason: "it is no SQLite database")
        }
        let found = bytes[68..<72].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return found == applicationID ? .ours : .foreign(reason: "another program made it")
    }
}
