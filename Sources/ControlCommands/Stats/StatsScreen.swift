internal import CommandLineTool
internal import JobModel
internal import JobStore

/// The statistics as tables with small bars.
struct StatsScreen {
    let statistics: Statistics
    let span: StatsSpan
    let screen: Screen

    /// One grouping in full; without one, the newest days and the largest groups of the others.
    func show(_ grouping: Statistics.Grouping?) throws {
        let all = statistics.all
        if statistics.isEmpty {
            if let grouping { try table(grouping, at: 0) }
            return
        }
        // Below one a day, the number itself says more.
        let rate = Double(all.jobs) / span.days
        let words = rate < 10 ? "\((rate * 10).rounded() / 10)" : NumberText.of(Int64(rate.rounded()))
        let pace = rate < 1 ? "" : ", \(words) a day"
        let cancelled = all.cancelled > 0 ? ", \(NumberText.of(all.cancelled)) cancelled" : ""
        try screen.write(
            "\(span.words): \(NumberText.of(all.jobs, "job")) ended\(pace); "
                + "\(NumberText.of(all.failed)) failed\(cancelled)\n")
        let unpriced = all.unpriced > 0 ? ", and \(NumberText.of(all.unpriced)) of unknown price" : ""
        try screen.write(
            "spent \(screen.styled(Money.text(all.spentUSD), .bold)): \(Money.text(all.reportedUSD)) "
                + "reported, \(Money.text(all.estimatedUSD)) estimated\(unpriced)\n")
        if let grouping {
            try table(grouping, at: Int.max)
            if grouping == .failure, statistics.groups(by: .failure).isEmpty {
                screen.say("no job has failed \(span.words)")
            }
            return try legend(for: grouping)
        }
        try table(.model, at: 10)
        try table(.day, at: 14)
        if statistics.groups(by: .label).contains(where: { !$0.name.isEmpty }) { try table(.label, at: 10) }
        if !statistics.groups(by: .failure).isEmpty { try table(.failure, at: 10) }
        try legend(for: .model)
    }

    /// Where there is room for times.
    private var isWide: Bool { screen.width >= 120 }
    private func hasTimes(_ grouping: Statistics.Grouping) -> Bool { grouping == .model || isWide }

    /// What the columns mean.
    private func legend(for grouping: Statistics.Grouping) throws {
        guard hasTimes(grouping), !statistics.groups(by: grouping).isEmpty else { return }
        let words =
            "WAITED until sent, QUEUED and RAN at RunComfy: median"
            + (isWide ? " / 95th percentile. The bars compare what was spent" : "s")
        try screen.write("\n" + screen.styled(words, .dim) + "\n")
    }

    private func table(_ grouping: Statistics.Grouping, at most: Int) throws {
        let groups = statistics.groups(by: grouping)
        let shown = grouping == .day || grouping == .week ? groups.suffix(most) : groups.prefix(most)
        let hasTimes = hasTimes(grouping)
        // Beside the times there is no room for both a bar and the models' names.
        let hasBar = grouping != .model || isWide
        var columns: [Table.Column] = [
            .init(
                grouping.rawValue.uppercased(), isFlexible: grouping == .label,
                keepsEnd: grouping == .model),
            .init("JOBS", alignsRight: true), .init("FAILED", alignsRight: true),
        ]
        if hasTimes { columns += ["WAITED", "QUEUED", "RAN"].map { .init($0, alignsRight: true) } }
        columns += [.init("SPENT", alignsRight: true)] + (hasBar ? [.init("")] : [])
        let largest = shown.map(\.group.spentUSD).max() ?? 0
        let most = shown.map(\.group.jobs).max() ?? 0
        var table = Table(columns)
        for (name, group) in shown {
            let share = largest > 0 ? group.spentUSD / largest : Double(group.jobs) / Double(max(1, most))
            var cells: [Table.Cell] = [
                name.isEmpty ? .init("(none)", .dim) : .init(name), .init(NumberText.of(group.jobs)),
                .init(NumberText.of(group.failed), group.failed > 0 ? .bad : .dim),
            ]
            if hasTimes { cells += [group.waited, group.queued, group.ran].map { .init(text($0)) } }
            cells.append(.init(Money.text(group.spentUSD)))
            if hasBar { cells.append(.init(Self.bar(share, width: 10), .active)) }
            table.add(cells)
        }
        try screen.write("\n")
        // Without a row, the headings still say what was looked for.
        try screen.write(table.aligned(screen))
        let rest = groups.count - shown.count
        if rest > 0 {
            try screen.write(
                screen.styled("and \(NumberText.of(rest)) more: --by \(grouping.rawValue)", .dim) + "\n")
        }
    }

    /// The median and, where there is room, the 95th percentile.
    private func text(_ spread: Statistics.Spread) -> String {
        let spans = spread.quantiles(isWide ? [0.5, 0.95] : [0.5]).compactMap {
            $0.map { SpanText.of(.milliseconds($0)) }
        }
        return spans.isEmpty ? "-" : spans.joined(separator: " / ")
    }

    /// A bar in eighths of a column.
    static func bar(_ share: Double, width: Int) -> String {
        let eighths = Int((share * Double(width * 8)).rounded())
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let bar = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
        return bar.isEmpty && share > 0 ? "▏" : bar
    }
}

extension Statistics {
    var isEmpty: Bool { all.jobs == 0 && all.spentUSD == 0 && all.unpriced == 0 }
}
