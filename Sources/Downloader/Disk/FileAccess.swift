internal import Glibc
internal import System

/// Who may read what is made below `output_dir`.
package struct FileAccess: Sendable {
    package var fileMode: UInt32
    package var directoryMode: UInt32
    /// Whom new files are given to: set where root works in another's directory.
    package var owner: (user: UInt32, group: UInt32)?

    package init(fileMode: UInt32, directoryMode: UInt32, owner: (user: UInt32, group: UInt32)? = nil) {
        self.fileMode = fileMode
        self.directoryMode = directoryMode
        self.owner = owner
    }

    package static let ownerOnly = FileAccess(fileMode: 0o600, directoryMode: 0o700)
    /// Directories have the group of the one above where that one hands it down, and hand it down in turn.
    package static let groupReadable = FileAccess(fileMode: 0o640, directoryMode: 0o750)

    /// Sets mode and owner, whatever the umask.
    func apply(to file: FileDescriptor, mode: UInt32) throws(SystemError) {
        var status = try file.status()
        if let owner, owner != status.owner {
            // The owner first: changing it can clear bits of the mode.
            try file.setOwner(owner)
            status = try file.status()
        }
        // A confined service may not set the bit that hands the group down (RestrictSUIDSGID=): it is kept,
        // not set.
        let wanted = mode | status.mode & S_ISGID
        if status.mode & 0o7777 != wanted { try file.setMode(wanted) }
    }
}
