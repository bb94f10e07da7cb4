internal import System

/// The directories that downloads have open now. Downloads into the same directory share it.
///
/// None stays open longer, because an open directory prevents its disk from being unmounted.
final class OpenDirectories: Sendable {
    private struct Key: Hashable {
        let root: String
        let relative: String
    }

    private struct Entry: Sendable {
        weak var directory: OutputDirectory?
    }

    private let entries = Locked([Key: Entry]())

    /// From this many entries on, those that are no longer in use are removed.
    private static let many = 64

    /// Like `OutputDirectory.init`, but shares a directory that is open already and still at its path.
    func open(_ relative: String, below root: String, making access: FileAccess) throws(DownloadFailure)
        -> OutputDirectory
    {
        let key = Key(root: root, relative: relative)
        let known = entries.withLock { $0[key]?.directory }
        if let known, known.isStill(relative, below: root) { return known }
        let directory = try OutputDirectory(root: root, relative: relative, making: access)
        entries.withLock { entries in
            if entries.count >= Self.many { entries = entries.filter { $0.value.directory != nil } }
            entries[key] = Entry(directory: directory)
        }
        return directory
    }
}
