/// Makes text from people and servers safe for a terminal.
package enum SafeText {
    /// The text, with escapes in place of characters that could control a terminal or reverse its direction.
    package static func escape(_ text: String, keepingNewlines: Bool = false) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where keepingNewlines: result.unicodeScalars.append(scalar)
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{1B}": result += "\\e"
            default:
                if isDangerous(scalar) {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// JSON text, with such characters as escapes. They can only occur inside strings.
    package static func escapeJSON(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x7F }), text.unicodeScalars.contains(where: isDangerous)
        else {
            return text
        }
        var result = ""
        for scalar in text.unicodeScalars {
            if isDangerous(scalar), scalar.value >= 0x20 {
                for unit in String(Character(scalar)).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: true
        // Marks, embeddings, overrides and isolates, which change the direction of text.
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x206F: true
        // Line and paragraph separators, the byte order mark, invisible tags.
        case 0x2028, 0x2029, 0xFEFF, 0xE0000...0xE007F: true
        default: false
        }
    }
}
