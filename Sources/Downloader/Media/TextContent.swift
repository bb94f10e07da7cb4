/// The start of a file that people could read: a page, an error, a drawing, plain text.
struct TextContent {
    /// Without byte order mark and leading blanks, in lower case, bytes outside ASCII as they are.
    private let text: [UInt8]

    /// Nil where the bytes are no text.
    init?(_ head: ArraySlice<UInt8>) {
        var bytes = Array(head)
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            // UTF-16: of what matters here, every other byte is zero.
            bytes = bytes.dropFirst(2).filter { $0 != 0 }
        } else {
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
            if bytes.contains(where: { $0 < 0x20 && !Self.isBlank($0) && $0 != 0x1B }) { return nil }
            guard Self.isUTF8(bytes) || Self.isMarkup(bytes) else { return nil }
        }
        text = bytes.drop { Self.isBlank($0) }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Pages come with and without a doctype, and after comments.
    var isHTML: Bool {
        let start = afterProlog
        return Self.htmlTags.contains { tag in
            guard start.starts(with: tag) else { return false }
            guard let next = start.dropFirst(tag.count).first else { return true }
            return Self.isBlank(next) || next == UInt8(ascii: ">") || next == UInt8(ascii: "/")
        }
    }

    var isSVG: Bool {
        let start = afterProlog
        return start.starts(with: "<svg".utf8) || start.starts(with: "<!doctype svg".utf8)
    }

    var isXML: Bool { text.starts(with: "<?xml".utf8) }

    /// A drawing's first tag: its attributes' names, in lower case, and their values.
    var drawingAttributes: [String: Substring] {
        let text = afterProlog
        guard let start = text.indices.first(where: { text[$0...].starts(with: "<svg".utf8) }) else {
            return [:]
        }
        var attributes: [String: Substring] = [:]
        var rest = String(decoding: text[start...], as: UTF8.self)[...]
        while let equals = rest.firstIndex(of: "=") {
            let before = rest[..<equals]
            if before.contains(">") { break }
            let name = String(before.split(whereSeparator: \.isWhitespace).last ?? "")
            rest = rest[equals...].dropFirst().drop(while: \.isWhitespace)
            guard let quote = rest.popFirst(), quote == "\"" || quote == "'" else { break }
            let value = rest.prefix { $0 != quote }
            attributes[name] = attributes[name] ?? value
            rest = rest[value.endIndex...].dropFirst()
        }
        return attributes
    }

    var isJSONObject: Bool {
        guard text.first == UInt8(ascii: "{") else { return false }
        let next = text.dropFirst().first { !Self.isBlank($0) }
        return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
    }

    private static let htmlTags = [
        "<!doctype html", "<html", "<head", "<body", "<title", "<script", "<style", "<meta", "<iframe", "<h1",
        "<center", "<div", "<p",
    ].map { Array($0.utf8) }

    /// What follows comments and processing instructions.
    private var afterProlog: ArraySlice<UInt8> {
        var rest = text[...]
        while true {
            let end: [UInt8]
            if rest.starts(with: "<!--".utf8) {
                end = Array("-->".utf8)
            } else if rest.starts(with: "<?".utf8) {
                end = Array("?>".utf8)
            } else {
                return rest
            }
            while !rest.isEmpty, !rest.starts(with: end) { rest = rest.dropFirst() }
            rest = rest.dropFirst(end.count).drop { Self.isBlank($0) }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The last character may be cut in two.
    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        (0...3).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
    }

    /// A page in an old encoding still starts with a tag.
    private static func isMarkup(_ bytes: [UInt8]) -> Bool {
        let start = bytes.drop { isBlank($0) }
        guard start.first == UInt8(ascii: "<"), let next = start.dropFirst().first else { return false }
        return next == UInt8(ascii: "!") || next == UInt8(ascii: "?") || (0x41...0x7A).contains(next)
    }
}
