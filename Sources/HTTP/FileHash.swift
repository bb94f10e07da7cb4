internal import Glibc
internal import System

/// The SHA-256 of a file, computed while the file is written.
///
/// One thread receives and writes all files. It hashes only the beginning of each, which is all of a small
/// file. Another thread reads back what comes after that, and hashes it.
final class FileHash: Sendable {
    private final class Hashed {
        let digest = SHA256()
        var bytes: Int64 = 0

        /// Reads the next bytes of the file. `room` is where they are put meanwhile.
        func read(_ file: FileDescriptor, to end: Int64, _ room: UnsafeMutableRawBufferPointer)
            throws(SystemError)
        {
            let next = unsafe UnsafeMutableRawBufferPointer(
                rebasing: room.prefix(Int(clamping: max(0, end - bytes))))
            let count = try unsafe file.read(into: next, at: bytes)
            unsafe digest.update(UnsafeRawBufferPointer(rebasing: next.prefix(count)))
            bytes += Int64(count)
        }
    }

    private struct Written: Sendable {
        var bytes: Int64 = 0
        /// Another thread is hashing, and will not end before it has hashed all.
        var isFollowed = false
    }

    private let file: FileDescriptor
    private let hashed = Locked(Hashed())
    private let written = Locked(Written())

    /// How much is hashed as it comes, and how much is read back at a time. No thread is woken for less.
    static let piece = 256 << 10
    private static let threads = BlockingPool(width: 2)

    init(_ file: FileDescriptor) { self.file = file }

    /// Adds what the file already holds. Returns how much that is.
    func readFile() throws(SystemError) -> Int64 {
        let size = try catchUp(to: .max)
        written.withLock { $0.bytes = size }
        return size
    }

    /// Adds bytes that were just written to the end of the file.
    func add(_ bytes: UnsafeRawBufferPointer) {
        let all = written.withLock { written in
            written.bytes += Int64(bytes.count)
            return written.bytes
        }
        if all <= Self.piece {
            hashed.withLock { hashed in
                unsafe hashed.digest.update(bytes)
                hashed.bytes = all
            }
        } else if bytes.count >= Self.piece, startsToFollow() {
            Self.threads.submit { self.follow() }
        }
    }

    /// The hash of all that was added, in lower-case hexadecimal. Reads what nobody has hashed yet.
    func hexadecimal() throws(SystemError) -> String {
        let all = written.withLock { $0.bytes }
        if try catchUp(to: all) < all { throw SystemError(EIO) }
        return hashed.withLock { $0.digest.hexadecimal() }
    }

    private func startsToFollow() -> Bool {
        written.withLock { written in
            defer { written.isFollowed = true }
            return !written.isFollowed
        }
    }

    private func follow() {
        var bytes: Int64 = 0
        while let all = rest(after: bytes) {
            // Whoever asks for the hash will meet the same fault.
            guard let now = try? catchUp(to: all), now >= all else { return }
            bytes = now
        }
    }

    /// How much was written, if that is more than `bytes`. If not, nobody follows any more.
    private func rest(after bytes: Int64) -> Int64? {
        written.withLock { written in
            written.isFollowed = written.bytes > bytes
            return written.isFollowed ? written.bytes : nil
        }
    }

    /// Hashes the file up to there, or to its end. Returns how much is hashed.
    private func catchUp(to end: Int64) throws(SystemError) -> Int64 {
        var bytes = hashed.withLock { $0.bytes }
        if bytes >= end { return bytes }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.piece, alignment: 16)
        defer { unsafe room.deallocate() }
        while true {
            // The lock is held for one piece at a time, so that whoever needs the hash can help.
            let all = try hashed.withLock { (hashed) throws(SystemError) in
                try unsafe hashed.read(file, to: end, room)
                return hashed.bytes
            }
            if all == bytes { return all }
            bytes = all
        }
    }
}
