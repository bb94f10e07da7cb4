extension JSON {
    /// The value as JSON on one line.
    package var text: String {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value as JSON over several lines, for people.
    package var indentedText: String {
        var bytes: [UInt8] = []
        write(into: &bytes, indentation: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the value. `indentation` is nil for one line, otherwise its depth.
    package func write(into bytes: inout [UInt8], indentation: Int? = nil) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let digits): bytes.append(contentsOf: digits.utf8)
        case .string(let text): Self.write(text, into: &bytes)
        case .array(let elements):
            Self.write("[]", elements, into: &bytes, indentation) { element, bytes, deeper in
                element.write(into: &bytes, indentation: deeper)
            }
        case .object(let object):
            Self.write("{}", object.members, into: &bytes, indentation) { member, bytes, deeper in
                Self.write(member.key, into: &bytes)
                bytes.append(contentsOf: (deeper == nil ? ":" : ": ").utf8)
                member.value.write(into: &bytes, indentation: deeper)
            }
        }
    }

    private static func write<Element>(
        _ brackets: String, _ elements: [Element], into bytes: inout [UInt8], _ indentation: Int?,
        each: (Element, inout [UInt8], Int?) -> Void
    ) {
        let deeper = indentation.map { $0 + 1 }
        bytes.append(brackets.utf8.first ?? 0)
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            startLine(in: &bytes, deeper)
            each(element, &bytes, deeper)
        }
        if !elements.isEmpty { startLine(in: &bytes, indentation) }
        bytes.append(brackets.utf8.last ?? 0)
    }

    private static func startLine(in bytes: inout [UInt8], _ indentation: Int?) {
        guard let indentation else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * indentation))
    }

    private static func write(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                bytes.append(contentsOf: ("\\u00" + (digits.count < 2 ? "0" : "") + digits).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
