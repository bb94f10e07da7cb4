internal import Glibc

extension HTTPRequest {
    /// Whether no proxy may be used, whatever the environment says: a proxy cannot reach this machine, and it
    /// would read a token that is not encrypted.
    var isDirect: Bool {
        let isPlain = url.utf8.lazy.map(\.asciiLowercase).starts(with: "http:".utf8)
        return isPlain && bearerToken != nil || LoopbackHost.isNamed(by: url)
    }
}

/// The names and numbers of this machine, in all forms that libcurl and the resolver accept.
enum LoopbackHost {
    static func isNamed(by url: String) -> Bool {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")),
            url.utf8[colon...].starts(with: "://".utf8)
        else { return false }
        var host = url.utf8[colon...].dropFirst(3).prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        if let login = host.lastIndex(of: UInt8(ascii: "@")) { host = host[host.index(after: login)...] }
        if host.first == UInt8(ascii: "[") {
            let inside = host.dropFirst().prefix { $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "%") }
            return PublicAddress.bytes(of: String(Substring(inside))).map(isLoopback) ?? false
        }
        host = host.prefix { $0 != UInt8(ascii: ":") }
        if host.last == UInt8(ascii: ".") { host = host.dropLast() }
        let name = Substring(host).lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        // 127.1, 0x7f000001 and 2130706433 are this machine too.
        var address = in_addr()
        return unsafe inet_aton(name, &address) != 0 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    private static func isLoopback(_ address: [UInt8]) -> Bool {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return address == [UInt8](repeating: 0, count: 15) + [1]
            || address.starts(with: mapped) && address[12] == 127
    }
}
