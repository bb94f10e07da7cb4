internal import Glibc

/// Lines on standard error that are shown in the place of those before, and are gone in the end.
package final class ProgressLines {
    private let screen: Screen
    /// How wide each of the lines was that stand there now.
    private var widths: [Int] = []
    private var shown: [StyledText] = []
    private var size = TerminalSize.of(STDERR_FILENO)

    package init(_ screen: Screen) { self.screen = screen }

    package var isVisible: Bool { screen.talkIsTerminal }

    /// How many lines there is room for, and how long they may be: the last column and the last line stay
    /// free.
    package var room: TerminalSize {
        let size = TerminalSize.of(STDERR_FILENO)
        return TerminalSize(columns: max(1, size.columns - 1), rows: max(1, size.rows - 1))
    }

    package func show(_ lines: [StyledText]) {
        guard isVisible else { return }
        let room = room
        let lines = lines.prefix(room.rows).map { $0.cut(to: room.columns) }
        let now = TerminalSize.of(STDERR_FILENO)
        if lines == shown, now == size { return }
        let back = toTheTop(now)
        (shown, size, widths) = (lines, now, lines.map(\.width))
        screen.show(raw: back + lines.map { $0.plain + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    package func clear() {
        guard isVisible, !widths.isEmpty else { return }
        screen.show(raw: toTheTop(TerminalSize.of(STDERR_FILENO)) + "\u{1B}[J")
        (shown, widths) = ([], [])
    }

    /// Back to where the first line began. On a terminal that has become narrower, each may stand on several
    /// rows.
    private func toTheTop(_ now: TerminalSize) -> String {
        let rows = widths.reduce(0) { $0 + max(1, ($1 + now.columns - 1) / now.columns) } - 1
        return "\r" + (rows > 0 ? "\u{1B}[\(rows)A" : "")
    }
}
