internal import Glibc
package import System

/// The socket `wake`, by which jobctl tells jobd to look at the database.
extension StateDirectory {
    /// Wakes a running jobd at once. Nothing depends on it.
    package func wakeDaemon() { atWake { $0.send([], isBlocking: false) } }

    /// The socket on which `wakeDaemon` is heard. Only the holder of the lock may make it: it replaces an old
    /// one.
    package func openWakeSocket() throws -> FileDescriptor {
        guard try isWakeFree() else {
            throw StoreError.inTheWay(path: wake, reason: "is no socket")
        }
        let socket = try atWake { address throws(StoreError) in try StoreError.at(wake, try address.listen())
        }
        guard let socket else { throw StoreError(.last, at: wake) }
        // Whoever shares the directory could put a link in its place, which must not be followed.
        unsafe _ = fchmodat(AT_FDCWD, wake, fileMode, AT_SYMLINK_NOFOLLOW)
        if geteuid() == 0, let owner { unsafe _ = lchown(wake, owner.user, owner.group) }
        return socket
    }

    /// Removes the socket at the end.
    package func removeWakeSocket() { _ = try? isWakeFree() }

    /// Calls `body` with the socket's address, by which it can be reached however long the directory's path
    /// is.
    @discardableResult
    private func atWake<Value, Failure: Error>(_ body: (LocalAddress) throws(Failure) -> Value)
        throws(Failure) -> Value?
    {
        if let address = LocalAddress(wake) { return try body(address) }
        // The room for a path is small: one that does not fit is taken from the open directory.
        guard let directory = try? Directory(path),
            let address = LocalAddress("/proc/self/fd/\(directory.file.number)/wake")
        else { return nil }
        defer { withExtendedLifetime(directory) {} }
        return try body(address)
    }

    /// Removes the socket that an earlier jobd has left. False where something else has its name: that is not
    /// ours.
    private func isWakeFree() throws -> Bool {
        do throws(SystemError) {
            guard try FileStatus(wake, isLinkItself: true).isSocket else { return false }
        } catch {
            if error.isMissing { return true }
            throw StoreError(error, at: wake)
        }
        return unsafe unlink(wake) == 0
    }
}
