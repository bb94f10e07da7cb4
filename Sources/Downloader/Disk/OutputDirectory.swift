internal import CLinux
internal import Glibc
internal import System

/// An open directory at or below `output_dir`.
///
/// Files are reached through the open directory, one component at a time and never through a symbolic link,
/// so that nobody who may write below `output_dir` can lead a file out of it.
final class OutputDirectory: Sendable {
    let descriptor: Int32
    let identity: Identity
    /// For messages.
    private let path: String

    struct Identity: Hashable {
        let device: UInt64
        let number: UInt64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            number = UInt64(status.st_ino)
        }
    }

    /// Opens `relative` below `root`, making what is missing where `access` is given.
    init(root: String, relative: String, making access: FileAccess?) throws(DownloadFailure) {
        path = relative.isEmpty ? root : "\(root)/\(relative)"
        var current = try Self.openRoot(root, access)
        for component in relative.utf8.split(separator: UInt8(ascii: "/")) {
            let name = String(Substring(component))
            let parent = current
            defer { close(parent) }
            // No name of ours climbs; a path that someone wrote into the database might.
            if name == ".." { throw .disk("\(path) leads out of its directory") }
            current = try Self.open(name, in: parent, access)
        }
        var status = stat()
        guard unsafe fstat(current, &status) == 0 else {
            let failed = errno
            close(current)
            throw .system(failed, "look at the directory \(path)")
        }
        identity = Identity(status)
        descriptor = current
    }

    deinit { close(descriptor) }

    /// Whether opening `relative` below `root` would lead here: the directory may have been moved, or a link
    /// taken its place.
    func isStill(_ relative: String, below root: String) -> Bool {
        var status = stat()
        if relative.isEmpty { return unsafe stat(root, &status) == 0 && Identity(status) == identity }
        var path = root
        for component in relative.utf8.split(separator: UInt8(ascii: "/")) {
            path += "/" + String(Substring(component))
            guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
        }
        return Identity(status) == identity
    }

    /// Makes new and changed names in the directory last.
    func sync() throws(DownloadFailure) {
        if fsync(descriptor) != 0 { throw .system(errno, "sync \(path)") }
    }

    func holds(_ name: String) -> Bool {
        var status = stat()
        return unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Opens an ordinary file of our own for writing, without following links; anything else there makes way.
    /// Nil where there is none.
    func openOwn(_ name: String, _ access: FileAccess) throws(DownloadFailure) -> Int32? {
        let flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let file = unsafe openat(descriptor, name, flags)
        if file < 0, errno == ENOENT { return nil }
        if file >= 0 {
            var status = stat()
            // A second name for the file would be another's file changed under its feet.
            if unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1,
                status.st_uid == geteuid() || status.st_uid == access.owner?.user
            {
                return file
            }
            close(file)
        }
        try remove(name)
        return nil
    }

    /// Makes a file that was not there before.
    func create(_ name: String, _ access: FileAccess) throws(DownloadFailure) -> Int32 {
        guard let file = try createIfFree(name, access) else { throw .system(EEXIST, "make \(path)/\(name)") }
        return file
    }

    /// Makes a file; nil where the name is taken.
    func createIfFree(_ name: String, _ access: FileAccess) throws(DownloadFailure) -> Int32? {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe openat(descriptor, name, flags, access.fileMode)
        if file < 0, errno == EEXIST { return nil }
        if file < 0 { throw .system(errno, "make \(path)/\(name)") }
        guard access.apply(to: file, mode: access.fileMode) else {
            let failed = errno
            close(file)
            throw .system(failed, "set the mode of \(path)/\(name)")
        }
        return file
    }

    func remove(_ name: String) throws(DownloadFailure) {
        if unsafe unlinkat(descriptor, name, 0) != 0, errno != ENOENT {
            throw .system(errno, "remove \(path)/\(name)")
        }
    }

    /// Renames without overwriting; false where the new name is taken.
    func rename(_ name: String, to newName: String, in other: OutputDirectory) throws(DownloadFailure) -> Bool
    {
        if unsafe linux_rename_to_free_name(descriptor, name, other.descriptor, newName) == 0 { return true }
        if errno == EEXIST { return false }
        // Some file systems cannot rename in that way; a second name and the end of the first do the same.
        guard errno == EINVAL || errno == ENOSYS else {
            throw .system(errno, "rename \(path)/\(name) to \(other.path)/\(newName)")
        }
        if unsafe linkat(descriptor, name, other.descriptor, newName, 0) != 0 {
            if errno == EEXIST { return false }
            throw .system(errno, "rename \(path)/\(name) to \(other.path)/\(newName)")
        }
        try remove(name)
        return true
    }

    /// Renames over whatever has the new name.
    func replace(_ name: String, with temporaryName: String) throws(DownloadFailure) {
        if unsafe renameat(descriptor, temporaryName, descriptor, name) != 0 {
            throw .system(errno, "replace \(path)/\(name)")
        }
    }

    /// `output_dir` itself may be reached through links: it is where its owner says it is.
    private static func openRoot(_ root: String, _ access: FileAccess?) throws(DownloadFailure) -> Int32 {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        let directory = unsafe Glibc.open(root, flags)
        if directory >= 0 {
            if access != nil { try makeLast(directory, root, isNew: false) }
            return directory
        }
        guard errno == ENOENT, let access, let slash = root.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            throw .system(errno, "open the directory \(root)")
        }
        let parent = slash == root.startIndex ? "/" : String(root[..<slash])
        guard parent != root else { throw .system(ENOENT, "open the directory \(root)") }
        let above = try openRoot(parent, access)
        defer { close(above) }
        let name = String(root[root.utf8.index(after: slash)...])
        return name.isEmpty ? try openRoot(parent, access) : try open(name, in: above, access)
    }

    private static func open(_ name: String, in parent: Int32, _ access: FileAccess?) throws(DownloadFailure)
        -> Int32
    {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var directory = unsafe openat(parent, name, flags)
        var isNew = false
        if directory < 0, errno == ENOENT, let access {
            isNew = unsafe mkdirat(parent, name, access.directoryMode) == 0
            if !isNew, errno != EEXIST { throw .system(errno, "make the directory \(name)") }
            directory = unsafe openat(parent, name, flags)
            if isNew, directory >= 0, !access.apply(to: directory, mode: access.directoryMode) {
                let failed = errno
                close(directory)
                throw .system(failed, "make the directory \(name)")
            }
        }
        if directory >= 0 {
            if access != nil { try makeLast(directory, name, isNew: isNew) }
            return directory
        }
        if errno == ELOOP || errno == ENOTDIR {
            throw .disk("\(name) is no directory, or a symbolic link: move it out of the way")
        }
        throw .system(errno, "open the directory \(name)")
    }

    /// The directories whose own names are known to be synced.
    private static let lasting = Locked(Set<Identity>())

    /// Syncs the directory's own name, once in a process: whoever made it may have ended before that, and a
    /// power cut would lose the directory with every file in it. Closes it where that fails.
    private static func makeLast(_ directory: Int32, _ name: String, isNew: Bool) throws(DownloadFailure) {
        var status = stat()
        guard unsafe fstat(directory, &status) == 0 else { return }
        let identity = Identity(status)
        if !isNew, lasting.withLock({ $0.contains(identity) }) { return }
        let parent = unsafe openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A parent that may not be read is another's, who has made the directory long ago.
        if parent >= 0 {
            defer { close(parent) }
            if fsync(parent) != 0, [EIO, ENOSPC, EDQUOT].contains(errno) {
                let failed = errno
                close(directory)
                throw .system(failed, "sync the directory above \(name)")
            }
        }
        lasting.withLock { _ = $0.insert(identity) }
    }
}
