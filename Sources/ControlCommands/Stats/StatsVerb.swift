internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum StatsVerb: ControlVerb {
    static let command = Command(
        "stats", "how many jobs ended, how long they took, what was spent",
        discussion: [
            """
            Of the last 30 days, unless --since says otherwise. Jobs count on the day on which they ended, \
            money on the day on which it was spent. A cost that RunComfy reported replaces the estimate. \
            Days are local, and weeks begin on Monday.
            """,
            """
            JOBS are all that ended, FAILED those of them that failed. WAITED is the time from enqueuing \
            to sending, QUEUED and RAN are times at RunComfy: medians and, on a wide terminal after a \
            slash, the 95th percentile. SPENT is what was reported, else estimated; the bars compare it.
            """,
            """
            In a pipe, lines of "all" and then of each group, separated by tabs: by, name, jobs, completed, \
            failed, cancelled, spent_usd, reported_usd, estimated_usd, unpriced, then the median and the \
            95th percentile of waited_s, queued_s, ran_s and fetched_s. --json prints the same as objects; \
            -q only the names.
            """,
        ],
        options: [
            .by, .since.saying("since then: 2h, 09:00, 2026-01-31, or RFC 3339; by default 30d"), .model,
            .label,
        ],
        examples: [
            .init("jobctl stats", "the last 30 days"),
            .init("jobctl stats --by week --since 2026-01-01", "the weeks of a year"),
            .init("jobctl stats --by day --label cats --json | jq '[.name, .spent_usd]'", "as JSON"),
        ])

    static func isPaged(_ session: Session) -> Bool { true }

    static func run(_ session: Session) throws -> ExitCode {
        guard session.arguments.operands.isEmpty else {
            throw Failure.usage("stats takes no ids", hint: "choose by --since, --model and --label")
        }
        let grouping = try session.arguments.value(.by).map(grouping)
        let store = try session.store(.read)
        var filter = try Selection.filter(session, store)
        let since = try session.moment(.since, .ago) ?? store.now + .seconds(-30 * 86_400)
        filter.since = since
        let statistics = try store.statistics(filter) { String(TimeText.local($0.milliseconds).prefix(10)) }
        if statistics.isEmpty {
            let start = TimeText.local(since.milliseconds).prefix(16)
            session.note("no job has ended and nothing was spent since \(start)")
        }
        if session.wantsJSON || session.isQuiet || !session.screen.isTerminal {
            if grouping == nil, !session.isQuiet { try print(statistics.all, "all", "", session) }
            for grouping in grouping.map({ [$0] }) ?? Statistics.Grouping.allCases {
                for (name, group) in statistics.groups(by: grouping) {
                    try print(group, grouping.rawValue, name, session)
                }
            }
        } else {
            try StatsScreen(statistics: statistics, since: since, now: store.now, screen: session.screen)
                .show(grouping)
        }
        return .success
    }

    private static func grouping(_ word: String) throws -> Statistics.Grouping {
        guard let grouping = Statistics.Grouping(rawValue: word) else {
            throw Failure.unknown(
                "--by: unknown group", word, among: Statistics.Grouping.allCases.map(\.rawValue),
                listedAs: "groups are")
        }
        return grouping
    }

    private static func print(
        _ group: Statistics.Group, _ by: String, _ name: String, _ session: Session
    ) throws {
        if session.isQuiet { return try session.screen.write(SafeText.escape(name) + "\n") }
        let times = [
            ("waited_s", group.waited), ("queued_s", group.queued), ("ran_s", group.ran),
            ("fetched_s", group.fetched),
        ].map { ($0, $1.quantiles([0.5, 0.95]).map { $0.map { Double($0) / 1000 } }) }
        let counts = [
            ("jobs", group.jobs), ("completed", group.completed), ("failed", group.failed),
            ("cancelled", group.cancelled),
        ]
        let money = [
            ("spent_usd", group.spentUSD), ("reported_usd", group.reportedUSD),
            ("estimated_usd", group.estimatedUSD),
        ].map { ($0, Money.rounded($1)) }
        guard session.wantsJSON else {
            let cells =
                [by, SafeText.escape(name)] + counts.map { "\($0.1)" } + money.map { "\($0.1)" }
                + ["\(group.unpriced)"] + times.flatMap { $0.1.map { $0.map { "\($0)" } ?? "" } }
            return try session.screen.write(cells.joined(separator: "\t") + "\n")
        }
        var object: JSONObject = ["by": .string(by), "name": name.isEmpty ? .null : .string(name)]
        object.members += counts.map { .init(key: $0, value: .integer($1)) }
        object.members += money.map { .init(key: $0, value: .optional($1)) }
        object.members.append(.init(key: "unpriced", value: .integer(group.unpriced)))
        object.members += times.map { name, values in
            .init(key: name, value: .object(["median": .optional(values[0]), "p95": .optional(values[1])]))
        }
        try session.emit(.object(object))
    }
}
