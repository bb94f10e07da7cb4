internal import JSON
internal import JobModel

/// Checks the address of a file that the service is to fetch: https, or http on this machine only.
package enum FileURL {
    private typealias Bytes = Substring.UTF8View

    /// What is wrong with a file's address, a reference to another job's output, or the name of a local file
    /// or of an object, in words that follow its place; nil if nothing is.
    package static func faultOfReference(or address: String) -> String? {
        if ObjectName.hasScheme(address) {
            return ObjectName.named(by: address) == nil ? "is malformed: \(ObjectName.inputForm)" : nil
        }
        if InputFile.isMeant(address) {
            return InputFile(address) == nil
                ? "must be file:SHA256.EXT, a file in inputs/; only jobctl takes a path" : nil
        }
        guard Reference.isMeant(address) else { return fault(in: address) }
        return Reference(address) == nil ? "is malformed: \(Reference.forms)" : nil
    }

    /// What is wrong with the address, in words that follow its place; nil if nothing is.
    package static func fault(in address: String) -> String? {
        if address.isEmpty { return "is empty; give an https URL" }
        let bytes = address[...].utf8
        let scheme = bytes.prefix { $0 != UInt8(ascii: ":") }
        let isSecure = equals(scheme, "https")
        guard isSecure || equals(scheme, "http"), scheme.endIndex < bytes.endIndex else {
            return "is not an https URL; for a file on this machine, write file:PATH"
        }
        let rest = bytes[scheme.endIndex...].dropFirst()
        guard rest.starts(with: "//".utf8) else {
            return "has no \"//\" after its scheme; give a whole https URL"
        }
        if !isWritable(address) {
            return "has a character that a URL cannot contain; write it as % and two hexadecimal digits"
        }

        let authority = rest.dropFirst(2).prefix { byte in
            byte != UInt8(ascii: "/") && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
        }
        if authority.contains(UInt8(ascii: "@")) {
            return "has a user name or password; the service cannot log in"
        }
        guard let (host, port) = split(authority), isHost(host) else { return "has no valid host" }
        if !isPort(port) { return "has no valid port" }
        if !isSecure, !isLoopback(host) {
            return "is an http URL; only https is allowed (http on loopback only)"
        }
        return nil
    }

    /// Refuses blanks, control characters and what RFC 3986 does not allow.
    /// Letters of other scripts pass, because clients encode them.
    private static func isWritable(_ address: String) -> Bool {
        var isASCII = true
        for byte in address.utf8 {
            switch byte {
            case 0...0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
                UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
                return false
            case 0x80...: isASCII = false
            default: break
            }
        }
        if isASCII { return true }
        return address.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }

    /// Splits host and port at the last colon outside the brackets of an IPv6 address.
    private static func split(_ authority: Bytes) -> (host: Bytes, port: Bytes)? {
        var host = authority.prefix { $0 != UInt8(ascii: ":") }
        if authority.first == UInt8(ascii: "[") {
            guard let bracket = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = authority[...bracket]
        }
        let rest = authority[host.endIndex...]
        if rest.isEmpty { return (host, rest) }
        guard rest.first == UInt8(ascii: ":") else { return nil }
        return (host, rest.dropFirst())
    }

    private static func isPort(_ port: Bytes) -> Bool {
        if port.isEmpty { return true }
        guard port.count <= 5, let number = decimal(port) else { return false }
        return number >= 1 && number <= 65535
    }

    private static func isHost(_ host: Bytes) -> Bool {
        if host.first == UInt8(ascii: "[") { return isIPv6(host.dropFirst().dropLast()) }
        var labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // A name may end in a dot.
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        return host.count <= 254
            && labels.allSatisfy { label in
                !label.isEmpty && label.count <= 63
                    && label.allSatisfy { byte in
                        byte.isASCIILetterOrDigit || byte >= 0x80 || "-_".utf8.contains(byte)
                    }
            }
    }

    /// Whether it has only characters of an IPv6 address. Whether the address exists is not checked.
    private static func isIPv6(_ address: Bytes) -> Bool {
        address.count { $0 == UInt8(ascii: ":") } >= 2
            && address.allSatisfy { byte in
                byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
                    || Character(UnicodeScalar(byte)).isHexDigit
            }
    }

    private static func isLoopback(_ host: Bytes) -> Bool {
        if equals(host, "localhost") || host.elementsEqual("[::1]".utf8) { return true }
        return host.starts(with: "127.".utf8) && isIPv4(host)
    }

    /// Four numbers; a leading zero is refused, because some programs would read an octal number.
    private static func isIPv4(_ host: Bytes) -> Bool {
        let parts = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard part.count <= 3, let number = decimal(part) else { return false }
                return number <= 255 && (part.count == 1 || part.first != UInt8(ascii: "0"))
            }
    }

    private static func decimal(_ digits: Bytes) -> Int? {
        guard digits.allSatisfy(\.isASCIIDigit) else { return nil }
        return Int(String(Substring(digits)))
    }

    /// Compares with a word in lower case, ignoring case.
    private static func equals(_ bytes: Bytes, _ word: StaticString) -> Bool {
        bytes.count == word.utf8CodeUnitCount
            && zip(bytes, "\(word)".utf8).allSatisfy { byte, letter in
                byte == letter
                    || byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") && byte | 0x20 == letter
            }
    }
}
