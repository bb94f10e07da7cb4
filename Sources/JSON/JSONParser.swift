/// Reads RFC 8259 JSON by recursive descent over bytes, to a limited depth.
struct JSONParser {
    /// Deeper than any real input, and shallow enough for every thread's stack.
    static let maximumDepth = 128

    private let bytes: [UInt8]
    private let dialect: JSONDialect
    private var position = 0
    private var depth = 0

    static func parse(_ bytes: [UInt8], _ dialect: JSONDialect) throws(JSONError) -> JSON {
        var parser = JSONParser(bytes: bytes, dialect: dialect)
        try parser.skipBlanks()
        let value = try parser.value()
        try parser.skipBlanks()
        if parser.position < bytes.count { throw parser.failure("unexpected text after the value") }
        return value
    }

    private init(bytes: [UInt8], dialect: JSONDialect) {
        self.bytes = bytes
        self.dialect = dialect
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func value() throws(JSONError) -> JSON {
        guard let first = current else { throw failure("unexpected end") }
        switch first {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte where byte == UInt8(ascii: "-") || byte.isASCIIDigit: return .number(try number())
        default: throw failure("expected a value")
        }
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try descend()
        var members: [JSONObject.Member] = []
        var keys: Set<ExactText> = []
        while try !closes(with: UInt8(ascii: "}"), first: members.isEmpty) {
            let start = position
            guard current == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
            let key = try string()
            if dialect != .lenient, Self.isTaken(key, in: members, &keys) {
                position = start
                throw failure("the key \"\(key)\" appears twice")
            }
            try skipBlanks()
            guard current == UInt8(ascii: ":") else { throw failure("expected a colon") }
            position += 1
            try skipBlanks()
            members.append(JSONObject.Member(key: key, value: try value()))
        }
        return JSONObject(members)
    }

    /// Few keys are compared one by one. With many, that would take longer for each one.
    private static func isTaken(
        _ key: String, in members: [JSONObject.Member], _ keys: inout Set<ExactText>
    ) -> Bool {
        if members.count < 16 { return members.contains { $0.key.isExactly(key) } }
        if keys.isEmpty { keys = Set(members.map { ExactText($0.key) }) }
        return !keys.insert(ExactText(key)).inserted
    }

    private mutating func array() throws(JSONError) -> [JSON] {
        try descend()
        var elements: [JSON] = []
        while try !closes(with: UInt8(ascii: "]"), first: elements.isEmpty) { elements.append(try value()) }
        return elements
    }

    private mutating func descend() throws(JSONError) {
        depth += 1
        if depth > Self.maximumDepth { throw failure("nested deeper than \(Self.maximumDepth)") }
        position += 1
    }

    /// Takes the comma or the closing bracket after an element.
    private mutating func closes(with bracket: UInt8, first: Bool) throws(JSONError) -> Bool {
        try skipBlanks()
        if !first {
            if current == UInt8(ascii: ",") {
                position += 1
                try skipBlanks()
                if dialect != .configuration || current != bracket { return false }
            } else if current != bracket {
                throw failure("expected a comma or \"\(Character(UnicodeScalar(bracket)))\"")
            }
        }
        guard current == bracket else { return false }
        position += 1
        depth -= 1
        return true
    }

    private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count, bytes[position..<end].elementsEqual("\(text)".utf8) else {
            throw failure("expected a value")
        }
        position = end
        return value
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let firstDigit = current
        let whole = skipDigits()
        if whole == 0 || (whole > 1 && firstDigit == UInt8(ascii: "0")) { throw failure("malformed number") }
        if current == UInt8(ascii: ".") {
            position += 1
            if skipDigits() == 0 { throw failure("malformed number") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            if skipDigits() == 0 { throw failure("malformed number") }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while current?.isASCIIDigit == true { position += 1 }
        return position - start
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        // Most strings have no escapes, and are one slice of the text.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            position += 1
        }
        if current == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position])
        }
        var unescaped = Array(bytes[start..<position])
        while true {
            guard let byte = current else { throw failure("a string is not closed") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(unescaped[...])
            case UInt8(ascii: "\\"): try escape(into: &unescaped)
            case 0..<0x20:
                position -= 1
                throw failure("a control character must be written as an escape")
            default: unescaped.append(byte)
            }
        }
    }

    private func text(_ slice: ArraySlice<UInt8>) throws(JSONError) -> String {
        if let text = String(validating: slice, as: UTF8.self) { return text }
        if dialect == .lenient { return String(decoding: slice, as: UTF8.self) }
        throw failure("the text is not UTF-8")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = current else { throw failure("a string is not closed") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try unicodeEscape())).utf8)
        default:
            position -= 1
            throw failure("unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> UnicodeScalar {
        let first = try hexadecimal()
        if let scalar = UnicodeScalar(first) { return scalar }
        let afterFirst = position
        if first < 0xDC00, bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
            position += 2
            let second = try hexadecimal()
            let pair = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) & 0x3FF)
            if second & 0xFC00 == 0xDC00, let scalar = UnicodeScalar(pair) { return scalar }
        }
        if dialect != .lenient { throw failure("half of a surrogate pair") }
        position = afterFirst
        return "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw failure("a string is not closed") }
        var code: UInt16 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected four hexadecimal digits")
            }
            code = code << 4 | UInt16(digit)
        }
        position += 4
        return code
    }

    private mutating func skipBlanks() throws(JSONError) {
        while let byte = current {
            switch byte {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            case UInt8(ascii: "/") where dialect == .configuration: try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(JSONError) {
        let rest = bytes[position...]
        if rest.starts(with: Array("//".utf8)) {
            position = rest.firstIndex(of: 0x0A) ?? bytes.count
        } else if rest.starts(with: Array("/*".utf8)) {
            var end = position + 2
            while end + 1 < bytes.count,
                bytes[end] != UInt8(ascii: "*") || bytes[end + 1] != UInt8(ascii: "/")
            {
                end += 1
            }
            if end + 1 >= bytes.count { throw failure("a comment is not closed") }
            position = end + 2
        } else {
            throw failure("expected a value")
        }
    }

    private func failure(_ reason: String) -> JSONError {
        let before = bytes[..<min(position, bytes.count)]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // A continuation byte of UTF-8 is not a character of its own.
        let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
        return JSONError(reason: reason, line: before.count { $0 == 0x0A } + 1, column: column)
    }
}
