internal import Glibc

/// What the system knows of a file beside its content.
package struct FileStatus: Sendable {
    /// Which file it is, whatever its name.
    package struct Identity: Hashable, Sendable {
        package let device: UInt64
        package let number: UInt64
    }

    package let identity: Identity
    /// The kind and the permissions.
    package let mode: UInt32
    package let owner: (user: UInt32, group: UInt32)
    package let names: UInt64
    package let size: Int64
    /// When it was last written to, in seconds since 1970.
    package let modifiedAt: Int64

    private init(_ status: stat) {
        identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
        mode = status.st_mode
        owner = (status.st_uid, status.st_gid)
        names = UInt64(status.st_nlink)
        size = Int64(status.st_size)
        modifiedAt = Int64(status.st_mtim.tv_sec)
    }

    /// Of what a path leads to; with `isLinkItself`, not of what a link at its end leads to.
    package init(_ path: String, isLinkItself: Bool = false) throws(SystemError) {
        try self.init(path, in: AT_FDCWD, isLinkItself ? AT_SYMLINK_NOFOLLOW : 0)
    }

    init(_ name: String, in directory: Int32, _ flags: Int32) throws(SystemError) {
        var status = stat()
        guard unsafe fstatat(directory, name, &status, flags) == 0 else { throw .last }
        self.init(status)
    }

    init(_ file: FileDescriptor) throws(SystemError) {
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw .last }
        self.init(status)
    }

    package var isFile: Bool { mode & S_IFMT == S_IFREG }
    package var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
    package var isSocket: Bool { mode & S_IFMT == S_IFSOCK }
}
