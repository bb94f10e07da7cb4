internal import Glibc
package import System

/// The socket `wake`, through which jobctl tells jobd to read the database.
extension StateDirectory {
    /// Wakes a running jobd immediately. Nothing depends on it.
    package func wakeDaemon() { atWake { $0.send([], isBlocking: false) } }

    /// The socket that receives from `wakeDaemon`. It replaces an old one, so only the lock's holder may.
    package func openWakeSocket() throws -> FileDescriptor {
        guard try isWakeFree() else {
            throw StoreError.inTheWay(path: wake, reason: "is not a socket")
        }
        let socket = try atWake { address throws(StoreError) in try StoreError.at(wake, try address.listen())
        }
        guard let socket else { throw StoreError(.last, at: wake) }
        // Someone who shares the directory could put a link in its place, which must not be followed.
        unsafe _ = fchmodat(AT_FDCWD, wake, fileMode, AT_SYMLINK_NOFOLLOW)
        if geteuid() == 0, let owner { unsafe _ = lchown(wake, owner.user, owner.group) }
        return socket
    }

    /// Removes the socket when jobd ends.
    package func removeWakeSocket() { _ = try? isWakeFree() }

    /// Calls `body` with an address of the socket that works however long the directory's path is.
    @discardableResult
    private func atWake<Value, Failure: Error>(_ body: (LocalAddress) throws(Failure) -> Value)
        throws(Failure) -> Value?
    {
        if let address = LocalAddress(wake) { return try body(address) }
        // A socket address has little room for a path: a long one goes through the open directory.
        guard let directory = try? Directory(path),
            let address = LocalAddress("/proc/self/fd/\(directory.file.number)/wake")
        else { return nil }
        defer { withExtendedLifetime(directory) {} }
        return try body(address)
    }

    /// Removes the socket that an earlier jobd has left. False if something else has its name.
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
