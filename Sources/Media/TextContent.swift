/// The start of a file that is text: a page, an error, a drawing, plain text.
struct TextContent {
    /// Without byte order mark and leading blanks. ASCII letters are in lower case.
    private let text: [UInt8]

    /// Nil if the bytes are not text.
    init?(_ head: ArraySlice<UInt8>) {
        var bytes = Array(head)
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            // UTF-16: in the characters that matter here, every other byte is zero.
            bytes = bytes.dropFirst(2).filter { $0 != 0 }
        } else {
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
            if bytes.contains(where: { $0 < 0x20 && !Self.isBlank($0) && $0 != 0x1B }) { return nil }
            guard Self.isUTF8(bytes) || Self.isMarkup(bytes) else { return nil }
        }
        text = bytes.drop { Self.isBlank($0) }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    /// A page may have no doctype, and comments before its first tag.
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

    /// The attributes of a drawing's first tag, by their names in lower case.
    private var drawingAttributes: [String: Substring] {
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

    /// The last character may be incomplete.
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

extension TextContent {
    /// A drawing's size in pixels, at 96 to the inch: what its first tag names, else that of the view box.
    /// Nil if the drawing fills whatever room there is.
    var drawingSize: (width: UInt64, height: UInt64)? {
        let attributes = drawingAttributes
        let box = attributes["viewbox"]?.split { $0.isWhitespace || $0 == "," }.compactMap { Double($0) }
        guard let width = attributes["width"].flatMap(Self.pixels) ?? box?.dropFirst(2).first,
            let height = attributes["height"].flatMap(Self.pixels) ?? box?.dropFirst(3).first,
            let wholeWidth = UInt64(exactly: width.rounded()),
            let wholeHeight = UInt64(exactly: height.rounded())
        else { return nil }
        return (wholeWidth, wholeHeight)
    }

    private static let units: [String: Double] = [
        "": 1, "px": 1, "pt": 96 / 72, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4,
    ]

    private static func pixels(_ text: Substring) -> Double? {
        let text = text.filter { !$0.isWhitespace }
        let unit = String(text.drop { !$0.isLetter && $0 != "%" })
        return units[unit].flatMap { scale in Double(text.dropLast(unit.count)).map { $0 * scale } }
    }
}
