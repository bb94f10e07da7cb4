internal import CommandLineTool
internal import JobModel
internal import JobStore

/// A job's life as a person reads it: how long each phase took, and what happened when.
struct Timeline {
    let job: Job
    let events: [StoredEvent]
    let now: Timestamp
    let screen: Screen

    func print() throws {
        try printPhases()
        try printEvents()
    }

    /// One line for each phase, on a terminal with a bar that shows when it was and how long it took.
    private func printPhases() throws {
        let phases = JobPhases(of: job, now: now).all
        guard let first = phases.first, let last = phases.map(\.end).max() else { return }
        try screen.write(screen.styled("time", .dim) + "\n")
        let whole = max(1, (last - first.start).wholeMilliseconds)
        let room = min(screen.width, 100) - 37
        for phase in phases {
            let length = SpanText.of(phase.length) + (phase.isOpen ? " so far" : "")
            // "queued" alone would read as the state of a job that was not sent yet.
            let title = phase.name == .queued ? "in queue" : phase.name.rawValue
            var line = "  \(title.padded(to: 12))  \(length)"
            if screen.isTerminal, room >= 10 {
                let start = min(
                    room - 1, Int((phase.start - first.start).wholeMilliseconds * Int64(room) / whole))
                let wide = Int((phase.length.wholeMilliseconds * Int64(room) + whole / 2) / whole)
                let bar = String(repeating: "█", count: min(max(1, wide), room - max(0, start)))
                let style: Style = phase.name == .waited ? .dim : phase.isOpen ? .active : .good
                line =
                    line.padded(to: 36) + String(repeating: " ", count: max(0, start))
                    + screen.styled(bar, style)
            }
            try screen.write(line + "\n")
        }
    }

    /// When each event was, how long after the first one and after the one before, and what it was.
    private func printEvents() throws {
        try screen.write(screen.styled("events", .dim) + "\n")
        guard let first = events.first else { return }
        let totals = events.map { $0.id == first.id ? "" : "+" + SpanText.of($0.at - first.at) }
        let steps = zip(events.dropFirst(), events).map { SpanText.of($0.at - $1.at) }
        let kinds = events.map { $0.kind.rawValue }
        let widths = [totals, steps, kinds].map { $0.map(DisplayWidth.of).max() ?? 0 }
        var day: Substring = ""
        for (index, event) in events.enumerated() {
            let at = TimeText.local(event.at.milliseconds)
            var clock = at[...]
            if screen.isTerminal {
                // The day is written once, so that there is room for words.
                let parts = at.split(separator: " ")
                if let today = parts.first, today != day {
                    try screen.write("  \(screen.styled(String(today), .dim))\n")
                    day = today
                }
                clock = parts.last ?? clock
            }
            let step = index > 0 ? steps[index - 1] : ""
            let start =
                "  \(clock)  \(totals[index].aligned(to: widths[0]))  \(step.aligned(to: widths[1]))  "
            try print(
                screen.styled(start, .dim), kinds[index], widths[2], event, used: start.count + widths[2] + 2)
        }
    }

    private func print(_ start: String, _ kind: String, _ width: Int, _ event: StoredEvent, used: Int) throws
    {
        let words = SafeText.escape(EventWords.of(event))
        if words.isEmpty { return try screen.write(start + kind + "\n") }
        try screen.write(
            "\(start)\(kind.padded(to: width))  \(screen.wrapped(words, indentation: used))\n")
    }
}
