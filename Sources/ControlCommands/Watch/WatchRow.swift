internal import CommandLineTool
internal import JobModel

/// One job as a line: its state, its progress, and its prompt.
struct WatchRow {
    /// The widths of the columns; a column of width 0 is left out.
    struct Columns: Equatable {
        static let state = 11
        var id = 1
        var progress = 0
        var model = 0
        var label = 0
        var prompt = 0

        /// For these jobs on a terminal of `columns`. `highest` is the highest id.
        init(_ jobs: [WatchFacts], highest: Int64, columns: Int) {
            id = max(2, String(highest).utf8.count)
            // Two columns each for the mark of the selected job and for the gaps.
            var rest = columns - 2 - id - 2 - Self.state
            guard rest > 6 else { return }
            progress = min(rest - 2, columns >= 110 ? 34 : 24)
            rest -= progress + 2
            let models = jobs.map { DisplayWidth.of(WatchRow.shortened($0.job.model)) }.max() ?? 0
            if rest > 12 {
                model = min(max(5, models), columns >= 110 ? 32 : 16, rest - 2)
                rest -= model + 2
            }
            let labels =
                jobs.compactMap { $0.job.label.map { DisplayWidth.of(SafeText.escape($0)) } }.max() ?? 0
            if rest > 20, labels > 0 {
                label = min(max(5, labels), columns >= 110 ? 20 : 10)
                rest -= label + 2
            }
            prompt = max(0, rest - 2)
        }

        func heading() -> StyledText {
            var text = StyledText("  ".padded(to: 2 + id - 2) + "ID  ")
            text.append("STATE".padded(to: Self.state))
            for (title, width) in [
                ("TIME", progress), ("MODEL", model), ("LABEL", label), ("PROMPT", prompt),
            ]
            where width > 0 { text.append("  " + title.padded(to: width)) }
            return text.all(.dim)
        }
    }

    let facts: WatchFacts
    let now: Timestamp
    let expected: Duration?
    private var job: Job { facts.job }

    func line(_ columns: Columns, isSelected: Bool) -> StyledText {
        let id = String(job.id)
        let margin = String(repeating: " ", count: max(0, columns.id - id.utf8.count))
        var text = StyledText((isSelected ? "> " : "  ") + margin + id + "  ")
        text.append(job.state.rawValue.padded(to: Columns.state), job.state.style)
        func add(_ cell: StyledText, _ width: Int) {
            guard width > 0 else { return }
            text.append("  ")
            text.append(cell.cut(to: width).padded(to: width))
        }
        add(progress(columns.progress), columns.progress)
        add(StyledText(Self.shortened(job.model)), columns.model)
        add(StyledText(job.label ?? ""), columns.label)
        add(words, columns.prompt)
        return isSelected ? text.all(.selected) : text
    }

    /// Without the vendor, which matters least.
    static func shortened(_ model: String) -> String {
        guard let slash = model.firstIndex(of: "/"), slash < model.index(before: model.endIndex) else {
            return model
        }
        return String(model[model.index(after: slash)...])
    }

    /// What went wrong, or else the prompt.
    private var words: StyledText {
        if job.state == .failed || job.state == .uncertain, let message = job.message {
            return StyledText(message, job.state.style)
        }
        return StyledText(facts.prompt ?? "")
    }

    private func progress(_ width: Int) -> StyledText {
        if job.cancelRequestedAt != nil, !job.state.hasEnded {
            return StyledText("to be cancelled", .warning)
        }
        switch job.state {
        case .held: return StyledText("until released", .dim)
        case .queued: return StyledText(waiting)
        case .submitting: return StyledText("sending \(clock(since: job.submittedAt))")
        case .uncertain: return StyledText("may have been bought", .warning)
        case .inQueue:
            return StyledText(elapsed + (job.queuePosition.map { ", no. \($0)" } ?? ""))
        case .inProgress:
            guard let share, width >= 22 else { return StyledText(elapsed) }
            return StyledText("\(Bar.text(share, width: width - 15)) \(elapsed)")
        case .downloading: return StyledText(DownloadProgress(facts.outputs).text(width))
        case .completed:
            var text = ago(job.endedAt)
            if let start = job.submittedAt, let end = job.finishedAt {
                text += ", took \(TimeText.clock(milliseconds: (end - start).wholeMilliseconds))"
            }
            return StyledText(text, .dim)
        case .failed:
            let kind = job.failureKind.map { "\($0.rawValue), " } ?? ""
            return StyledText(kind + ago(job.endedAt), .bad)
        case .cancelled: return StyledText(ago(job.endedAt), .dim)
        }
    }

    private var waiting: String {
        if let next = job.nextTryAt, next > now {
            return "sent \(TimeText.relative(next.milliseconds, now: now.milliseconds))"
        }
        let milliseconds = (now - job.createdAt).wholeMilliseconds
        return "waiting \(TimeText.span(milliseconds: UInt64(max(0, milliseconds))))"
    }

    private func ago(_ moment: Timestamp?) -> String {
        moment.map { TimeText.relative($0.milliseconds, now: now.milliseconds) } ?? ""
    }

    private func clock(since moment: Timestamp?) -> String {
        TimeText.clock(milliseconds: moment.map { (now - $0).wholeMilliseconds } ?? 0)
    }

    /// `0:12 of ~0:30`
    private var elapsed: String {
        let whole = expected.map { " of ~\(TimeText.clock(milliseconds: $0.wholeMilliseconds))" } ?? ""
        return clock(since: job.submittedAt) + whole
    }

    private var share: Double? {
        guard let expected, expected > .zero, let start = job.submittedAt else { return nil }
        // A job that takes longer than expected is not done yet.
        return min(0.99, (now - start) / expected)
    }
}
