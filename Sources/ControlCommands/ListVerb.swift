internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum ListVerb: ControlVerb {
    static let command = Command(
        "list", "show jobs, newest last", operands: "[ID… | --state STATE | …]",
        discussion: [
            "On a terminal the newest 50, in a pipe all, separated by tabs and with exact values (seconds, "
                + "dollars, UTC): id, state, model, created_at, label, prompt, or those of --columns. With "
                + "--state failed, also error_message.",
            "--sort takes \(JobOrder.names.joined(separator: ", ")). The greatest comes last, or first "
                + "with a - before the key. --limit keeps the N greatest: the newest, the dearest, "
                + "the longest.",
            "--columns takes the columns of jobs (\(JobColumn.names.joined(separator: ", "))). The endings "
                + "_at and _usd may be left out. files counts a job's files; file is the first one's path.",
        ],
        options: Selection.filterOptions + [
            .since, .picked, .limit.saying("the newest N, or with --sort the N with the greatest values"),
            .sort,
            .reverse, .columns, .count,
        ],
        examples: [
            .init("jobctl list", "the newest jobs"),
            .init("jobctl list --state failed --since 24h", "what failed since yesterday"),
            .init("jobctl list --sort -cost --limit 10 --columns id,cost,ran,prompt", "the ten dearest jobs"),
            .init("jobctl list --count --state completed --since 30d", "how many were made in a month"),
            .init("jobctl list --label cats -q | jobctl cancel -", "pass the ids on"),
            .init("jobctl list --json | jq -c '[.id, .outputs[].file]'", "as JSON, one job a line"),
        ])

    private static let mostCounted: Int64 = 10_000

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        let order = try JobOrder.asked(arguments) ?? JobOrder(.id)
        let limit = try arguments.limit()
        let store = try session.store(.read)
        let choice = try JobChoice(session, store, lists: true)
        let columns =
            try arguments.value(.columns).map(JobColumn.read) ?? defaultColumns(choice.filter, session)
        if arguments.has(.count) {
            if limit != nil || arguments.has(.columns) {
                throw Failure.usage("--count goes with neither --limit nor --columns")
            }
            return try count(choice, session, store)
        }
        let isCut = limit == nil && session.screen.isTerminal
        let most = isCut ? 50 : limit
        var listing = Listing(session: session, store: store, columns: columns)
        if order == JobOrder(.id), most == nil {
            try choice.forEach(in: store) { try listing.visit($0) }
        } else {
            for id in try choice.ids(in: store, by: order, limit: most) {
                if session.isQuiet, !session.wantsJSON {
                    try listing.visit(id)
                } else if let job = try store.find(id) {
                    // A job that is missing was pruned since.
                    try listing.visit(job)
                }
            }
        }
        try listing.finish()
        if listing.count == 0 { try session.noteNothingMatched(choice, in: store) }
        if isCut, listing.count == most { try sayWhatIsLeft(choice, order, listing.count, session, store) }
        return .success
    }

    /// The columns without --columns; nil for the usual ones. Who asks for failures wants to know why.
    private static func defaultColumns(_ filter: JobFilter, _ session: Session) -> [JobColumn]? {
        guard filter.states == [.failed], !session.wantsJSON else { return nil }
        return session.screen.isTerminal ? JobColumn.whyFailed : JobColumn.standard + [JobColumn.message]
    }

    private static func count(_ choice: JobChoice, _ session: Session, _ store: JobDatabase) throws
        -> ExitCode
    {
        let counts = try choice.count(in: store)
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

    /// Says on a terminal that there are more. The jobs that a filter means are not counted, which could take
    /// long; all jobs are, as far as that is quick.
    private static func sayWhatIsLeft(
        _ choice: JobChoice, _ order: JobOrder, _ shown: Int, _ session: Session, _ store: JobDatabase
    ) throws {
        guard session.screen.standardErrorIsTerminal, !session.wantsJSON else { return }
        let which = order.key == .id ? "the newest \(NumberText.of(shown))" : NumberText.of(shown)
        guard choice.isEverything else {
            session.note("\(which) that match; --limit N shows more, --count counts them")
            return
        }
        let count = try store.count(upTo: mostCounted + 1)
        if count <= Int64(shown) { return }
        let total = count > mostCounted ? "more than \(NumberText.of(mostCounted))" : NumberText.of(count)
        session.note("\(which) of \(total) jobs; --limit N shows more")
    }
}

extension JobOrder {
    static let names = Key.allCases.map(\.rawValue)

    /// The order of --sort and --reverse; nil if neither is given.
    static func asked(_ arguments: Arguments) throws -> JobOrder? {
        guard arguments.has(.sort) || arguments.has(.reverse) else { return nil }
        let text = arguments.value(.sort) ?? "id"
        let word = JobColumn.plain(text.hasPrefix("-") ? String(text.dropFirst()) : text)
        guard let key = Key(rawValue: word) else {
            throw Failure.unknown("jobs cannot be sorted by", word, among: names, listedAs: "--sort takes")
        }
        return JobOrder(key, isDescending: text.hasPrefix("-") != arguments.has(.reverse))
    }
}
