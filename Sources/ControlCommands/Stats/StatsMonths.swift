internal import CommandLineTool
internal import JobModel
internal import JobStore

/// `--months` on a terminal: a line for each month, or for each group of each month.
struct StatsMonths {
    let screen: Screen

    func show(_ parts: [(month: String?, statistics: Statistics)], by grouping: Statistics.Grouping?) throws {
        var columns: [Table.Column] = [.init("MONTH")]
        if let grouping {
            columns.append(
                .init(
                    grouping.rawValue.uppercased(), isFlexible: grouping == .label,
                    keepsEnd: grouping == .model))
        }
        var table = Table(
            columns
                + ["JOBS", "FAILED", "REPORTED", "ESTIMATED", "SPENT"].map { .init($0, alignsRight: true) })
        for case (let month?, let statistics) in parts {
            let groups = grouping.map { statistics.groups(by: $0) } ?? [("", statistics.all)]
            for (name, group) in groups where grouping != nil || !statistics.isEmpty {
                var cells: [Table.Cell] = [.init(month)]
                if grouping != nil { cells.append(name.isEmpty ? .init("(none)", .dim) : .init(name)) }
                cells += [
                    .init(NumberText.of(group.jobs)),
                    .init(NumberText.of(group.failed), group.failed > 0 ? .bad : .dim),
                    .init(Money.text(group.reportedUSD)), .init(Money.text(group.estimatedUSD)),
                    .init(Money.text(group.spentUSD), .bold),
                ]
                table.add(cells)
            }
        }
        try screen.write(table.aligned(screen))
    }
}
