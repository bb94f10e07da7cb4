internal import Glibc
internal import Outputs
internal import System

/// An open directory at or below `output_dir`.
final class OutputDirectory: Sendable {
    let folder: Directory
    let identity: FileStatus.Identity
    /// For messages.
    private let path: String

    /// More than enough, unless somebody removes the directory as fast as it is made.
    private static let mostTries = 100

    /// Opens `relative` below `root`. Missing directories are made if `access` is given.
    init(root: String, relative: String, making access: FileAccess?) throws(DownloadFailure) {
        let path = relative.isEmpty ? root : "\(root)/\(relative)"
        // Our own names never lead up, but a path that somebody wrote into the database might.
        guard let names = try? Directory.components(of: relative) else {
            throw .disk("\(path) leads outside its directory")
        }
        // `prune` removes empty directories, maybe one that was opened or made a moment ago: then again.
        var folder: Directory?
        for _ in 0..<(access == nil ? 1 : Self.mostTries) where folder == nil {
            folder = try Self.openRoot(root, access)
            for name in names {
                guard let parent = folder else { break }
                folder = try Self.open(name, in: parent, access)
            }
        }
        guard let folder else { throw .system(SystemError(ENOENT), "open the directory \(path)") }
        let status = try DownloadFailure.doing("look at the directory \(path)", try folder.file.status())
        (self.folder, self.path, identity) = (folder, path, status.identity)
    }

    /// Whether opening `relative` below `root` would still lead here: the directory may have been moved or
    /// replaced.
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

    /// Makes new and changed names in the directory durable.
    func sync() throws(DownloadFailure) { try DownloadFailure.doing("sync \(path)", try folder.sync()) }

    /// Opens an ordinary file of our own for writing, without following links, and removes anything else that
    /// has the name. Nil if there is no such file.
    func openOwn(_ name: String, _ access: FileAccess) throws(DownloadFailure) -> FileDescriptor? {
        do throws(SystemError) {
            let file = try folder.open(name, flags: O_RDWR)
            let status = try file.status()
            // A file with a second name is not ours alone.
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

    /// Creates a file that was not there before.
    func create(_ name: String, _ access: FileAccess) throws(DownloadFailure) -> FileDescriptor {
        if let file = try createIfFree(name, access) { return file }
        throw .system(SystemError(EEXIST), "make \(path)/\(name)")
    }

    /// Creates a file; nil if the name is taken.
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

    /// Renames without overwriting; false if the new name is taken.
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

    private static func openRoot(_ root: String, _ access: FileAccess?) throws(DownloadFailure) -> Directory?
    {
        do throws(SystemError) {
            let directory = try Directory(root)
            if access != nil { try keepName(of: directory, isNew: false) }
            return directory
        } catch {
            let parts = PathParts(root)
            guard error.isMissing, let access, root.hasPrefix("/"), root != "/" else {
                throw .system(error, "open the directory \(root)")
            }
            let parent = try openRoot(parts.directory.isEmpty ? "/" : parts.directory, access)
            guard let parent, !parts.name.isEmpty else { return parent }
            return try open(parts.name, in: parent, access)
        }
    }

    /// Nil if it is missing: it must not be made, or it or its parent has been removed since.
    private static func open(_ name: String, in parent: Directory, _ access: FileAccess?)
        throws(DownloadFailure) -> Directory?
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
            if error.isMissing { return nil }
            if error.isLink {
                throw .disk("\(name) is not a directory, or is a symbolic link: move it out of the way")
            }
            throw .system(error, "open the directory \(name)")
        }
    }

    /// The directories whose own names are known to be synced.
    private static let lasting = Locked(Set<FileStatus.Identity>())

    /// Syncs the directory's own name, once per process: whoever made it may have ended before doing so, and
    /// then a power cut would lose the directory with every file in it.
    private static func keepName(of directory: Directory, isNew: Bool) throws(SystemError) {
        guard let identity = try? directory.file.status().identity else { return }
        if !isNew, lasting.withLock({ $0.contains(identity) }) { return }
        // A parent that we may not read belongs to somebody else, who made the directory long ago.
        if let parent = try? directory.directory("..") { try parent.syncIfPossible() }
        lasting.withLock { _ = $0.insert(identity) }
    }
}
