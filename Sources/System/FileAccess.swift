internal import Glibc

/// Who may read what is created in a folder of ours, such as `output_dir`.
package struct FileAccess: Sendable {
    package var fileMode: UInt32
    package var directoryMode: UInt32
    /// The owner of new files: set if root works in somebody else's directory.
    package var owner: (user: UInt32, group: UInt32)?

    package init(fileMode: UInt32, directoryMode: UInt32, owner: (user: UInt32, group: UInt32)? = nil) {
        self.fileMode = fileMode
        self.directoryMode = directoryMode
        self.owner = owner
    }

    package static let ownerOnly = FileAccess(fileMode: 0o600, directoryMode: 0o700)
    /// A new directory inherits the group of its parent, and the set-group-ID bit that makes it do so.
    package static let groupReadable = FileAccess(fileMode: 0o640, directoryMode: 0o750)
    /// Every member of the group may add files and remove them.
    package static let groupWritable = FileAccess(fileMode: 0o640, directoryMode: 0o770)

    /// Sets mode and owner, regardless of the umask.
    package func apply(to file: FileDescriptor, mode: UInt32) throws(SystemError) {
        var status = try file.status()
        if let owner, owner != status.owner {
            // The owner first: changing it can clear mode bits.
            try file.setOwner(owner)
            status = try file.status()
        }
        // A confined service may not set the set-group-ID bit (RestrictSUIDSGID=), but may keep it.
        let wanted = mode | status.mode & S_ISGID
        if status.mode & 0o7777 != wanted { try file.setMode(wanted) }
    }
}
