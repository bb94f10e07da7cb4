internal import Glibc

/// The right to be the one jobd of a state directory, to migrate its database, and to checkpoint it.
///
/// The kernel drops it when its holder ends, however it ends. The file's text only says who that was.
package final class StateLock: Sendable {
    private let file: Int32
    private let path: String

    /// Takes the lock; nil when somebody else has it. `name` is written into the file with the process id.
    package init?(_ directory: StateDirectory, as name: String) throws {
        // The properties are set last: an initialiser that fails after that runs `deinit`, which would close
        // it once more.
        let file = try directory.openFile(directory.lock)
        // Between its opening and its locking another file may have come into its place: then this lock is
        // nobody's.
        guard Self.take(file), Self.stands(file, at: directory.lock) else {
            close(file)
            return nil
        }
        (self.file, path) = (file, directory.lock)
        let text = "\(name) \(getpid())\n"
        ftruncate(file, 0)
        _ = unsafe text.withCString { unsafe pwrite(file, $0, text.utf8.count, 0) }
    }

    deinit {
        // The next holder is not taken for this one before it has written its own name.
        ftruncate(file, 0)
        // Said and not only closed: a child process on its way to its own program has the same open file.
        var end = Self.wholeFile
        end.l_type = Int16(F_UNLCK)
        _ = unsafe fcntl(file, Self.setLock, &end)
        close(file)
    }

    /// Whether this is the lock still. A file that was removed, or a directory that was moved away, lets
    /// another one be taken beside it; and two jobds would send every job twice.
    package var isHeld: Bool { Self.stands(file, at: path) && Self.take(file) }

    /// Throws where this is the lock no more. To be asked before anything that only its holder may do.
    package func check() throws { if !isHeld { throw StoreError.lockLost(path: path) } }

    /// Takes the lock on an open file, or makes sure of it: it is had already, or free, or another's.
    private static func take(_ file: Int32) -> Bool {
        var wish = wholeFile
        return unsafe fcntl(file, setLock, &wish) == 0
    }

    /// Whether an open file is the one that stands at `path`.
    private static func stands(_ file: Int32, at path: String) -> Bool {
        var (own, there) = (Glibc.stat(), Glibc.stat())
        guard unsafe fstat(file, &own) == 0, unsafe lstat(path, &there) == 0 else { return false }
        return own.st_dev == there.st_dev && own.st_ino == there.st_ino
    }

    package struct Holder: Sendable, Equatable {
        package let name: String
        package let processID: Int32
    }

    /// Who holds the lock now, without touching it; nil when it is free. For a moment its name may not be
    /// known.
    package static func holder(of directory: StateDirectory) -> Holder? {
        let file = unsafe open(directory.lock, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var question = wholeFile
        guard unsafe fcntl(file, getLock, &question) == 0, question.l_type != Int16(F_UNLCK) else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe pread(file, &bytes, bytes.count, 0)
        let words = String(decoding: bytes[..<max(0, count)], as: UTF8.self).split(
            whereSeparator: \.isWhitespace)
        guard words.count == 2, let processID = Int32(words[1]) else {
            return Holder(name: "", processID: 0)
        }
        // A word of somebody who is gone: the one who has the lock now has not written yet who it is.
        let isGone = kill(processID, 0) != 0 && errno == ESRCH
        return isGone ? Holder(name: "", processID: 0) : Holder(name: String(words[0]), processID: processID)
    }

    /// Locks of the open file, not of the process: a second open in the same process is somebody else, too.
    private static let setLock: Int32 = 37  // F_OFD_SETLK
    private static let getLock: Int32 = 36  // F_OFD_GETLK

    private static var wholeFile: flock {
        flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
