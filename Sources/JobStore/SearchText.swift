/// Text as the search index stores it, and as it is read back.
///
/// SQLite's tokenizer splits words at spaces and punctuation. In scripts that are written without spaces, an
/// invisible separator makes each character a word, as well as each pictograph. Searches use phrases of them.
enum SearchText {
    /// Goes between the characters of such a script. To the tokenizer it is not part of a word.
    private static let separator: Unicode.Scalar = "\u{1F}"
    /// What SQLite puts before and after a word that was found.
    static let opening: Unicode.Scalar = "\u{2}"
    static let closing: Unicode.Scalar = "\u{3}"

    static func prepared(_ text: String) -> String {
        // Almost all text needs no change: nothing in it is split, and none of our marks occurs.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0xE0 || $0 == 0x0A || $0 == 0x09 }) { return text }
        var result = String.UnicodeScalarView()
        var wasAlone = false
        for scalar in text.unicodeScalars {
            let isAlone = standsAlone(scalar)
            if !result.isEmpty, isAlone || wasAlone { result.append(separator) }
            let isControl = scalar.value < 0x20 && scalar != "\n" && scalar != "\t"
            result.append(isControl ? "\u{FFFD}" : scalar)
            wasAlone = isAlone
        }
        return String(result)
    }

    /// The original text, and where the marks were in it, counted in Unicode scalars.
    static func marked(_ text: String) -> MarkedText {
        var result = String.UnicodeScalarView()
        var ranges: [Range<Int>] = []
        var (count, start) = (0, 0)
        for scalar in text.unicodeScalars {
            switch scalar {
            case separator: continue
            case opening: start = count
            case closing:
                // Adjacent characters that were found make one range.
                if let last = ranges.last, last.upperBound == start {
                    ranges[ranges.count - 1] = last.lowerBound..<count
                } else {
                    ranges.append(start..<count)
                }
            default:
                result.append(scalar)
                count += 1
            }
        }
        return MarkedText(text: String(result), ranges: ranges)
    }

    /// Whether the text holds anything that is indexed: a letter, a digit or a pictograph.
    static func hasWord(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                .decimalNumber, .letterNumber, .otherNumber, .privateUse, .otherSymbol:
                true
            default: false
            }
        }
    }

    /// Pictographs, and characters of scripts without spaces between words (Chinese, Japanese, Korean, Thai,
    /// Lao, Burmese, Khmer).
    private static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0xE00: false
        case 0xE00...0xEFF, 0x1000...0x109F, 0x1780...0x17FF:
            scalar.properties.generalCategory == .otherLetter
        case 0x2190...0x21FF, 0x2300...0x23FF, 0x25A0...0x27BF, 0x2B00...0x2BFF: true
        case 0x2E80...0x2FFF, 0x3005...0x3007, 0x3021...0x3029, 0x3041...0xA4CF, 0xAC00...0xD7A3: true
        case 0xF900...0xFAFF, 0xFF66...0xFF9D, 0x1B000...0x1B2FF, 0x20000...0x3FFFD: true
        case 0x1F000...0x1F3FA, 0x1F400...0x1FAFF: true
        default: false
        }
    }
}

/// A text in which words were found.
package struct MarkedText: Equatable, Sendable {
    package let text: String
    /// Where they occur, counted in Unicode scalars.
    package let ranges: [Range<Int>]

    package init(text: String, ranges: [Range<Int>]) {
        self.text = text
        self.ranges = ranges
    }

    /// The part around the first word found, with some words before it: at most `length` scalars, with an
    /// ellipsis for what was left out.
    package func excerpt(before context: Int, length: Int) -> MarkedText {
        let scalars = Array(text.unicodeScalars)
        let first = ranges.first?.lowerBound ?? 0
        var start = first <= context ? 0 : first - context
        // Start with a whole word if one begins soon.
        if start > 0, let space = scalars[start..<first].firstIndex(of: " ") { start = space + 1 }
        let end = min(scalars.count, start + length)
        if start == 0, end == scalars.count { return self }
        var part = String.UnicodeScalarView()
        if start > 0 { part.append("…") }
        part.append(contentsOf: scalars[start..<end])
        if end < scalars.count { part.append("…") }
        let shift = (start > 0 ? 1 : 0) - start
        return MarkedText(
            text: String(part),
            ranges: ranges.filter { $0.lowerBound < end }.map {
                $0.lowerBound + shift..<min($0.upperBound, end) + shift
            })
    }
}
