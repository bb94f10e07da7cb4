import Glibc
import Testing

/// What systemd listens on: a datagram socket with a path or an abstract name ("@…").
final class NotifySocket: @unchecked Sendable {
    private let file: Int32
    private var heard: [String] = []

    init(_ name: String) throws {
        file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        if name.hasPrefix("@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let heading = try #require(MemoryLayout.offset(of: \sockaddr_un.sun_path))
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, socklen_t(heading + bytes.count))
            }
        }
        try #require(bound == 0, "cannot bind \(name)")
    }

    deinit { close(file) }

    /// Every datagram so far, in order.
    var messages: [String] {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = recv(file, &bytes, bytes.count, Int32(MSG_DONTWAIT)), count >= 0 {
            heard.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
        return heard
    }

    /// Every line of every datagram.
    var lines: [String] {
        messages.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    }
}
