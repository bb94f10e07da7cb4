internal import Glibc
internal import System

/// Makes the socket that clients connect to. Many may connect at once.
enum ListeningSocket {
    static func open(address: String, port: UInt16) throws -> (descriptor: Int32, port: UInt16) {
        var socketAddress = sockaddr_in()
        socketAddress.sin_family = sa_family_t(AF_INET)
        socketAddress.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, address, &socketAddress.sin_addr) == 1 else {
            throw SimulatorError("\(address) is not an IPv4 address")
        }
        let descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        if descriptor < 0 { throw SimulatorError("cannot make a socket: \(SystemError.last)") }
        var on: Int32 = 1
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let isBound = unsafe withUnsafeMutablePointer(to: &socketAddress) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, size) == 0 && listen(descriptor, 4096) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        if !isBound {
            defer { close(descriptor) }
            throw SimulatorError("cannot listen on \(address):\(port): \(SystemError.last)")
        }
        return (descriptor, UInt16(bigEndian: socketAddress.sin_port))
    }

    /// Load tests open more connections than the usual soft limit of 1024.
    static func allowManyDescriptors() {
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            limit.rlim_cur = limit.rlim_max
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    }
}
