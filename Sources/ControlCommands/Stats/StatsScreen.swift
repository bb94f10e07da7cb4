internal import CommandLineTool
internal import JobModel
internal import JobStore

/// The statistics as tables with small bars.
struct StatsScreen {
    let statistics: Statistics
    let since: Timestamp
    let now: Timestamp
    let screen: Screen

    /// One grouping in full; without one, the newest days and the largest groups of the others.
    func show(_ grouping: Statistics.Grouping?) throws {
        let all = statistics.all
        let start = TimeText.local(since.milliseconds).prefix(16)
        if statistics.isEmpty { return }
        let days = max(1, Double((now - since).wholeMilliseconds) / 86_400_000)
        // Below one a day, the number itself says more.
        let rate = Double(all.jobs) / days
        let words = rate < 10 ? "\((rate * 10).rounded() / 10)" : NumberText.of(Int64(rate.rounded()))
        let pace = rate < 1 ? "" : ", \(words) a day"
        let cancelled = all.cancelled > 0 ? ", \(NumberText.of(all.cancelled)) cancelled" : ""
        try screen.write(
            "since \(start): \(NumberText.of(all.jobs, "job")) ended\(pace); "
                + "\(NumberText.of(all.failed)) failed\(cancelled)\n")
        let unpriced = all.unpriced > 0 ? ", and \(NumberText.of(all.unpriced)) of unknown price" : ""
        try screen.write(
            "spent \(screen.styled(Self.money(all.spentUSD), .bold)): \(Self.money(all.reportedUSD)) "
                + "reported, \(Self.money(all.estimatedUSD)) estimated\(unpriced)\n")
        if let grouping { return try table(grouping, at: Int.max) }
        try table(.model, at: 10)
        try table(.day, at: 14)
        if statistics.groups(by: .label).contains(where: { !$0.name.isEmpty }) { try table(.label, at: 10) }
        try table(.failure, at: 10)
    }

    private func table(_ grouping: Statistics.Grouping, at most: Int) throws {
        let groups = statistics.groups(by: grouping)
        if groups.isEmpty { return }
        let shown = grouping == .day || grouping == .week ? groups.suffix(most) : groups.prefix(most)
        let isWide = screen.width >= 100
        let hasTimes = grouping == .model || isWide
        // Beside the times there is no room for both a bar and the models' names.
        let hasBar = grouping != .model || isWide
        var columns: [Table.Column] = [
            .init(grouping.rawValue.uppercased(), isFlexible: grouping == .model || grouping == .label),
            .init("JOBS", alignsRight: true), .init("FAILED", alignsRight: true),
        ]
        if hasTimes { columns += ["WAITED", "QUEUED", "RAN"].map { .init($0, alignsRight: true) } }
        columns += [.init("SPENT", alignsRight: true)] + (hasBar ? [.init("")] : [])
        let largest = shown.map(\.group.spentUSD).max() ?? 0
        let most = shown.map(\.group.jobs).max() ?? 0
        var table = Table(columns)
        for (whole, group) in shown {
            // Models' names differ at the end.
            let name = grouping == .model && !isWide ? WatchRow.shortened(whole) : whole
            let share = largest > 0 ? group.spentUSD / largest : Double(group.jobs) / Double(max(1, most))
            var cells: [Table.Cell] = [
                name.isEmpty ? .init("(none)", .dim) : .init(name), .init("\(group.jobs)"),
                .init("\(group.failed)", group.failed > 0 ? .bad : .dim),
            ]
            if hasTimes { cells += [group.waited, group.queued, group.ran].map { .init(Self.text($0)) } }
            cells.append(.init(Self.money(group.spentUSD)))
            if hasBar { cells.append(.init(Self.bar(share, width: 10), .active)) }
            table.add(cells)
        }
        try screen.write("\n")
        try screen.write(table)
        let rest = groups.count - shown.count
        if rest > 0 {
            try screen.write(screen.styled("and \(rest) more: --by \(grouping.rawValue)", .dim) + "\n")
        }
    }

    /// In whole cents, to align in a column; below a dollar, with all known digits.
    private static func money(_ dollars: Double) -> String {
        guard dollars >= 1 else { return Money.text(dollars) }
        let cents = Int64((dollars * 100).rounded())
        return "$\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
    }

    /// The median and the 95th percentile.
    private static func text(_ spread: Statistics.Spread) -> String {
        let spans = spread.quantiles([0.5, 0.95]).compactMap { $0.map(text(milliseconds:)) }
        return spans.isEmpty ? "-" : spans.joined(separator: "/")
    }

    private static func text(milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: "\(milliseconds)ms"
        case ..<10_000: "\(Double(milliseconds / 100) / 10)s"
        case ..<120_000: "\(milliseconds / 1000)s"
        case ..<7_200_000: "\(milliseconds / 60_000)m"
        case ..<172_800_000: "\(milliseconds / 3_600_000)h"
        default: "\(milliseconds / 86_400_000)d"
        }
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
