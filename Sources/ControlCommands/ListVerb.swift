internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum ListVerb: ControlVerb {
    static let command = Command(
        "list", "show jobs, newest last",
        discussion: [
            "On a terminal the newest 50, in a pipe all, separated by tabs and with exact values (seconds, "
                + "dollars, UTC): id, state, model, created_at, label, prompt, or those of --columns.",
            "--sort takes \(keys.joined(separator: ", ")). The greatest comes last, or first with a - before "
                + "the key. --limit keeps the N greatest: the newest, the dearest, the longest.",
            "--columns takes the columns of jobs (\(JobColumn.names.joined(separator: ", "))). The endings "
                + "_at and _usd may be left out.",
        ],
        options: Selection.filterOptions + [
            .since, .limit.saying("the newest N, or with --sort the N with the greatest values"), .sort,
            .reverse, .columns, .count,
        ],
        examples: [
            .init("jobctl list", "the newest jobs"),
            .init("jobctl list --state failed --since 24h", "what failed since yesterday"),
            .init("jobctl list --sort -cost --limit 10 --columns id,cost,ran,prompt", "the ten dearest jobs"),
            .init("jobctl list --count --state completed --since 30d", "how many were made in a month"),
            .init("jobctl list --label cats -q | jobctl cancel -", "pass the ids on"),
            .init("jobctl list --json | jq -r .outputs[].path", "as JSON, one job a line"),
        ])

    private static let keys = JobOrder.Key.allCases.map(\.rawValue)
    private static let mostCounted: Int64 = 10_000

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        guard arguments.operands.isEmpty else {
            throw Failure.usage("list takes no ids", hint: "jobctl show \(arguments.operands[0])")
        }
        var filter = try Selection.filter(session)
        let order = try order(arguments)
        let columns = try arguments.value(.columns).map(JobColumn.read)
        let limit = try arguments.integer(.limit, in: 0...Int64(Int32.max)).map { Int($0) }
        let store = try session.store(.read)
        if arguments.has(.count) {
            if limit != nil || columns != nil {
                throw Failure.usage("--count goes with neither --limit nor --columns")
            }
            return try count(filter, session, store)
        }
        let isCut = limit == nil && session.screen.isTerminal
        filter.limit = isCut ? 50 : limit
        var listing = Listing(session: session, store: store, columns: columns)
        if order.key == .id, !order.isDescending, filter.limit == nil {
            try store.forEach(filter) { try listing.visit($0) }
        } else {
            var ids = order.key == .id ? try store.ids(filter) : try store.ids(filter, by: order)
            // Without an order they are the newest first.
            if order.key == .id, !order.isDescending { ids.reverse() }
            for id in ids {
                if session.isQuiet, !session.wantsJSON {
                    try listing.visit(id)
                } else if let job = try store.find(id) {
                    // A job that is missing was pruned since.
                    try listing.visit(job)
                }
            }
        }
        try listing.finish()
        if listing.count == 0 { try sayWhyNone(filter, session, store) }
        if isCut, listing.count == filter.limit { try sayWhatIsLeft(filter, order, session, store) }
        return .success
    }

    private static func order(_ arguments: Arguments) throws -> JobOrder {
        let text = arguments.value(.sort) ?? "id"
        let word = JobColumn.plain(text.hasPrefix("-") ? String(text.dropFirst()) : text)
        guard let key = JobOrder.Key(rawValue: word) else {
            throw Failure.unknown(
                "jobs cannot be sorted by", word, among: keys, listedAs: "--sort takes")
        }
        return JobOrder(key, isDescending: text.hasPrefix("-") != arguments.has(.reverse))
    }

    private static func count(_ filter: JobFilter, _ session: Session, _ store: JobDatabase) throws
        -> ExitCode
    {
        let counts = try store.counts(filter)
        let total = counts.values.reduce(0, +)
        if session.wantsJSON {
            let states = JobState.allCases.map {
                JSONObject.Member(key: $0.rawValue, value: .integer(counts[$0] ?? 0))
            }
            try session.emit(.object(["jobs": .integer(total), "states": .object(JSONObject(states))]))
        } else if session.screen.isTerminal, !session.isQuiet {
            let parts = JobState.allCases.compactMap { state in
                counts[state].flatMap { $0 > 0 ? "\(NumberText.of($0)) \(state.rawValue)" : nil }
            }
            let words = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
            try session.screen.write("\(NumberText.of(total, "job"))\(words)\n")
        } else {
            try session.screen.write("\(total)\n")
        }
        return .success
    }

    private static func sayWhyNone(_ filter: JobFilter, _ session: Session, _ store: JobDatabase) throws {
        guard session.screen.isTerminal else { return }
        var whole = filter
        whole.limit = nil
        session.note(
            (whole.isEmpty ? "no jobs" : "no job matches")
                + (try filter.model.flatMap { try session.nearModel(to: $0, in: store) }.map {
                    "; did you mean --model \($0)?"
                } ?? ""))
    }

    /// Says on a terminal that there are more. The jobs that a filter means are not counted, which could take
    /// long; all jobs are, as far as that is quick.
    private static func sayWhatIsLeft(
        _ filter: JobFilter, _ order: JobOrder, _ session: Session, _ store: JobDatabase
    ) throws {
        guard session.screen.standardErrorIsTerminal, !session.wantsJSON else { return }
        let shown = filter.limit ?? 0
        let which = order.key == .id ? "the newest \(NumberText.of(shown))" : NumberText.of(shown)
        var whole = filter
        whole.limit = nil
        guard whole.isEmpty else {
            session.note("\(which) that match; --limit N shows more, --count counts them")
            return
        }
        let count = try store.count(upTo: mostCounted + 1)
        if count <= Int64(shown) { return }
        let total = count > mostCounted ? "more than \(NumberText.of(mostCounted))" : NumberText.of(count)
        session.note("\(which) of \(total) jobs; --limit N shows more")
    }
}
