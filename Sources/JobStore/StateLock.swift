internal import Glibc
package import JobModel
internal import System

/// The right to be the one jobd of a state directory, to migrate its database, and to checkpoint it.
///
/// The kernel releases it when its holder ends, however it ends. The file's text only says who that is.
package final class StateLock: Sendable {
    private let file: FileDescriptor
    private let path: String
    /// The first line of the file: who holds it, and since when.
    private let heading: String

    /// Takes the lock; nil if another process has it. `name` and the process id are written into the file.
    package init?(_ directory: StateDirectory, as name: String) throws {
        // The properties are set last: if the initialiser failed after that, `deinit` would run.
        let file = try directory.openFile(directory.lock)
        // The file may have been replaced between its opening and its locking: then this lock means nothing.
        guard file.takeLock(), Self.isFile(file, at: directory.lock) else { return nil }
        (self.file, path) = (file, directory.lock)
        heading = "\(name) \(getpid()) \(Timestamp.now.milliseconds)\n"
        try? file.truncate()
        tell([])
    }

    /// Tells everyone who asks for the holder what troubles it. What a process says here ends with it, and
    /// can be said while the store cannot be written: these bytes have their place on the disk already.
    package func tell(_ troubles: [Trouble]) {
        let lines = troubles.map { trouble in
            let words = trouble.detail.split(whereSeparator: \.isNewline).joined(separator: " ")
            return "\(trouble.kind.rawValue) \(trouble.since.milliseconds) \(words)\n"
        }
        let text = Array((heading + lines.joined()).utf8.prefix(Self.longest))
        try? file.write(text, at: 0)
        try? file.truncate(to: Int64(text.count))
    }

    private static let longest = 4096

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
        /// When it took the lock.
        package var since: Timestamp?
        package var troubles: [Trouble] = []

        package init(name: String, processID: Int32) { (self.name, self.processID) = (name, processID) }
    }

    /// The jobd that holds the lock.
    package static func daemon(of directory: StateDirectory) -> Holder? {
        holder(of: directory).flatMap { $0.name == "jobd" ? $0 : nil }
    }

    /// Who holds the lock now, without touching it; nil if it is free. Its name may be unknown for a moment.
    package static func holder(of directory: StateDirectory) -> Holder? {
        guard let file = try? FileDescriptor(opening: directory.lock), file.isLockedElsewhere else {
            return nil
        }
        let text = String(decoding: (try? file.read(longest, at: 0)) ?? [], as: UTF8.self)
        let lines = text.split(separator: "\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, let processID = Int32(words[1]) else {
            return Holder(name: "", processID: 0)
        }
        // Left by a process that has ended: the present holder has not written its name yet.
        if kill(processID, 0) != 0, errno == ESRCH { return Holder(name: "", processID: 0) }
        var holder = Holder(name: String(words[0]), processID: processID)
        holder.since = words.count > 2 ? Int64(words[2]).map { Timestamp(milliseconds: $0) } : nil
        holder.troubles = lines.dropFirst().compactMap { Trouble(line: $0) }
        return holder
    }
}

extension Trouble {
    /// Nil for a line that is only written in part.
    fileprivate init?(line: Substring) {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let kind = Kind(rawValue: String(words[0])), let since = Int64(words[1])
        else {
            return nil
        }
        self.init(kind: kind, detail: String(words[2]), since: Timestamp(milliseconds: since))
    }
}
