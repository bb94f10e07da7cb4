internal import Glibc
internal import JSON
internal import System

/// The file that outlives the simulator: one JSON line for each accepted POST, cancel and payment.
///
/// A line is on the disk before the answer leaves, so that what a client was told is true after any crash.
final class Ledger: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let file: Locked<Int32>

    /// Opens or makes `ledger.jsonl` in `directory`, and reads what is in it.
    static func open(directory: String) throws -> (ledger: Ledger, entries: [JSON]) {
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { throw failure("make", directory) }
        let path = directory + "/ledger.jsonl"
        let file = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if file < 0 { throw failure("open", path) }
        let ledger = Ledger(file)
        if flock(file, LOCK_EX | LOCK_NB) != 0 {
            throw Failure(description: "another jobsim uses \(directory): choose another --state")
        }
        return (ledger, try ledger.file.withLock { try entries(of: $0, path) })
    }

    private init(_ file: Int32) { self.file = Locked(file) }

    deinit { file.withLock { _ = close($0) } }

    func append(_ entry: JSON) throws {
        var line: [UInt8] = []
        entry.write(into: &line)
        line.append(UInt8(ascii: "\n"))
        try file.withLock { file in
            // A write cut short by a full disk must not be glued to the next line.
            let end = lseek(file, 0, SEEK_END)
            let written = unsafe line.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
            if written == line.count, fdatasync(file) == 0 { return }
            let failure = Self.failure("write to", "the ledger")
            ftruncate(file, end)
            throw failure
        }
    }

    /// A last line without an end was never answered for: it is cut off.
    private static func entries(of file: Int32, _ path: String) throws -> [JSON] {
        let size = Int(lseek(file, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: max(0, size))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, 0) }
        if count != size { throw failure("read", path) }
        let end = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        if end < size, ftruncate(file, end) != 0 { throw failure("repair", path) }
        return try bytes[..<end].split(separator: UInt8(ascii: "\n")).enumerated().map { number, line in
            do {
                return try JSON(parsing: Array(line))
            } catch {
                throw Failure(description: "\(path), line \(number + 1): \(error)")
            }
        }
    }

    private static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(description: "cannot \(verb) \(path): \(unsafe String(cString: strerror(errno)))")
    }
}
