internal import CLinux
internal import Glibc

/// An open file, closed with the last reference to it. Programs that are started do not inherit it. Only here
/// is a call repeated that a signal interrupts, and a write continued that was done in part.
package final class FileDescriptor: Sendable {
    package let number: Int32

    package static let standardInput = FileDescriptor(standard: STDIN_FILENO)
    package static let standardOutput = FileDescriptor(standard: STDOUT_FILENO)
    package static let standardError = FileDescriptor(standard: STDERR_FILENO)

    private init(standard number: Int32) { self.number = number }

    /// Takes over what a system call has opened; where it answered with an error, throws that.
    package init(_ number: Int32) throws(SystemError) {
        if number < 0 { throw .last }
        self.number = number
    }

    /// Opens a file, for reading where the flags say nothing else.
    package convenience init(opening path: String, flags: Int32 = 0, mode: UInt32 = 0) throws(SystemError) {
        try self.init(unsafe open(path, flags | O_CLOEXEC, mode))
    }

    deinit { close(number) }

    /// A nameless file in memory, to be read from the start.
    package static func inMemory(_ bytes: [UInt8]) throws(SystemError) -> FileDescriptor {
        let file = try FileDescriptor(unsafe linux_in_memory("jobd"))
        try file.write(bytes, at: 0)
        return file
    }

    /// The two ends of a pipe.
    package static func pipe(flags: Int32 = 0)
        throws(SystemError) -> (output: FileDescriptor, input: FileDescriptor)
    {
        var ends: [Int32] = [-1, -1]
        if unsafe linux_pipe(&ends, flags | O_CLOEXEC) != 0 { throw .last }
        return (try FileDescriptor(ends[0]), try FileDescriptor(ends[1]))
    }

    package func status() throws(SystemError) -> FileStatus { try FileStatus(self) }

    /// Reads what comes next, or what is at `offset`. Answers how much that was: nothing at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64? = nil)
        throws(SystemError) -> Int
    {
        try Self.repeating {
            unsafe offset.map { unsafe pread(number, buffer.baseAddress, buffer.count, off_t($0)) }
                ?? Glibc.read(number, buffer.baseAddress, buffer.count)
        }
    }

    /// The same, `count` bytes at most.
    package func read(_ count: Int, at offset: Int64? = nil) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try unsafe bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
            try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
        bytes.removeLast(count - got)
        return bytes
    }

    /// The rest of the file; `EFBIG` where that is more than `limit`.
    package func readToEnd(limit: Int = .max) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while case let piece = try read(1 << 16), !piece.isEmpty {
            bytes += piece
            if bytes.count > limit { throw SystemError(EFBIG) }
        }
        return bytes
    }

    /// Writes all of it, where the file stands or at `offset`.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64? = nil) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = try Self.repeating {
                unsafe offset.map { unsafe pwrite(number, rest.baseAddress, rest.count, off_t($0) + written) }
                    ?? Glibc.write(number, rest.baseAddress, rest.count)
            }
            if count == 0 { throw SystemError(EIO) }
            written += count
        }
    }

    package func write(_ bytes: [UInt8], at offset: Int64? = nil) throws(SystemError) {
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try unsafe write(UnsafeRawBufferPointer(buffer), at: offset)
        }
    }

    /// Makes another file, which is empty, a copy of this one.
    package func copy(to other: FileDescriptor) throws(SystemError) {
        // Where the file system can, the copy takes no space.
        if linux_clone(other.number, number) == 0 { return }
        while try Self.repeating({ sendfile(other.number, number, nil, 1 << 30) }) > 0 {}
    }

    package func truncate(to size: Int64 = 0) throws(SystemError) {
        if ftruncate(number, off_t(size)) != 0 { throw .last }
    }

    package func setOwner(_ owner: (user: UInt32, group: UInt32)) throws(SystemError) {
        if fchown(number, owner.user, owner.group) != 0 { throw .last }
    }

    package func setMode(_ mode: UInt32) throws(SystemError) { if fchmod(number, mode) != 0 { throw .last } }

    /// Returns when what was written is on the disk.
    package func sync() throws(SystemError) { if fsync(number) != 0 { throw .last } }

    private static func repeating(_ call: () -> Int) throws(SystemError) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            if errno != EINTR { throw .last }
        }
    }
}

/// Locks belong to the open file, not to the process: a second open in this process is somebody else, too.
/// The kernel drops them when the last process that has the file open ends.
extension FileDescriptor {
    /// Takes the lock on a file that is open for writing, or makes sure of it. False: somebody else has it.
    package func takeLock() -> Bool { setLock(F_WRLCK) }

    /// For a file that a child process may have as well, on its way to its own program: closing would not do.
    package func dropLock() { _ = setLock(F_UNLCK) }

    /// Whether it is locked through another opening of the file.
    package var isLockedElsewhere: Bool {
        var question = Self.wholeFile(F_WRLCK)
        return unsafe fcntl(number, 36 /* F_OFD_GETLK */, &question) == 0
            && question.l_type != Int16(F_UNLCK)
    }

    private func setLock(_ kind: Int32) -> Bool {
        var wish = Self.wholeFile(kind)
        return unsafe fcntl(number, 37 /* F_OFD_SETLK */, &wish) == 0
    }

    private static func wholeFile(_ kind: Int32) -> flock {
        flock(l_type: Int16(kind), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
