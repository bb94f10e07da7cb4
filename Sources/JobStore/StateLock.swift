internal import Glibc
internal import System

/// The right to be the one jobd of a state directory, to migrate its database, and to checkpoint it.
///
/// The kernel drops it when its holder ends, however it ends. The file's text only says who that was.
package final class StateLock: Sendable {
    private let file: FileDescriptor
    private let path: String

    /// Takes the lock; nil when somebody else has it. `name` is written into the file with the process id.
    package init?(_ directory: StateDirectory, as name: String) throws {
        // The properties are set last: an initialiser that fails after that runs `deinit`.
        let file = try directory.openFile(directory.lock)
        // Between its opening and its locking another file may have come into its place: then this lock is
        // nobody's.
        guard file.takeLock(), Self.stands(file, at: directory.lock) else { return nil }
        (self.file, path) = (file, directory.lock)
        try? file.truncate()
        try? file.write(Array("\(name) \(getpid())\n".utf8), at: 0)
    }

    deinit {
        // The next holder is not taken for this one before it has written its own name.
        try? file.truncate()
        // Said and not only closed: a child process on its way to its own program has the same open file.
        file.releaseLock()
    }

    /// Whether this is the lock still. A file that was removed, or a directory that was moved away, lets
    /// another one be taken beside it; and two jobds would send every job twice.
    package var isHeld: Bool { Self.stands(file, at: path) && file.takeLock() }

    /// Throws where this is the lock no more. To be asked before anything that only its holder may do.
    package func check() throws { if !isHeld { throw StoreError.lockLost(path: path) } }

    /// Whether an open file is the one that stands at `path`.
    private static func stands(_ file: FileDescriptor, at path: String) -> Bool {
        guard let own = try? file.status(), let there = try? FileStatus(path, isLinkItself: true) else {
            return false
        }
        return own.identity == there.identity
    }

    package struct Holder: Sendable, Equatable {
        package let name: String
        package let processID: Int32
    }

    /// Who holds the lock now, without touching it; nil when it is free. For a moment its name may not be
    /// known.
    package static func holder(of directory: StateDirectory) -> Holder? {
        guard let file = try? FileDescriptor(opening: directory.lock), file.isLockedElsewhere else {
            return nil
        }
        let text = String(decoding: (try? file.read(64, at: 0)) ?? [], as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let processID = Int32(words[1]) else {
            return Holder(name: "", processID: 0)
        }
        // A word of somebody who is gone: the one who has the lock now has not written yet who it is.
        let isGone = kill(processID, 0) != 0 && errno == ESRCH
        return isGone ? Holder(name: "", processID: 0) : Holder(name: String(words[0]), processID: processID)
    }
}
