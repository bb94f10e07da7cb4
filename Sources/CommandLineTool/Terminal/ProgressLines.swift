internal import Glibc

/// Lines on standard error that are replaced in place, and removed at the end.
package final class ProgressLines {
    private let screen: Screen
    private var shown: [StyledText] = []
    private var size = TerminalSize.of(STDERR_FILENO)

    package init(_ screen: Screen) { self.screen = screen }

    package var isVisible: Bool { screen.standardErrorIsTerminal }

    /// How many lines fit, and how wide they may be: the last column and the last line stay free.
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
        (shown, size) = (lines, now)
        screen.show(raw: back + lines.map { $0.plain + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    package func clear() {
        guard isVisible, !shown.isEmpty else { return }
        screen.show(raw: toTheTop(TerminalSize.of(STDERR_FILENO)) + "\u{1B}[J")
        shown = []
    }

    /// Moves back to the start of the first line. On a terminal that has become narrower, a line may take
    /// several rows.
    private func toTheTop(_ now: TerminalSize) -> String {
        let rows = shown.reduce(0) { $0 + max(1, ($1.width + now.columns - 1) / now.columns) } - 1
        return "\r" + (rows > 0 ? "\u{1B}[\(rows)A" : "")
    }
}

/// A progress bar: `━━━━━─────`.
package enum Bar {
    /// - Parameter share: from 0 to 1; other values are drawn as the nearer of these.
    package static func text(_ share: Double, width: Int) -> String {
        // Full only when everything is done.
        let full = share >= 1 ? width : share > 0 ? min(Int(share * Double(width)), width - 1) : 0
        return String(repeating: "━", count: full) + String(repeating: "─", count: max(0, width - full))
    }
}
