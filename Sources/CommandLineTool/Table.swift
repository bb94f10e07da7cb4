/// A table, aligned for a terminal or separated by tabs for a pipe.
package struct Table {
    package struct Column {
        let title: String
        let alignsRight: Bool
        /// Whether it may be truncated when the line is too long.
        let isFlexible: Bool
        /// Whether its end says more than its start, as in a path: `…/image-to-video`.
        let keepsEnd: Bool
        /// The width that it keeps until all others have given way, too.
        let enough: Int

        package init(
            _ title: String, alignsRight: Bool = false, isFlexible: Bool = false, keepsEnd: Bool = false,
            enough: Int = 40
        ) {
            self.title = title
            self.alignsRight = alignsRight
            self.isFlexible = isFlexible || keepsEnd
            self.keepsEnd = keepsEnd
            self.enough = enough
        }

        func cut(_ cell: Cell, to width: Int) -> Cell {
            keepsEnd ? cell.cutStart(to: width) : cell.cut(to: width)
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
        let widths = widths(rows, room: screen.width - 2 * (columns.count - 1))
        return rows.map { line($0, widths).rendered(screen) + "\n" }.joined()
    }

    /// The width of each column, so that all of them fit into `room` if possible.
    private func widths(_ rows: [[Cell]], room: Int) -> [Int] {
        let natural = columns.indices.map { index in rows.map { $0[index].width }.max() ?? 0 }
        var widths = natural
        var excess: Int { widths.reduce(0, +) - room }
        let flexible = columns.indices.reversed().filter { columns[$0].isFlexible }
        func shrink(_ index: Int, to least: Int) {
            widths[index] -= min(max(0, excess), max(0, widths[index] - least))
        }
        for index in flexible where !columns[index].keepsEnd { shrink(index, to: columns[index].enough) }
        for index in flexible where columns[index].keepsEnd && excess > 0 {
            // The last part of a name stays whole. What a cut between two parts leaves is room for others.
            let ends = rows.map { DisplayWidth.of(String($0[index].plain.split(separator: "/").last ?? "")) }
            let target = max(min((ends.max() ?? 0) + 2, 30), widths[index] - excess)
            widths[index] = rows.map { columns[index].cut($0[index], to: target).width }.max() ?? 0
        }
        // Twelve columns of a text are still useful; below that, it gives way to what is never cut.
        for least in [12, 1] { for index in flexible { shrink(index, to: least) } }
        for index in flexible { widths[index] += min(max(0, -excess), natural[index] - widths[index]) }
        return widths
    }

    private func line(_ cells: [Cell], _ widths: [Int]) -> StyledText {
        var line = StyledText()
        for (index, cell) in cells.enumerated() {
            let text = columns[index].cut(cell, to: widths[index])
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
