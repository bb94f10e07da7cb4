package import Glibc

/// Who may read what is made below `output_dir`.
package struct FileAccess: Sendable {
    package var fileMode: mode_t
    package var directoryMode: mode_t
    /// Whom new files are given to: set where root works in another's directory.
    package var owner: (user: uid_t, group: gid_t)?

    package init(fileMode: mode_t, directoryMode: mode_t, owner: (user: uid_t, group: gid_t)? = nil) {
        self.fileMode = fileMode
        self.directoryMode = directoryMode
        self.owner = owner
    }

    package static let ownerOnly = FileAccess(fileMode: 0o600, directoryMode: 0o700)
    /// Directories have the group of the one above where that one hands it down, and hand it down in turn.
    package static let groupReadable = FileAccess(fileMode: 0o640, directoryMode: 0o750)

    /// Sets mode and owner, whatever the umask; false leaves errno.
    func apply(to descriptor: Int32, mode: mode_t) -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return false }
        if let owner, owner.user != status.st_uid || owner.group != status.st_gid {
            // The owner first: changing it can clear bits of the mode.
            guard fchown(descriptor, owner.user, owner.group) == 0, unsafe fstat(descriptor, &status) == 0
            else {
                return false
            }
        }
        // A confined service may not set the bit that hands the group down (RestrictSUIDSGID=): it is kept,
        // not set.
        let wanted = mode | status.st_mode & S_ISGID
        return status.st_mode & 0o7777 == wanted || fchmod(descriptor, wanted) == 0
    }
}
