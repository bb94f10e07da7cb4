/// Rows as people read them on a terminal, or as programs read them from a pipe.
package struct Table {
    package struct Column {
        let title: String
        let alignsRight: Bool
        /// Gives way when the line is too long.
        let isFlexible: Bool

        package init(_ title: String, alignsRight: Bool = false, isFlexible: Bool = false) {
            self.title = title
            self.alignsRight = alignsRight
            self.isFlexible = isFlexible
        }
    }

    package struct Cell {
        let text: String
        let style: Style?
        /// Parts that stand out, counted in the Unicode scalars of `text`.
        private var marks: [Range<Int>] = []

        package init(_ text: String, _ style: Style? = nil) {
            self.text = SafeText.escape(text)
            self.style = style
        }

        /// A text of which parts stand out: those at `marks`, counted in its Unicode scalars.
        package init(_ text: String, bold marks: [Range<Int>]) {
            style = nil
            let scalars = Array(text.unicodeScalars)
            var safe = String.UnicodeScalarView()
            var end = 0
            func escaped(_ range: Range<Int>) -> String.UnicodeScalarView {
                SafeText.escape(String(String.UnicodeScalarView(scalars[range]))).unicodeScalars
            }
            for mark in marks where mark.lowerBound >= end && mark.upperBound <= scalars.count {
                safe += escaped(end..<mark.lowerBound)
                let start = safe.count
                safe += escaped(mark)
                self.marks.append(start..<safe.count)
                end = mark.upperBound
            }
            safe += escaped(end..<scalars.count)
            self.text = String(safe)
        }

        /// The text as it is shown, where it had to be cut as `text`.
        fileprivate func styled(_ text: String, _ screen: Screen) -> String {
            if let style { return screen.styled(text, style) }
            if marks.isEmpty { return text }
            let scalars = Array(text.unicodeScalars)
            var line = ""
            var end = 0
            for mark in marks where mark.lowerBound < scalars.count {
                let last = min(mark.upperBound, scalars.count)
                line += String(String.UnicodeScalarView(scalars[end..<mark.lowerBound]))
                let marked = String(String.UnicodeScalarView(scalars[mark.lowerBound..<last]))
                line += screen.styled(marked, .bold)
                end = last
            }
            return line + String(String.UnicodeScalarView(scalars[end...]))
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    package mutating func add(_ cells: [Cell]) { rows.append(cells) }

    package var isEmpty: Bool { rows.isEmpty }

    /// Tab-separated, without a heading, nothing cut.
    package var tabSeparated: String {
        rows.map { $0.map(\.text).joined(separator: "\t") + "\n" }.joined()
    }

    package func aligned(_ screen: Screen) -> String {
        var widths = columns.indices.map { index in
            max(
                DisplayWidth.of(columns[index].title), rows.map { DisplayWidth.of($0[index].text) }.max() ?? 0
            )
        }
        var excess = widths.reduce(0, +) + 2 * (columns.count - 1) - screen.width
        // Twelve columns still say something of a text; on a narrow screen it gives way to what is never cut.
        for least in [12, 1] {
            for index in columns.indices.reversed() where columns[index].isFlexible && excess > 0 {
                let cut = min(excess, max(0, widths[index] - least))
                widths[index] -= cut
                excess -= cut
            }
        }
        let heading = columns.map { Cell($0.title, .dim) }
        return ([heading] + rows).map { line($0, widths, screen) + "\n" }.joined()
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ screen: Screen) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = DisplayWidth.cut(cell.text, to: widths[index])
            let gap = String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(text)))
            let styled = cell.styled(text, screen)
            if index > 0 { line += "  " }
            if columns[index].alignsRight {
                line += gap + styled
            } else {
                line += styled + (index == cells.count - 1 ? "" : gap)
            }
        }
        return line
    }
}
