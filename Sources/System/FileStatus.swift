internal import Glibc

/// What the system knows about a file, apart from its content.
package struct FileStatus: Sendable {
    /// Identifies the file, whatever its name.
    package struct Identity: Hashable, Sendable {
        package let device: UInt64
        package let number: UInt64
    }

    package let identity: Identity
    /// The type and the permissions.
    package let mode: UInt32
    package let owner: (user: UInt32, group: UInt32)
    package let linkCount: UInt64
    package let size: Int64

    private init(_ status: stat) {
        identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
        mode = status.st_mode
        owner = (status.st_uid, status.st_gid)
        linkCount = UInt64(status.st_nlink)
        size = Int64(status.st_size)
    }

    /// The status of the file at a path. With `isLinkItself`, a link at its end is not followed.
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

/// The space that is free for an ordinary user; nil if the file system cannot say.
package enum FreeSpace {
    package static func bytes(at path: String) -> Int64? {
        var status = statvfs()
        return unsafe statvfs(path, &status) == 0 ? bytes(status) : nil
    }

    package static func bytes(beside file: FileDescriptor) -> Int64? {
        var status = statvfs()
        return unsafe fstatvfs(file.number, &status) == 0 ? bytes(status) : nil
    }

    private static func bytes(_ status: statvfs) -> Int64 {
        let (bytes, isTooLarge) = Int64(clamping: status.f_bavail)
            .multipliedReportingOverflow(by: Int64(clamping: status.f_frsize))
        return isTooLarge ? .max : bytes
    }
}
