/// A line, or part of one, whose pieces may each have a style. It is safe for a terminal.
package struct StyledText: Equatable, Sendable {
    package struct Piece: Equatable, Sendable {
        package var text: String
        package var style: Style?
    }

    package private(set) var pieces: [Piece] = []
    package private(set) var width = 0

    package init(_ text: String = "", _ style: Style? = nil) { append(text, style) }

    /// A text with parts in bold, given as ranges of its Unicode scalars.
    package init(_ text: String, bold marks: [Range<Int>]) {
        let scalars = Array(text.unicodeScalars)
        func part(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
        var end = 0
        for mark in marks where mark.lowerBound >= end && mark.upperBound <= scalars.count {
            append(part(end..<mark.lowerBound))
            append(part(mark), .bold)
            end = mark.upperBound
        }
        append(part(end..<scalars.count))
    }

    package mutating func append(_ text: String, _ style: Style? = nil) {
        let text = SafeText.escape(text)
        guard !text.isEmpty else { return }
        pieces.append(Piece(text: text, style: style))
        width += DisplayWidth.of(text)
    }

    package mutating func append(_ other: StyledText) {
        pieces += other.pieces
        width += other.width
    }

    /// The text without styles.
    package var plain: String { pieces.map(\.text).joined() }

    /// The text, truncated with an ellipsis if it is wider than `limit`.
    package func cut(to limit: Int) -> StyledText {
        guard width > limit else { return self }
        var result = StyledText()
        for piece in pieces {
            let rest = limit - result.width
            let pieceWidth = DisplayWidth.of(piece.text)
            // The ellipsis needs a column, even if the cut falls between two pieces.
            if pieceWidth < rest {
                result.append(piece.text, piece.style)
            } else {
                let cut = DisplayWidth.cut(pieceWidth == rest ? piece.text + " " : piece.text, to: rest)
                result.append(cut, piece.style)
                return result
            }
        }
        return result
    }

    /// The end of the text in the style of its start; see `DisplayWidth.cutStart`.
    package func cutStart(to limit: Int) -> StyledText {
        width > limit ? StyledText(DisplayWidth.cutStart(plain, to: limit), pieces.first?.style) : self
    }

    /// The text, with spaces up to the width `least`.
    package func padded(to least: Int) -> StyledText {
        var result = self
        if width < least { result.append(String(repeating: " ", count: least - width)) }
        return result
    }

    /// The text in a single style.
    package func all(_ style: Style) -> StyledText { StyledText(plain, style) }

    package func rendered(_ screen: Screen) -> String {
        pieces.map { piece in piece.style.map { screen.styled(piece.text, $0) } ?? piece.text }.joined()
    }
}
