internal import Glibc

extension StateDirectory {
    /// Sends a datagram to `wake`, so that a running jobd looks at the database at once. Nothing depends on it.
    package func ring() {
        let bell = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard bell >= 0 else { return }
        defer { close(bell) }
        guard var address = Self.address(wake) else { return }
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(bell, "", 0, Int32(MSG_DONTWAIT), $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// The socket's address; nil where the path is too long for one.
    static func address(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return address
    }
}

extension StateDirectory {
    /// The socket on which `ring` is heard. Only who holds the lock may make it: it takes the place of an old one.
    package func openBell() throws -> Int32 {
        guard var address = Self.address(wake) else {
            throw StoreError.inputOutput(reason: "\(wake): the path is too long for a socket")
        }
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let bell = socket(AF_UNIX, type, 0)
        guard bell >= 0 else { throw Self.failure(at: wake) }
        unsafe unlink(wake)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(bell, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else {
            defer { close(bell) }
            throw Self.failure(at: wake)
        }
        // Whoever shares the directory could put a link in its place, which must not be followed.
        unsafe _ = fchmodat(AT_FDCWD, wake, mode_t(fileMode), AT_SYMLINK_NOFOLLOW)
        if geteuid() == 0, let owner { unsafe _ = lchown(wake, owner.user, owner.group) }
        return bell
    }
}
