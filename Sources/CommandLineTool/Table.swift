/// A table, aligned for a terminal or separated by tabs for a pipe.
package struct Table {
    package struct Column {
        let title: String
        let alignsRight: Bool
        /// Whether it may be truncated when the line is too long.
        let isFlexible: Bool

        package init(_ title: String, alignsRight: Bool = false, isFlexible: Bool = false) {
            self.title = title
            self.alignsRight = alignsRight
            self.isFlexible = isFlexible
        }
    }

    package typealias Cell = StyledText

    private let columns: [Column]
    private var rows: [[Cell]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    package mutating func add(_ cells: [Cell]) { rows.append(cells) }

    package var isEmpty: Bool { rows.isEmpty }

    /// Tab-separated, without a heading or truncation.
    package var tabSeparated: String {
        rows.map { $0.map(\.plain).joined(separator: "\t") + "\n" }.joined()
    }

    package func aligned(_ screen: Screen) -> String {
        let rows = [columns.map { Cell($0.title, .dim) }] + rows
        var widths = columns.indices.map { index in rows.map { $0[index].width }.max() ?? 0 }
        var excess = widths.reduce(0, +) + 2 * (columns.count - 1) - screen.width
        // Twelve columns of a text are still useful; below that, it gives way to what is never cut.
        for least in [12, 1] {
            for index in columns.indices.reversed() where columns[index].isFlexible && excess > 0 {
                let cut = min(excess, max(0, widths[index] - least))
                widths[index] -= cut
                excess -= cut
            }
        }
        return rows.map { line($0, widths).rendered(screen) + "\n" }.joined()
    }

    private func line(_ cells: [Cell], _ widths: [Int]) -> StyledText {
        var line = StyledText()
        for (index, cell) in cells.enumerated() {
            let text = cell.cut(to: widths[index])
            let gap = StyledText(String(repeating: " ", count: max(0, widths[index] - text.width)))
            if index > 0 { line.append("  ") }
            if columns[index].alignsRight {
                line.append(gap)
                line.append(text)
            } else {
                line.append(text)
                if index < cells.count - 1 { line.append(gap) }
            }
        }
        return line
    }
}
