/// Wraps text into lines.
package enum Paragraph {
    /// The text in lines of at most `width` columns, broken between words, and beside East Asian letters.
    ///
    /// - Parameter breaksWords: whether a word that is longer than a line is broken, too. Otherwise it is
    ///   left to the terminal, so that a path or an address can be copied.
    package static func wrap(_ text: String, width: Int, breaksWords: Bool = false) -> String {
        var (lines, line, used) = ([String](), "", 0)
        func add(_ piece: some StringProtocol, _ columns: Int, after gap: Int) {
            if used > 0, used + gap + columns > width {
                lines.append(line)
                (line, used) = ("", 0)
            } else if used > 0 {
                line += String(repeating: " ", count: gap)
                used += gap
            }
            line += piece
            used += columns
        }
        for word in text.split(separator: " ") {
            let columns = DisplayWidth.of(String(word))
            let pieces = columns > width ? pieces(word, breaksWords: breaksWords) : [word]
            for (index, piece) in pieces.enumerated() {
                add(piece, DisplayWidth.of(String(piece)), after: index == 0 ? 1 : 0)
            }
        }
        return (lines + [line]).joined(separator: "\n")
    }

    /// A line that may be indented, as in JSON: what does not fit on it follows below its first word.
    package static func wrapIndented(_ line: String, width: Int, breaksWords: Bool = false) -> [String] {
        guard DisplayWidth.of(line) > width else { return [line] }
        let margin = line.prefix { $0 == " " }
        let room = max(1, width - margin.count)
        return wrap(String(line.dropFirst(margin.count)), width: room, breaksWords: breaksWords)
            .split(separator: "\n").map { String(margin) + $0 }
    }

    /// Where a long word may be broken: beside each wide letter, or anywhere.
    private static func pieces(_ word: Substring, breaksWords: Bool) -> [Substring] {
        var pieces: [Substring] = []
        var wasWide = true
        for place in word.indices {
            let letter = word[place...place]
            let isWide = DisplayWidth.of(String(letter)) > 1
            if wasWide || isWide || breaksWords {
                pieces.append(letter)
            } else if let last = pieces.popLast() {
                pieces.append(word[last.startIndex...place])
            }
            wasWide = isWide
        }
        return pieces
    }
}
