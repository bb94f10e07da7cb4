internal import HTTP

/// A URL, parsed as far as it determines which server is asked.
///
/// Anything that two parsers could read differently (a login, a backslash, an escape in the host) is refused,
/// so that the host checked here is the host to which libcurl connects.
package struct WebAddress: Equatable, Sendable {
    package var scheme: String
    /// In lower case, without a dot at the end; IPv6 in brackets.
    package var host: String
    package var port: UInt16?
    /// Path and query, escaped where necessary.
    package var target: String

    package var text: String { "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")\(target)" }

    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// For the URL as written and as sent: an escape is three times as long.
    private static let longest = 8192

    private var isOfBoundedLength: Bool { text.utf8.count <= Self.longest }

    package init?(_ text: String) {
        guard let bytes = Self.cleaned(text), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[colon...].starts(with: "://".utf8)
        else { return nil }
        scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<end].map(\.asciiLowercase)[...]) else { return nil }
        self.host = host
        self.port = port
        target = Self.escaped(rest[end...])
        guard isOfBoundedLength else { return nil }
    }

    /// The address that a `Location` names, relative to this one.
    package func resolving(_ reference: String) -> WebAddress? {
        guard let bytes = Self.cleaned(reference), let first = bytes.first else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        if bytes.starts(with: "//".utf8) { return WebAddress("\(scheme):\(text)") }
        // A scheme ends at a colon before any other delimiter.
        let mark = bytes.first { ":/?#".utf8.contains($0) }
        if mark == UInt8(ascii: ":") { return WebAddress(text) }
        var address = self
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        switch first {
        case UInt8(ascii: "/"): address.target = Self.escaped(bytes[...])
        case UInt8(ascii: "?"): address.target = Self.escaped(Array(path) + bytes)
        case UInt8(ascii: "#"): break
        default:
            let folder = path.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? path
            address.target = Self.escaped(Array(folder) + bytes)
        }
        return address.isOfBoundedLength ? address : nil
    }

    /// Without surrounding blanks; nil if it contains a control character.
    private static func cleaned(_ text: String) -> [UInt8]? {
        var bytes = Array(text.utf8)
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        bytes = Array(bytes.drop(while: isBlank))
        return bytes.contains { $0 < 0x20 || $0 == 0x7F } || bytes.count > longest ? nil : bytes
    }

    private static func authority(_ text: ArraySlice<UInt8>) -> (host: String, port: UInt16?)? {
        var host = text
        var digits: ArraySlice<UInt8> = []
        if let end = text.lastIndex(of: UInt8(ascii: "]")) {
            host = text[...end]
            let rest = text[(end + 1)...]
            guard rest.isEmpty || rest.first == UInt8(ascii: ":") else { return nil }
            digits = rest.dropFirst()
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            host = text[..<colon]
            digits = text[(colon + 1)...]
        }
        var port: UInt16?
        if !digits.isEmpty {
            guard digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt16(String(decoding: digits, as: UTF8.self)), number > 0
            else { return nil }
            port = number
        }
        if host.last == UInt8(ascii: ".") { host = host.dropLast() }
        return isHost(host) ? (String(decoding: host, as: UTF8.self), port) : nil
    }

    private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
        if host.first == UInt8(ascii: "[") {
            let inside = host.dropFirst().dropLast()
            return inside.contains(UInt8(ascii: ":"))
                && inside.allSatisfy { "0123456789abcdef:.".utf8.contains($0) }
        }
        let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty && label.allSatisfy(isOfName)
        }
    }

    /// Whether a byte of a path or query needs no escape.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case ...0x20, 0x7F...: false
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
            UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default: true
        }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// The path and query of a URL that may contain blanks and letters of any script, without the fragment.
    private static func escaped(_ bytes: some Collection<UInt8>) -> String {
        let text = String(percentEncoding: bytes.prefix { $0 != UInt8(ascii: "#") }, unless: isPlain)
        return text.hasPrefix("/") ? text : "/" + text
    }
}
