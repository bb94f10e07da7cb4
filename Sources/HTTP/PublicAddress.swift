// Which of the two modules owns `sockaddr` depends on how they are built.
internal import CCurl
internal import Glibc

/// Which addresses are on the internet. All that are not known to be count as not public.
package enum PublicAddress {
    /// An address as its 4 or 16 bytes.
    package static func isPublic(_ address: [UInt8]) -> Bool {
        switch address.count {
        case 4: isPublicV4(address)
        case 16: isPublicV6(address)
        default: false
        }
    }

    /// The bytes of an address in text form; nil for anything else.
    package static func bytes(of text: String) -> [UInt8]? {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if unsafe inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// The bytes of a socket's address; nil for a family that is not IP.
    static func bytes(of address: UnsafePointer<sockaddr>) -> [UInt8]? {
        let start = unsafe UnsafeRawPointer(address)
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            let field = unsafe start.loadUnaligned(as: sockaddr_in.self).sin_addr
            return unsafe withUnsafeBytes(of: field) { unsafe Array($0) }
        case AF_INET6:
            let field = unsafe start.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return unsafe withUnsafeBytes(of: field) { unsafe Array($0) }
        default: return nil
        }
    }

    /// The text of an address, for messages.
    static func text(of bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The blocks of IANA's special-purpose registry, and multicast and reserved space.
    private static let specialV4: [(block: [UInt8], bits: Int)] = [
        ([0, 0, 0, 0], 8), ([10, 0, 0, 0], 8), ([100, 64, 0, 0], 10), ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16), ([172, 16, 0, 0], 12), ([192, 0, 0, 0], 24), ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24), ([192, 168, 0, 0], 16), ([198, 18, 0, 0], 15), ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24), ([224, 0, 0, 0], 4), ([240, 0, 0, 0], 4),
    ]

    /// In 2000::/3: protocol assignments (including Teredo), documentation, and 6to4, which wraps any IPv4
    /// address.
    private static let specialV6: [(block: [UInt8], bits: Int)] = [
        ([0x20, 0x01, 0x00, 0x00], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x20, 0x02], 16),
        ([0x3F, 0xFF, 0x00], 20),
    ]

    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    private static let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]

    private static func isPublicV4(_ address: [UInt8]) -> Bool {
        !specialV4.contains { matches(address, $0.block, $0.bits) }
    }

    private static func isPublicV6(_ address: [UInt8]) -> Bool {
        // IPv4 addresses written as IPv6: mapped, or translated by an IPv6-only network (RFC 6052).
        if address.starts(with: mapped) || address.starts(with: translated) {
            return isPublicV4(Array(address.suffix(4)))
        }
        return address[0] & 0xE0 == 0x20 && !specialV6.contains { matches(address, $0.block, $0.bits) }
    }

    private static func matches(_ address: [UInt8], _ block: [UInt8], _ bits: Int) -> Bool {
        for index in 0..<(bits + 7) / 8 {
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, bits - 8 * index))
            if (address[index] ^ block[index]) & mask != 0 { return false }
        }
        return true
    }
}
