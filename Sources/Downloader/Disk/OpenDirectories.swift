internal import System

/// The directories that downloads have open now: those of one directory share it.
///
/// None is kept open beyond that, since an open directory keeps its disk from being taken out.
final class OpenDirectories: Sendable {
    private struct Place: Hashable {
        let root: String
        let relative: String
    }

    private struct Entry: Sendable {
        weak var directory: OutputDirectory?
    }

    private let entries = Locked([Place: Entry]())

    /// More entries than this are looked through for those that nobody holds any more.
    private static let many = 64

    /// As `OutputDirectory.init`, and the same one as long as it is still there.
    func open(_ relative: String, below root: String, making access: FileAccess) throws(DownloadFailure)
        -> OutputDirectory
    {
        let place = Place(root: root, relative: relative)
        let known = entries.withLock { $0[place]?.directory }
        if let known, known.isStill(relative, below: root) { return known }
        let directory = try OutputDirectory(root: root, relative: relative, making: access)
        entries.withLock { entries in
            if entries.count >= Self.many { entries = entries.filter { $0.value.directory != nil } }
            entries[place] = Entry(directory: directory)
        }
        return directory
    }
}
