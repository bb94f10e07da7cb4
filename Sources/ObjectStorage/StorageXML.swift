/// As much XML as the answers of a storage contain: elements, texts, and the five entities.
package struct StorageXML {
    private let bytes: ArraySlice<UInt8>

    package init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
    private init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The content of each element with this name, in order. Such elements do not contain each other.
    package func blocks(_ name: String) -> [StorageXML] {
        var found: [StorageXML] = []
        var rest = bytes
        while let (content, after) = Self.element(name, in: rest) {
            found.append(StorageXML(content))
            rest = after
        }
        return found
    }

    package func block(_ name: String) -> StorageXML? {
        Self.element(name, in: bytes).map { StorageXML($0.content) }
    }

    /// The text of the first element with this name; nil if there is none, or nothing in it.
    package func text(_ name: String) -> String? {
        guard let content = Self.element(name, in: bytes)?.content, !content.isEmpty else { return nil }
        return Self.decoded(content)
    }

    private static func element(_ name: String, in bytes: ArraySlice<UInt8>)
        -> (content: ArraySlice<UInt8>, after: ArraySlice<UInt8>)?
    {
        var rest = bytes
        let start = Array("<\(name)".utf8)
        while let begin = position(of: start, in: rest) {
            rest = rest[(begin + start.count)...]
            // Another name may begin with this one.
            guard let next = rest.first, next == UInt8(ascii: ">") || next == UInt8(ascii: " ") else {
                continue
            }
            guard let close = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
            let end = Array("</\(name)>".utf8)
            let content = rest[(close + 1)...]
            guard let finish = position(of: end, in: content) else { return nil }
            return (content[..<finish], content[(finish + end.count)...])
        }
        return nil
    }

    private static func position(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var rest = bytes
        while let start = rest.firstIndex(of: pattern[0]) {
            if rest[start...].starts(with: pattern) { return start }
            rest = rest[(start + 1)...]
        }
        return nil
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        var text = ""
        var rest = String(decoding: bytes, as: UTF8.self)[...]
        while let mark = rest.firstIndex(of: "&") {
            text += rest[..<mark]
            let name = rest[mark...].dropFirst().prefix { $0 != ";" }
            rest = rest[rest.index(after: mark)...]
            guard name.utf8.count < 10, name.endIndex < rest.endIndex, let scalar = scalar(name) else {
                text += "&"
                continue
            }
            text.unicodeScalars.append(scalar)
            rest = rest[rest.index(after: name.endIndex)...]
        }
        return text + rest
    }

    private static func scalar(_ entity: Substring) -> Unicode.Scalar? {
        switch entity {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        guard entity.first == "#" else { return nil }
        let digits = entity.dropFirst()
        let isHexadecimal = digits.first == "x"
        let value = UInt32(isHexadecimal ? digits.dropFirst() : digits, radix: isHexadecimal ? 16 : 10)
        return value.flatMap(Unicode.Scalar.init)
    }
}
