/// Makes text that anybody may have written fit for a file name.
enum PathText {
    /// The name for text without any usable character.
    static let nothing = "none"

    /// `text` as part of one path component: readable, and harmless in any path, terminal and shell pattern.
    ///
    /// Separators, control characters and what other file systems forbid become `-`. Invisible marks that
    /// reorder or hide text are removed. Dots, blanks and dashes at the ends are removed too, so that no name
    /// is hidden, leads up or looks like an option.
    static func component(from text: String) -> String {
        var result = String.UnicodeScalarView()
        // Far more than fits into a name.
        for scalar in text.unicodeScalars.prefix(1000) {
            switch fate(of: scalar) {
            case .keep: result.append(scalar)
            case .replace: if result.last != "-" { result.append("-") }
            case .drop: break
            }
        }
        return trimmed(cut(String(result), bytes: 240)) ?? nothing
    }

    /// `text` in lower case, its words joined by dashes, at most 60 characters.
    static func slug(of text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars.prefix(2000) {
            if isOfWord(scalar, after: result.last) {
                result.append(scalar)
            } else if fate(of: scalar) != .drop, result.last != "-", !result.isEmpty {
                result.append("-")
            }
        }
        return trimmed(cut(String(String(result).prefix(60)), bytes: 240)) ?? nothing
    }

    /// The start of `text` in at most `bytes` bytes, cut between characters. A single character that is
    /// longer (a letter with a hundred accents) is cut between its parts.
    static func cut(_ text: String, bytes: Int) -> String {
        if text.utf8.count <= bytes { return text }
        var left = bytes
        let characters = text.prefix {
            left -= $0.utf8.count
            return left >= 0
        }
        if !characters.isEmpty { return String(characters) }
        left = bytes
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix {
                    left -= UTF8.width($0)
                    return left >= 0
                }))
    }

    /// Without dots, blanks and dashes at its ends; nil if nothing is left.
    static func trimmed(_ text: String) -> String? {
        let scalars = text.unicodeScalars
        let isEdge = { (scalar: UnicodeScalar) in
            scalar == "." || scalar == "-" || scalar == " "
                || (!scalar.isASCII && scalar.properties.isWhitespace)
        }
        // A mark without a letter would combine with the slash before it.
        let start = scalars.drop { isEdge($0) || isMark($0) }
        guard let end = start.lastIndex(where: { !isEdge($0) }) else { return nil }
        return String(String.UnicodeScalarView(start[...end]))
    }

    private enum Fate { case keep, replace, drop }

    private static func fate(of scalar: UnicodeScalar) -> Fate {
        switch scalar {
        case "/", "\\", ":", "*", "?", "\"", "<", ">", "|": return .replace
        // Characters that look like slashes.
        case "\u{2044}", "\u{2215}", "\u{2216}", "\u{29F5}", "\u{29F8}", "\u{29F9}", "\u{FE68}", "\u{FF0F}",
            "\u{FF3C}":
            return .replace
        // Some scripts and emoji need these joiners.
        case "\u{200C}", "\u{200D}": return .keep
        // Most names contain no others, and Unicode's tables are slow.
        case " "..."~": return .keep
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return .replace
        case .format, .surrogate, .privateUse, .unassigned: return .drop
        default: return scalar.properties.isWhitespace && scalar != " " ? .replace : .keep
        }
    }

    /// Letters and digits of any script, and the marks that belong to a letter before them.
    private static func isOfWord(_ scalar: UnicodeScalar, after last: UnicodeScalar?) -> Bool {
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber:
            true
        default: isMark(scalar) && last != nil && last != "-"
        }
    }

    private static func isMark(_ scalar: UnicodeScalar) -> Bool {
        if scalar.isASCII { return false }
        return switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}
