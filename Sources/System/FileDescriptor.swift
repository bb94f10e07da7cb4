internal import CLinux
internal import Glibc

/// The error of a system call.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    package let code: Int32
    /// `Directory` found a symbolic link in place of a directory or a file.
    package let isLink: Bool

    package init(_ code: Int32, isLink: Bool = false) { (self.code, self.isLink) = (code, isLink) }

    package static var last: SystemError { SystemError(errno) }

    package var isMissing: Bool { code == ENOENT }
    /// Somebody else has the lock.
    package var isLocked: Bool { code == EWOULDBLOCK }
    package var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

    package var description: String {
        isLink ? "a symbolic link is not followed" : unsafe String(cString: strerror(code))
    }
}

/// An open file, which is closed with the last reference to it. Child processes do not inherit it. Only this
/// type repeats calls that a signal has interrupted, and continues writes that were done in part.
package final class FileDescriptor: Sendable {
    package let number: Int32

    package static let standardInput = FileDescriptor(standard: STDIN_FILENO)
    package static let standardOutput = FileDescriptor(standard: STDOUT_FILENO)
    package static let standardError = FileDescriptor(standard: STDERR_FILENO)

    private init(standard number: Int32) { self.number = number }

    /// Takes over what a system call has opened, or throws the error of the call.
    package init(_ number: Int32) throws(SystemError) {
        if number < 0 { throw .last }
        self.number = number
    }

    /// Opens a file, for reading unless the flags say otherwise.
    package convenience init(opening path: String, flags: Int32 = 0, mode: UInt32 = 0) throws(SystemError) {
        try self.init(unsafe open(path, flags | O_CLOEXEC, mode))
    }

    /// Opens a file for reading. A pipe or a device does not block the call.
    package convenience init(openingWithoutWaiting path: String) throws(SystemError) {
        try self.init(opening: path, flags: O_NONBLOCK)
    }

    deinit { close(number) }

    /// A nameless file in memory, ready to be read from the start.
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

    /// Reads the next bytes, or those at `offset`. Returns how many there were: 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64? = nil)
        throws(SystemError) -> Int
    {
        try Self.retrying {
            unsafe offset.map { unsafe pread(number, buffer.baseAddress, buffer.count, off_t($0)) }
                ?? Glibc.read(number, buffer.baseAddress, buffer.count)
        }
    }

    /// The same, at most `count` bytes.
    package func read(_ count: Int, at offset: Int64? = nil) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try unsafe bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
            try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
        bytes.removeLast(count - got)
        return bytes
    }

    /// The rest of the file. Throws `EFBIG` if that is more than `limit` bytes.
    package func readToEnd(limit: Int = .max) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while case let piece = try read(1 << 16), !piece.isEmpty {
            bytes += piece
            if bytes.count > limit { throw SystemError(EFBIG) }
        }
        return bytes
    }

    /// Writes all bytes, at the current position or at `offset`.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64? = nil) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = try Self.retrying {
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

    /// Copies this file to another, which must be empty.
    package func copy(to other: FileDescriptor) throws(SystemError) {
        // If the file system supports it, the copy shares the blocks and takes no space.
        if linux_clone(other.number, number) == 0 { return }
        while try Self.retrying({ sendfile(other.number, number, nil, 1 << 30) }) > 0 {}
    }

    package func truncate(to size: Int64 = 0) throws(SystemError) {
        if ftruncate(number, off_t(size)) != 0 { throw .last }
    }

    package func setOwner(_ owner: (user: UInt32, group: UInt32)) throws(SystemError) {
        if fchown(number, owner.user, owner.group) != 0 { throw .last }
    }

    package func setMode(_ mode: UInt32) throws(SystemError) { if fchmod(number, mode) != 0 { throw .last } }

    /// Returns once everything written is on the disk.
    package func sync() throws(SystemError) { if fsync(number) != 0 { throw .last } }

    private static func retrying(_ call: () -> Int) throws(SystemError) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            if errno != EINTR { throw .last }
        }
    }
}

/// Locks belong to the open file, not to the process: opening the file twice in one process gives two owners.
/// The kernel releases a lock when the last process that has the file open ends.
extension FileDescriptor {
    /// Takes the lock on a file that is open for writing, or confirms it. False if another has it.
    package func takeLock() -> Bool { setLock(F_WRLCK) }

    /// Releases the lock. Closing is not enough while a new child process still has the file open.
    package func releaseLock() { _ = setLock(F_UNLCK) }

    /// Whether another opening of the file holds the lock.
    package var isLockedElsewhere: Bool {
        var lock = Self.wholeFile(F_WRLCK)
        return unsafe fcntl(number, 36 /* F_OFD_GETLK */, &lock) == 0
            && lock.l_type != Int16(F_UNLCK)
    }

    /// A process with a POSIX lock, shared or exclusive, on one of these bytes; nil if there is none. Locks
    /// of this process, and locks of open files (`F_OFD_SETLK`), are not found.
    ///
    /// Closing any open file of an inode drops all POSIX locks that the process has on it.
    package func lockHolder(from start: Int64, count: Int64) -> Int32? {
        var lock = flock(
            l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: off_t(start), l_len: off_t(count),
            l_pid: 0)
        guard unsafe fcntl(number, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK), lock.l_pid > 0 else {
            return nil
        }
        return lock.l_pid
    }

    private func setLock(_ kind: Int32) -> Bool {
        var lock = Self.wholeFile(kind)
        return unsafe fcntl(number, 37 /* F_OFD_SETLK */, &lock) == 0
    }

    private static func wholeFile(_ kind: Int32) -> flock {
        flock(l_type: Int16(kind), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
