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
            let most = min(columns >= 160 ? 48 : columns >= 110 ? 32 : 20, rest - 2)
            let models = jobs.map { DisplayWidth.of(WatchRow.model($0.job, most)) }.max() ?? 0
            if rest > 12 {
                model = max(5, models)
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
        if columns.model > 0 { add(StyledText(Self.model(job, columns.model)), columns.model) }
        add(StyledText(job.label ?? ""), columns.label)
        add(words, columns.prompt)
        return isSelected ? text.all(.selected) : text
    }

    private static func model(_ job: Job, _ width: Int) -> String {
        DisplayWidth.cutStart(SafeText.escape(job.model), to: width)
    }

    /// What went wrong, or else the prompt.
    private var words: StyledText {
        if job.state == .failed || job.state == .uncertain, let message = job.message {
            return StyledText(message, job.state.style)
        }
        return StyledText(facts.prompt ?? "")
    }

    /// The longest text about its time that fits.
    private func progress(_ width: Int) -> StyledText {
        let (texts, style) = progressTexts(width)
        return StyledText(texts.first { DisplayWidth.of($0) <= width } ?? texts.last ?? "", style)
    }

    /// What may be said about its time, the longest first.
    private func progressTexts(_ width: Int) -> ([String], Style?) {
        if job.cancelRequestedAt != nil, !job.state.hasEnded { return (["to be cancelled"], .warning) }
        switch job.state {
        case .held: return (["until released"], .dim)
        case .queued:
            if let wait = facts.wait { return (wait.texts, wait.needsPerson ? .warning : nil) }
            return (waiting, nil)
        case .submitting: return (["sending \(clock(since: job.submittedAt))", "sending"], nil)
        case .uncertain: return (["may have been bought", "bought?"], .warning)
        case .inQueue:
            let place = job.queuePosition.map { ", no. \(NumberText.of($0))" } ?? ""
            return ([elapsed + ofExpected + place, elapsed + place, elapsed], nil)
        case .inProgress:
            let bar = width >= 22 ? share.map { "\(Bar.text($0, width: width - 15)) " } ?? "" : ""
            return ([bar + elapsed + ofExpected, elapsed + ofExpected, elapsed], nil)
        case .downloading:
            let download = DownloadProgress(facts.outputs)
            return ([download.text(width), download.text(width, countsFiles: false), download.percent], nil)
        case .completed:
            let ago = ago(job.endedAt)
            guard let start = job.submittedAt, let end = job.finishedAt else { return ([ago], .dim) }
            let clock = TimeText.clock(milliseconds: (end - start).wholeMilliseconds)
            return (["\(ago), took \(SpanText.of(end - start))", "\(ago), took \(clock)", ago], .dim)
        case .failed:
            let ago = ago(job.endedAt)
            return (["\(job.failureKind.map { "\($0.rawValue), " } ?? "")\(ago)", ago], .bad)
        case .cancelled: return ([ago(job.endedAt)], .dim)
        }
    }

    private var waiting: [String] {
        if let next = job.nextTryAt, next > now { return ["sent \(ago(next))", ago(next)] }
        return ["waiting \(SpanText.of(now - job.createdAt))", "waiting"]
    }

    private func ago(_ moment: Timestamp?) -> String {
        moment.map { TimeText.relative($0.milliseconds, now: now.milliseconds) } ?? ""
    }

    private func clock(since moment: Timestamp?) -> String {
        TimeText.clock(milliseconds: moment.map { (now - $0).wholeMilliseconds } ?? 0)
    }

    private var elapsed: String { clock(since: job.submittedAt) }
    private var ofExpected: String {
        expected.map { " of ~\(TimeText.clock(milliseconds: $0.wholeMilliseconds))" } ?? ""
    }

    private var share: Double? {
        guard let expected, expected > .zero, let start = job.submittedAt else { return nil }
        // A job that takes longer than expected is not done yet.
        return min(0.99, (now - start) / expected)
    }
}
