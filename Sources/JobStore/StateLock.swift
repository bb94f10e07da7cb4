internal import Glibc
internal import System

/// The right to be the one jobd of a state directory, to migrate its database, and to checkpoint it.
///
/// The kernel releases it when its holder ends, however it ends. The file's text only says who that is.
package final class StateLock: Sendable {
    private let file: FileDescriptor
    private let path: String

    /// Takes the lock; nil if another process has it. `name` and the process id are written into the file.
    package init?(_ directory: StateDirectory, as name: String) throws {
        // The properties are set last: if the initialiser failed after that, `deinit` would run.
        let file = try directory.openFile(directory.lock)
        // The file may have been replaced between its opening and its locking: then this lock means nothing.
        guard file.takeLock(), Self.isFile(file, at: directory.lock) else { return nil }
        (self.file, path) = (file, directory.lock)
        try? file.truncate()
        try? file.write(Array("\(name) \(getpid())\n".utf8), at: 0)
    }

    deinit {
        // So that the next holder is not mistaken for this one before it has written its name.
        try? file.truncate()
        // Closing is not enough: a child process that has not started its program yet shares the open file.
        file.releaseLock()
    }

    /// Whether this is still the lock. If the file was removed, or the directory moved away, another process
    /// could lock a new file; and two jobds would send every job twice.
    package var isHeld: Bool { Self.isFile(file, at: path) && file.takeLock() }

    /// Throws if this is no longer the lock. Call it before anything that only the holder may do.
    package func check() throws { if !isHeld { throw StoreError.lockLost(path: path) } }

    /// Whether an open file is the one at `path`.
    private static func isFile(_ file: FileDescriptor, at path: String) -> Bool {
        guard let own = try? file.status() else { return false }
        return own.identity == (try? FileStatus(path, isLinkItself: true))?.identity
    }

    package struct Holder: Sendable, Equatable {
        package let name: String
        package let processID: Int32
    }

    /// Who holds the lock now, without touching it; nil if it is free. Its name may be unknown for a moment.
    package static func holder(of directory: StateDirectory) -> Holder? {
        guard let file = try? FileDescriptor(opening: directory.lock), file.isLockedElsewhere else {
            return nil
        }
        let text = String(decoding: (try? file.read(64, at: 0)) ?? [], as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let processID = Int32(words[1]) else {
            return Holder(name: "", processID: 0)
        }
        // Left by a process that has ended: the present holder has not written its name yet.
        let isGone = kill(processID, 0) != 0 && errno == ESRCH
        return isGone ? Holder(name: "", processID: 0) : Holder(name: String(words[0]), processID: processID)
    }
}
