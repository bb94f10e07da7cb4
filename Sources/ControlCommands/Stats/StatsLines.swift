internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// The statistics for programs: JSON, CSV, or lines with tabs.
struct StatsLines {
    let session: Session
    /// Whether each line says of which month it is.
    let hasMonths: Bool

    private var isCSV: Bool { session.arguments.has(.csv) }

    func write(_ parts: [(month: String?, statistics: Statistics)], by grouping: Statistics.Grouping?) throws
    {
        if isCSV {
            let heading = line("", "", "", Statistics.Group()).map(\.key)
            try session.screen.write(heading.joined(separator: ",") + "\n")
        }
        for (month, statistics) in parts {
            if grouping == nil, !session.isQuiet { try write(statistics.all, "all", "", month) }
            for grouping in grouping.map({ [$0] }) ?? Statistics.Grouping.allCases {
                for (name, group) in statistics.groups(by: grouping) {
                    try write(group, grouping.rawValue, name, month)
                }
            }
        }
    }

    private func write(_ group: Statistics.Group, _ by: String, _ name: String, _ month: String?) throws {
        let (screen, line) = (session.screen, line(by, name, month, group))
        if session.isQuiet { return try screen.write(SafeText.escape(name) + "\n") }
        if isCSV {
            return try screen.write(CSVLine(isTerminal: screen.isTerminal).text(of: line.map(\.value)))
        }
        guard session.wantsJSON else {
            let cells = line.map { member -> String in
                switch member.value {
                case .null: ""
                case .string(let text): SafeText.escape(text)
                default: member.value.text
                }
            }
            return try screen.write(cells.joined(separator: "\t") + "\n")
        }
        try session.emit(.object(object(line, by: by)))
    }

    /// The columns, in their order. Times have two: the median and the 95th percentile.
    private func line(
        _ by: String, _ name: String, _ month: String?, _ group: Statistics.Group
    ) -> [JSONObject.Member] {
        var line: [JSONObject.Member] = [
            .init(key: "by", value: .string(by)),
            .init(key: "name", value: name.isEmpty ? .null : .string(name)),
        ]
        if hasMonths { line.append(.init(key: "month", value: .optional(month))) }
        line += [
            ("jobs", group.jobs), ("completed", group.completed), ("failed", group.failed),
            ("cancelled", group.cancelled),
        ].map { .init(key: $0, value: .integer($1)) }
        line += [
            ("spent_usd", group.spentUSD), ("reported_usd", group.reportedUSD),
            ("estimated_usd", group.estimatedUSD),
        ].map { .init(key: $0, value: .optional(Money.rounded($1))) }
        line.append(.init(key: "unpriced", value: .integer(group.unpriced)))
        for (key, spread) in [
            ("waited_s", group.waited), ("queued_s", group.queued), ("ran_s", group.ran),
            ("fetched_s", group.fetched),
        ] {
            let times = spread.quantiles([0.5, 0.95]).map { JSON.optional($0.map { Double($0) / 1000 }) }
            line += [
                .init(key: key + Self.median, value: times[0]), .init(key: key + Self.p95, value: times[1]),
            ]
        }
        return line
    }

    private static let (median, p95) = ("_median", "_p95")

    /// In JSON, the two values of a time are one object.
    private func object(_ line: [JSONObject.Member], by: String) -> JSONObject {
        var object = JSONObject()
        for (index, member) in line.enumerated() {
            if member.key.hasSuffix(Self.median) {
                let key = String(member.key.dropLast(Self.median.count))
                let times: JSONObject = ["median": member.value, "p95": line[index + 1].value]
                object.members.append(.init(key: key, value: .object(times)))
            } else if !member.key.hasSuffix(Self.p95) {
                object.members.append(member)
            }
        }
        return object
    }
}
