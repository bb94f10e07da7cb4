internal import CommandLineTool
internal import JobModel

/// Everything on the screen: what the store says, as the person has chosen to see it, and as far as it fits.
struct WatchFrame {
    let snapshot: WatchSnapshot
    let size: TerminalSize
    let header: [StyledText]
    let list: WatchList
    /// How many rows there are for jobs.
    let height: Int
    private let hasHeading: Bool

    init(_ snapshot: WatchSnapshot, _ state: WatchState, _ size: TerminalSize) {
        self.snapshot = snapshot
        self.size = size
        header = WatchHeader(snapshot: snapshot, size: size).lines(state.view, state.words)
        hasHeading = size.rows >= 8
        height = max(1, size.rows - header.count - (hasHeading ? 1 : 0) - (size.rows >= 2 ? 1 : 0))
        list = WatchList(snapshot, state.view, height: height)
    }

    /// The jobs whose facts are needed to draw this.
    func visible(_ state: WatchState) -> [Int64] { list.visible(from: state.top, height: height) }

    /// - Parameter sheet: shown instead of the jobs: details, or help.
    func lines(
        _ state: WatchState, _ facts: [Int64: WatchFacts], sheet: [StyledText]? = nil
    ) -> [StyledText] {
        var lines: [StyledText]
        if let sheet {
            lines = Array(sheet.dropFirst(sheetTop(state, sheet)).prefix(max(1, size.rows - 1)))
            lines += Array(repeating: StyledText(), count: max(0, size.rows - 1 - lines.count))
        } else {
            lines = header + jobs(state, facts)
        }
        if size.rows >= 2 { lines.append(foot(state, sheet)) }
        return lines.map { $0.cut(to: size.columns) }
    }

    /// The first visible line of a sheet, which cannot be scrolled past its end.
    func sheetTop(_ state: WatchState, _ sheet: [StyledText]) -> Int {
        max(0, min(state.scroll, sheet.count - max(1, size.rows - 1)))
    }

    private func jobs(_ state: WatchState, _ facts: [Int64: WatchFacts]) -> [StyledText] {
        let seen = list.visible(from: state.top, height: height).compactMap { facts[$0] }
        let columns = WatchRow.Columns(seen, highest: list.jobs.max() ?? 0, columns: size.columns)
        func line(_ row: WatchList.Row) -> StyledText {
            switch row {
            case .more(let count, let state):
                return StyledText("  … and \(NumberText.of(count)) more \(state.rawValue)", .dim)
            case .unseen(let count, let state):
                return StyledText("  … \(NumberText.of(count)) more \(state.rawValue), not searched", .dim)
            case .job(let id):
                guard let facts = facts[id] else { return StyledText("  \(id)", .dim) }
                let row = WatchRow(facts: facts, now: snapshot.now, expected: snapshot.expected(facts.job))
                return row.line(columns, isSelected: id == state.selected)
            }
        }
        var lines = hasHeading ? [columns.heading()] : []
        let scrollHeight = list.scrollHeight(height)
        var rows = list.rows.dropFirst(state.top).prefix(scrollHeight).map(line)
        if rows.isEmpty { rows = [StyledText("  \(nothing(state))", .dim)] }
        let rest = list.rows.count - state.top - scrollHeight
        lines += rows + Array(repeating: StyledText(), count: max(0, scrollHeight - rows.count))
        if !list.panel.isEmpty {
            var title = StyledText("  ended last", .dim)
            if rest > 0 { title.append("; \(NumberText.of(rest, "more row")) above this", .dim) }
            lines += [title] + list.panel.map(line)
        }
        return lines
    }

    private func nothing(_ state: WatchState) -> String {
        if !state.words.isEmpty || snapshot.isNarrowed { return "no job matches" }
        return state.view == .all ? "no jobs" : "no jobs here; 1 shows all"
    }

    private func foot(_ state: WatchState, _ sheet: [StyledText]?) -> StyledText {
        switch state.mode {
        case .typing(let text):
            // The end of the typed text stays visible.
            var line = StyledText("/\(text)")
            while line.width > size.columns - 1, line.width > 1 {
                line = StyledText("/…" + line.plain.dropFirst(line.plain.hasPrefix("/…") ? 3 : 2))
            }
            line.append(" ", .selected)
            return line
        case .asking(let question, _):
            let mark = " [y/N] "
            var line = StyledText(question, .warning).cut(to: max(1, size.columns - mark.count))
            line.append(mark, .bold)
            return line
        default: break
        }
        if let message = state.message { return StyledText(message.text, message.isRefusal ? .bad : .good) }
        if let sheet {
            let rest = sheet.count - sheetTop(state, sheet) - max(1, size.rows - 1)
            return StyledText(rest > 0 ? "j/k scroll (\(rest) more)  Esc back" : "Esc back", .dim)
        }
        let hints =
            size.columns >= 76
            ? "? help  / filter  Enter details  c cancel  r retry  h hold  p pause  q quit"
            : size.columns >= 40 ? "? help  / filter  Enter details  q quit" : "? help  q quit"
        return StyledText(hints, .dim)
    }
}
