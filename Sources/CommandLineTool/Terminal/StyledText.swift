/// A line, or a part of one, of which each piece may have a style. Its words are harmless for a terminal.
package struct StyledText: Equatable, Sendable {
    package struct Piece: Equatable, Sendable {
        package var text: String
        package var style: Style?
    }

    package private(set) var pieces: [Piece] = []
    package private(set) var width = 0

    package init(_ text: String = "", _ style: Style? = nil) { append(text, style) }

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

    /// The letters alone.
    package var plain: String { pieces.map(\.text).joined() }

    /// At most so wide, with an ellipsis where something was cut.
    package func cut(to limit: Int) -> StyledText {
        guard width > limit else { return self }
        var result = StyledText()
        for piece in pieces {
            let rest = limit - result.width
            let pieceWidth = DisplayWidth.of(piece.text)
            // The ellipsis needs a column of its own, also where the cut falls between two pieces.
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

    /// At least so wide.
    package func padded(to least: Int) -> StyledText {
        var result = self
        if width < least { result.append(String(repeating: " ", count: least - width)) }
        return result
    }

    /// All of it in one style.
    package func all(_ style: Style) -> StyledText { StyledText(plain, style) }

    package func rendered(_ screen: Screen) -> String {
        pieces.map { piece in piece.style.map { screen.styled(piece.text, $0) } ?? piece.text }.joined()
    }
}
