internal import Glibc

extension HTTPRequest {
    /// Whether no proxy may be used, whatever the environment says: a proxy cannot reach this machine, and it
    /// would read a token that is not encrypted.
    var isDirect: Bool {
        let isPlain = url.prefix { $0 != ":" }.lowercased() == "http"
        return isPlain && bearerToken != nil || LoopbackHost.isNamed(by: url)
    }
}

/// The names and numbers of this machine, in all forms that libcurl and the resolver accept.
enum LoopbackHost {
    static func isNamed(by url: String) -> Bool {
        guard let mark = url.firstRange(of: "://") else { return false }
        var host = url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let login = host.lastIndex(of: "@") { host = host[host.index(after: login)...] }
        if host.first == "[" {
            let bytes = PublicAddress.bytes(of: String(host.dropFirst().prefix { $0 != "]" && $0 != "%" }))
            return bytes.map(isLoopback) ?? false
        }
        host = host.prefix { $0 != ":" }
        if host.last == "." { host = host.dropLast() }
        let name = host.lowercased()
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
