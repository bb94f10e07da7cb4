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

    private let file: Locked<FileDescriptor>

    /// Opens or makes `ledger.jsonl` in `directory`, and reads what is in it.
    static func open(directory: String) throws -> (ledger: Ledger, entries: [JSON]) {
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { throw failure("make", directory, .last) }
        let path = directory + "/ledger.jsonl"
        let file: FileDescriptor
        do throws(SystemError) {
            file = try FileDescriptor(opening: path, flags: O_RDWR | O_CREAT | O_APPEND, mode: 0o600)
        } catch { throw failure("open", path, error) }
        guard file.takeLock() else {
            throw Failure(description: "another jobsim uses \(directory): choose another --state")
        }
        return (Ledger(file), try entries(of: file, path))
    }

    private init(_ file: FileDescriptor) { self.file = Locked(file) }

    func append(_ entry: JSON) throws {
        var line: [UInt8] = []
        entry.write(into: &line)
        line.append(UInt8(ascii: "\n"))
        try file.withLock { file in
            // A write cut short by a full disk must not be glued to the next line.
            let end = Int64(lseek(file.number, 0, SEEK_END))
            do throws(SystemError) {
                try file.write(line)
                try file.sync()
            } catch {
                try? file.truncate(to: end)
                throw Self.failure("write to", "the ledger", error)
            }
        }
    }

    /// A last line without an end was never answered for: it is cut off.
    private static func entries(of file: FileDescriptor, _ path: String) throws -> [JSON] {
        let (bytes, end): ([UInt8], Int)
        do throws(SystemError) {
            bytes = try file.readToEnd()
            end = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
            if end < bytes.count { try file.truncate(to: Int64(end)) }
        } catch { throw failure("read", path, error) }
        return try bytes[..<end].split(separator: UInt8(ascii: "\n")).enumerated().map { number, line in
            do {
                return try JSON(parsing: Array(line))
            } catch {
                throw Failure(description: "\(path), line \(number + 1): \(error)")
            }
        }
    }

    private static func failure(_ verb: String, _ path: String, _ error: SystemError) -> Failure {
        Failure(description: "cannot \(verb) \(path): \(error)")
    }
}
