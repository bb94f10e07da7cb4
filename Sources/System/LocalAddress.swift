internal import Glibc

/// An address for datagrams on this machine: a path or, after an "@", an abstract name.
package struct LocalAddress {
    private let address: sockaddr_un
    private let size: socklen_t

    /// Nil if the path is too long.
    package init?(_ path: String) {
        var (address, bytes) = (sockaddr_un(), Array(path.utf8))
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        // An abstract name begins with a zero byte and ends with the address.
        let isAbstract = bytes.first == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let heading = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2
        (self.address, size) = (address, socklen_t(heading + bytes.count + (isAbstract ? 0 : 1)))
    }

    /// Sends a datagram, and ignores errors.
    package func send(_ bytes: [UInt8], isBlocking: Bool) {
        guard let socket = try? Self.socket(0) else { return }
        defer { withExtendedLifetime(socket) {} }
        let flags = Int32(MSG_NOSIGNAL) | (isBlocking ? 0 : Int32(MSG_DONTWAIT))
        _ = unsafe withPointer { unsafe sendto(socket.number, bytes, bytes.count, flags, $0, size) }
    }

    /// A socket that receives what is sent to this address. Reading from it does not block.
    package func listen() throws(SystemError) -> FileDescriptor {
        let socket = try Self.socket(Int32(SOCK_NONBLOCK.rawValue))
        if unsafe withPointer({ unsafe bind(socket.number, $0, size) }) != 0 { throw .last }
        return socket
    }

    private static func socket(_ flags: Int32) throws(SystemError) -> FileDescriptor {
        try FileDescriptor(
            Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue) | flags, 0))
    }

    private func withPointer<Value>(_ body: (UnsafePointer<sockaddr>) -> Value) -> Value {
        unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
        }
    }
}
