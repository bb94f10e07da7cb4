internal import CommandLineTool
internal import JobModel
internal import JobStore

/// The lines above the jobs: the status, and what needs attention.
struct WatchHeader {
    let snapshot: WatchSnapshot
    let size: TerminalSize

    func lines(_ view: WatchView, _ words: [String]) -> [StyledText] {
        if size.rows < 8 { return size.rows < 3 ? [] : [brief] }
        var lines = [daemon, now]
        if size.rows >= 12 { lines += [ended, rates] }
        let attention = attention
        let room = max(1, size.rows / 6)
        lines += attention.prefix(room)
        if attention.count > room {
            lines[lines.count - 1] = StyledText(
                "! and \(attention.count - room + 1) more: jobctl shows them", .warning)
        }
        if size.rows >= 12 { lines += [StyledText(), tabs(view, words)] }
        return lines
    }

    /// All in one line, if there are few lines.
    private var brief: StyledText {
        let counts = counts(WatchSnapshot.order)
        if !snapshot.facts.daemons.isEmpty { return counts.width > 0 ? counts : StyledText("nothing to do") }
        var text = StyledText("no jobd", .warning)
        if counts.width > 0 { text.append(", ") }
        text.append(counts)
        return text
    }

    private var daemon: StyledText {
        let clock = String(TimeText.local(snapshot.now.milliseconds).suffix(8))
        var text = StyledText("jobd      ")
        let daemons = snapshot.facts.daemons
        if let words = daemons.words { text.append(words) } else { text.append("not running", .warning) }
        for jobd in daemons.sharing ?? [] {
            text.append(", \(SafeText.escape(jobd.host)) ")
            text.append(jobd.beat, jobd.isAlive ? .dim : .warning)
        }
        text.append(", \(snapshot.directory)")
        let room = size.columns - DisplayWidth.of(clock) - 2
        if room < 20 { return text }
        text = text.cut(to: room).padded(to: room + 2)
        text.append(clock, .dim)
        return text
    }

    private func counts(_ states: [JobState]) -> StyledText {
        var text = StyledText()
        for state in states where snapshot.count(state) > 0 {
            if text.width > 0 { text.append(", ") }
            text.append("\(NumberText.of(snapshot.count(state))) \(state.rawValue)", state.style)
        }
        return text
    }

    private func titled(_ title: String, _ text: StyledText) -> StyledText {
        var line = StyledText(title.padded(to: 10))
        line.append(text.width > 0 ? text : StyledText("nothing"))
        return line
    }

    private var now: StyledText { titled("now", counts(JobState.allCases.filter { !$0.hasEnded })) }

    private var ended: StyledText {
        var text = counts([.completed, .failed, .cancelled])
        if snapshot.endedIsCut { text.append(", and more") }
        return titled(snapshot.isNarrowed ? "ended" : "last hour", text)
    }

    private var rates: StyledText {
        let rates = snapshot.rates
        var text = StyledText("\(Self.rate(rates.completed)) completed, \(Self.rate(rates.sent)) sent")
        if rates.bytesASecond > 0 {
            text.append("; downloads \(ByteText.of(rates.bytesASecond))/s", JobState.downloading.style)
        }
        return titled("a minute", text)
    }

    private static func rate(_ value: Double) -> String {
        let tenths = Int64((max(0, value) * 10).rounded())
        return tenths >= 100 || tenths % 10 == 0
            ? NumberText.of((tenths + 5) / 10) : "\(tenths / 10).\(tenths % 10)"
    }

    private func tabs(_ view: WatchView, _ words: [String]) -> StyledText {
        var text = StyledText()
        for choice in WatchView.allCases {
            let title = "\(choice.rawValue) \(choice)"
            text.append(choice == view ? "[\(title)]" : " \(title) ", choice == view ? .bold : .dim)
        }
        if !words.isEmpty { text.append("  filter: \(words.joined(separator: " ")) (Esc clears)", .active) }
        return text
    }

    /// As in a bare `jobctl`.
    private var attention: [StyledText] {
        Attention(snapshot.facts, now: snapshot.now).items.map { item in
            var line = StyledText("! ", .warning)
            line.append(item.text)
            line.append("  \(item.hint)", .dim)
            return line
        }
    }
}
