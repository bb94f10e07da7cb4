internal import Glibc
internal import System

/// An open directory at or below `output_dir`, and what it takes to make one.
final class OutputDirectory: Sendable {
    let folder: Directory
    let identity: FileStatus.Identity
    /// For messages.
    private let path: String

    /// Opens `relative` below `root`, making what is missing where `access` is given.
    init(root: String, relative: String, making access: FileAccess?) throws(DownloadFailure) {
        let path = relative.isEmpty ? root : "\(root)/\(relative)"
        // No name of ours climbs; a path that someone wrote into the database might.
        guard let names = try? Directory.components(of: relative) else {
            throw .disk("\(path) leads out of its directory")
        }
        var folder = try Self.openRoot(root, access)
        for name in names { folder = try Self.open(name, in: folder, access) }
        let status = try DownloadFailure.doing("look at the directory \(path)", try folder.file.status())
        (self.folder, self.path, identity) = (folder, path, status.identity)
    }

    /// Whether opening `relative` below `root` would lead here: the directory may have been moved, or a link
    /// taken its place.
    func isStill(_ relative: String, below root: String) -> Bool {
        guard let names = try? Directory.components(of: relative) else { return false }
        var (path, status) = (root, try? FileStatus(root))
        for name in names {
            path += "/" + name
            status = try? FileStatus(path, isLinkItself: true)
            guard status?.isDirectory == true else { return false }
        }
        return status?.identity == identity
    }

    /// Makes new and changed names in the directory last.
    func sync() throws(DownloadFailure) { try DownloadFailure.doing("sync \(path)", try folder.sync()) }

    /// Opens an ordinary file of our own for writing, without following links; anything else there makes way.
    /// Nil where there is none.
    func openOwn(_ name: String, _ access: FileAccess) throws(DownloadFailure) -> FileDescriptor? {
        do throws(SystemError) {
            let file = try folder.open(name, flags: O_RDWR)
            let status = try file.status()
            // A second name for the file would be another's file changed under its feet.
            if status.isFile, status.linkCount == 1,
                [geteuid(), access.owner?.user].contains(status.owner.user)
            {
                return file
            }
        } catch {
            if error.isMissing { return nil }
        }
        try remove(name)
        return nil
    }

    /// Makes a file that was not there before.
    func create(_ name: String, _ access: FileAccess) throws(DownloadFailure) -> FileDescriptor {
        if let file = try createIfFree(name, access) { return file }
        throw .system(SystemError(EEXIST), "make \(path)/\(name)")
    }

    /// Makes a file; nil where the name is taken.
    func createIfFree(_ name: String, _ access: FileAccess) throws(DownloadFailure) -> FileDescriptor? {
        let file: FileDescriptor
        do throws(SystemError) { file = try folder.create(name, mode: access.fileMode) } catch {
            if error.code == EEXIST { return nil }
            throw .system(error, "make \(path)/\(name)")
        }
        try DownloadFailure.doing(
            "set the mode of \(path)/\(name)", try access.apply(to: file, mode: access.fileMode))
        return file
    }

    func remove(_ name: String) throws(DownloadFailure) {
        _ = try DownloadFailure.doing("remove \(path)/\(name)", try folder.remove(name))
    }

    /// Renames without overwriting; false where the new name is taken.
    func rename(_ name: String, to newName: String, in other: OutputDirectory) throws(DownloadFailure) -> Bool
    {
        try DownloadFailure.doing(
            "rename \(path)/\(name) to \(other.path)/\(newName)",
            try folder.rename(name, to: newName, in: other.folder))
    }

    /// Renames over whatever has the new name.
    func replace(_ name: String, with temporaryName: String) throws(DownloadFailure) {
        try DownloadFailure.doing("replace \(path)/\(name)", try folder.replace(name, with: temporaryName))
    }

    private static func openRoot(_ root: String, _ access: FileAccess?) throws(DownloadFailure) -> Directory {
        do throws(SystemError) {
            let directory = try Directory(root)
            if access != nil { try keepName(of: directory, isNew: false) }
            return directory
        } catch {
            guard error.isMissing, let access, let slash = root.utf8.lastIndex(of: UInt8(ascii: "/")) else {
                throw .system(error, "open the directory \(root)")
            }
            let parent = slash == root.startIndex ? "/" : String(root[..<slash])
            guard parent != root else { throw .system(error, "open the directory \(root)") }
            let above = try openRoot(parent, access)
            let name = String(root[root.utf8.index(after: slash)...])
            return name.isEmpty ? above : try open(name, in: above, access)
        }
    }

    private static func open(_ name: String, in parent: Directory, _ access: FileAccess?)
        throws(DownloadFailure) -> Directory
    {
        var isNew = false
        do throws(SystemError) {
            let directory: Directory
            do throws(SystemError) { directory = try parent.directory(name) } catch {
                guard error.isMissing, let access else { throw error }
                isNew = try parent.makeDirectory(name, mode: access.directoryMode)
                directory = try parent.directory(name)
            }
            if let access {
                if isNew { try access.apply(to: directory.file, mode: access.directoryMode) }
                try keepName(of: directory, isNew: isNew)
            }
            return directory
        } catch {
            if error.isLink {
                throw .disk("\(name) is no directory, or a symbolic link: move it out of the way")
            }
            throw .system(error, "open the directory \(name)")
        }
    }

    /// The directories whose own names are known to be synced.
    private static let lasting = Locked(Set<FileStatus.Identity>())

    /// Syncs the directory's own name, once in a process: whoever made it may have ended before that, and a
    /// power cut would lose the directory with every file in it.
    private static func keepName(of directory: Directory, isNew: Bool) throws(SystemError) {
        guard let identity = try? directory.file.status().identity else { return }
        if !isNew, lasting.withLock({ $0.contains(identity) }) { return }
        // A parent that may not be read is another's, who has made the directory long ago.
        if let parent = try? directory.directory("..") { try parent.syncIfPossible() }
        lasting.withLock { _ = $0.insert(identity) }
    }
}
