/// How many columns a text takes on a terminal.
package enum DisplayWidth {
    package static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + columns($1) }
    }

    /// Accents and joiners have no width. Joined emoji and flags are as wide as their widest part.
    private static func columns(_ character: Character) -> Int {
        let parts = character.unicodeScalars.map(columns)
        let isPicture = character.unicodeScalars.first?.properties.isEmoji == true
        return isPicture ? parts.max() ?? 0 : parts.reduce(0, +)
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if scalar.properties.isEmojiPresentation { return 2 }
        switch scalar.value {
        // Vowels and final consonants that complete a Hangul syllable.
        case 0x1160...0x11FF: return 0
        // Hangul, CJK and full-width forms.
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1B000...0x1B2FF,
            0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// The text, truncated with an ellipsis if it is wider than `width`: between two words, unless that would
    /// waste two thirds of the room.
    package static func cut(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        guard width > 0 else { return "" }
        var used = 0
        var end = text.startIndex
        var wordEnd: (place: String.Index, used: Int)?
        while end < text.endIndex {
            let (character, columns) = (text[end], columns(text[end]))
            // East Asian text is written without spaces.
            let isBreak = character == " " || character == "," || columns > 1
            if isBreak, end > text.startIndex, text[text.index(before: end)] != " " { wordEnd = (end, used) }
            if used + columns > width - 1 { break }
            used += columns
            end = text.index(after: end)
            if columns > 1 { wordEnd = (end, used) }
        }
        if let wordEnd, wordEnd.used * 3 >= width { end = wordEnd.place }
        var kept = text[..<end]
        while let last = kept.last, ", ".contains(last) { kept.removeLast() }
        return kept + "…"
    }

    /// The end of a path or a name, from the start of one of its parts on: `…/image-to-video`.
    package static func cutStart(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        for separators in ["/", "-_."] {
            for place in text.indices where separators.contains(text[place]) && place > text.startIndex {
                let end = text[place...]
                if end.count > 1, of(String(end)) < width { return "…" + end }
            }
        }
        var end = text[...]
        while of(String(end)) > width - 1, !end.isEmpty { end.removeFirst() }
        return width > 0 ? "…" + end : ""
    }
}
