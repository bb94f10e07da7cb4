internal import Glibc

extension StateDirectory {
    /// Sends a datagram to `wake`, so that a running jobd looks at the database at once. Nothing depends on
    /// it.
    package func ring() {
        let bell = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard bell >= 0 else { return }
        defer { close(bell) }
        _ = unsafe withWakeAddress { address, size in
            unsafe sendto(bell, "", 0, Int32(MSG_DONTWAIT), address, size)
        }
    }

    /// Calls `body` with the socket's address, by which it can be reached however long the directory's path
    /// is.
    private func withWakeAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int) -> Int {
        if var address = Self.address(wake) { return unsafe Self.with(&address, body) }
        // The room for a path is small: one that does not fit is taken from the open directory.
        let handle = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { return -1 }
        defer { close(handle) }
        guard var address = Self.address("/proc/self/fd/\(handle)/wake") else { return -1 }
        return unsafe Self.with(&address, body)
    }

    private static func with(
        _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int
    ) -> Int {
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// The socket's address; nil where the path is too long for one.
    private static func address(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return address
    }
}

extension StateDirectory {
    /// The socket on which `ring` is heard. Only who holds the lock may make it: it takes the place of an old
    /// one.
    package func openBell() throws -> Int32 {
        guard try isWakeFree() else {
            throw StoreError.inTheWay(path: wake, reason: "is no socket")
        }
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let bell = socket(AF_UNIX, type, 0)
        guard bell >= 0 else { throw Self.failure(at: wake) }
        guard unsafe withWakeAddress({ address, size in unsafe Int(bind(bell, address, size)) }) == 0 else {
            defer { close(bell) }
            throw Self.failure(at: wake)
        }
        // Whoever shares the directory could put a link in its place, which must not be followed.
        unsafe _ = fchmodat(AT_FDCWD, wake, mode_t(fileMode), AT_SYMLINK_NOFOLLOW)
        if geteuid() == 0, let owner { unsafe _ = lchown(wake, owner.user, owner.group) }
        return bell
    }

    /// Removes the socket that an earlier jobd has left. False where something else has its name: that is not
    /// ours.
    private func isWakeFree() throws -> Bool {
        var status = stat()
        guard unsafe lstat(wake, &status) == 0 else {
            if errno == ENOENT { return true }
            throw Self.failure(at: wake)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { return false }
        return unsafe unlink(wake) == 0
    }

    /// Removes the socket at the end.
    package func removeBell() { _ = try? isWakeFree() }
}
