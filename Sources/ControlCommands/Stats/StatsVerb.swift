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
            Days are local, and weeks begin on Monday. What was spent counts for the label that the job had \
            when it was sent, also if the label was changed later or the job was pruned.
            """,
            """
            --month shows one calendar month, and --months each month by itself. With both options, days and \
            months are those of UTC, as for the budgets, so that the sums are those that the budgets count.
            """,
            """
            JOBS are all that ended, FAILED those of them that failed. WAITED is the time from enqueuing \
            to sending, QUEUED and RAN are times at RunComfy: medians and, on a wide terminal after a \
            slash, the 95th percentile. SPENT is what was reported, else estimated; the bars compare it.
            """,
            """
            In a pipe, lines of "all" and then of each group, separated by tabs: by, name, jobs, completed, \
            failed, cancelled, spent_usd, reported_usd, estimated_usd, unpriced, then the median and the \
            95th percentile of waited_s, queued_s, ran_s and fetched_s. With --months, month follows name. \
            --json prints the same as objects; -q only the names. --csv prints the same columns under a \
            heading, without a line of sums: those of --by, or else the days.
            """,
        ],
        options: [
            .by, .since.saying("since then: 2h, 09:00, 2026-01-31, or RFC 3339; by default 30d"), .month,
            .months, .model,
            .label, .csv.saying("CSV for a spreadsheet"),
        ],
        examples: [
            .init("jobctl stats", "the last 30 days"),
            .init("jobctl stats --by week --since 2026-01-01", "the weeks of a year"),
            .init("jobctl stats --by day --label cats --json | jq '[.name, .spent_usd]'", "as JSON"),
            .init("jobctl stats --by label --months", "what each label cost in each month"),
            .init(
                "jobctl stats --label acme --month 2026-11 --csv > acme.csv", "a month's costs for a client"),
        ])

    static func isPaged(_ session: Session) -> Bool { true }

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        guard arguments.operands.isEmpty else {
            throw Failure.usage("stats takes no ids", hint: "choose by --since, --model and --label")
        }
        let isCSV = arguments.has(.csv)
        if isCSV, session.wantsJSON || session.isQuiet {
            throw Failure.usage("--csv goes with neither --json nor --quiet")
        }
        let grouping = try arguments.value(.by).map(grouping) ?? (isCSV ? .day : nil)
        let store = try session.store(.read)
        let span = try StatsSpan(session, now: store.now)
        let filter = try Selection.filter(session, store)
        let parts = try span.parts.map { part in
            var filter = filter
            filter.since = part.start
            return (part.month, try store.statistics(filter, before: part.end, day: span.day(of:)))
        }
        if parts.allSatisfy(\.1.isEmpty) {
            session.note("no job has ended and nothing was spent \(span.words)")
        }
        if isCSV || session.wantsJSON || session.isQuiet || !session.screen.isTerminal {
            try StatsLines(session: session, hasMonths: span.isByMonth).write(parts, by: grouping)
        } else if span.isByMonth {
            try StatsMonths(screen: session.screen).show(parts, by: grouping)
        } else if let (_, statistics) = parts.first {
            try StatsScreen(statistics: statistics, span: span, screen: session.screen).show(grouping)
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
}

/// Of which time the statistics are, and in which parts.
struct StatsSpan {
    struct Part: Equatable {
        /// With --months.
        var month: String?
        let start: Timestamp
        /// Nil for all that happened since.
        var end: Timestamp?
    }

    let start: Timestamp
    let now: Timestamp
    let isByMonth: Bool
    private let month: CalendarMonth?

    init(_ session: Session, now: Timestamp) throws {
        let arguments = session.arguments
        let since = try session.moment(.since, .ago)
        self.now = now
        isByMonth = arguments.has(.months)
        month = try arguments.value(.month).map { text throws(Failure) in
            guard let month = CalendarMonth(text) else {
                throw Failure.usage(
                    "--month: \"\(SafeText.escape(text))\" is not a month", hint: "write it like 2026-11")
            }
            return month
        }
        if month != nil, since != nil || isByMonth {
            throw Failure.usage("--month goes with neither --since nor --months")
        }
        start = month?.start ?? since ?? (isByMonth ? Self.yearOfMonths(now) : now + .seconds(-30 * 86_400))
    }

    /// The start of the month that is eleven months ago.
    private static func yearOfMonths(_ now: Timestamp) -> Timestamp {
        (1...11).reduce(now.month) { month, _ in (month.start + .seconds(-1)).month }.start
    }

    var parts: [Part] {
        if let month { return [Part(start: month.start, end: month.end)] }
        guard isByMonth else { return [Part(start: start)] }
        var parts: [Part] = []
        var (next, month) = (start, start.month)
        while next < now {
            parts.append(Part(month: month.text, start: next, end: month.end))
            (next, month) = (month.end, month.end.month)
        }
        return parts
    }

    /// The name of a moment's day: in UTC where the months are.
    func day(of moment: Timestamp) -> String {
        month != nil || isByMonth ? moment.day : String(TimeText.local(moment.milliseconds).prefix(10))
    }

    /// How many days it has; a month that is not over ends now.
    var days: Double {
        let end = min(month?.end ?? now, max(now, start + .seconds(86_400)))
        return max(1, Double((end - start).wholeMilliseconds) / 86_400_000)
    }

    /// `since 2026-11-01 00:00`, `in 2026-11`
    var words: String {
        month.map { "in \($0.text) (UTC)" } ?? "since \(TimeText.local(start.milliseconds).prefix(16))"
    }
}
