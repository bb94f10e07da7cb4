internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum SearchVerb: ControlVerb {
    static let command = Command(
        "search", "jobs by the words of their prompts, labels and errors, best first", operands: "WORD…",
        discussion: [
            """
            All words must occur, in any order and in any of the three. A word with a space in it is a \
            phrase; so is text in quotes inside a word. A * at the end matches all words that begin so. Case \
            and accents make no difference; Chinese, Japanese, Korean and Thai are found by any part.
            """,
            """
            The newest \(SearchIndex.ranked) jobs that match are ranked; older ones follow, newest first. On \
            a terminal the best 50, in a pipe all, in the columns of list. --json prints jobs' objects with \
            "rank", 1 for the best, and "match": the "field", an excerpt of it as "text", and the matching \
            "ranges" of that, as pairs of beginning and end, counted in Unicode characters.
            """,
            "The words are kept in search.db beside the database, which each search first brings up to date: "
                + "the first one takes some seconds for a million jobs. The file may be removed.",
        ],
        options: [.not] + JobChoice.options + [
            .limit.saying("the best N, or with --sort the N with the greatest values"),
            .sort.saying("sort by ended, -cost, ran, … as list does; by default the best first"), .reverse,
        ],
        examples: [
            .init("jobctl search red cat", "both words"),
            .init("jobctl search 'red cat' --not dog", "a phrase, without a word"),
            .init("jobctl search 'watercolo*' --state failed --since 7d", "words that begin so"),
            .init("jobctl search fox -q --limit 1 | jobctl show -", "the best one"),
            .init("jobctl search 窓辺 --json | jq -c '[.id, .match.text]'", "as JSON, one job a line"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let typed = session.arguments.operands
        guard !typed.isEmpty else { throw Failure.usage("which words?", hint: "jobctl search red cat") }
        guard let words = SearchWords(typed, without: session.arguments.values(.not)) else {
            throw Failure.usage(
                "there is no word in \"\(SafeText.escape(typed.joined(separator: " ")))\"",
                hint: "a word contains a letter, a digit or an emoji")
        }
        let order = try JobOrder.asked(session.arguments)
        let asked = try session.arguments.limit()
        let limit = asked ?? (session.screen.isTerminal ? 50 : nil)
        let store = try session.store(.read)
        var filter = try Selection.filter(session, store)
        // One more, to know whether there are more. Sorting takes all of them.
        filter.limit = order == nil ? limit.map { $0 + 1 } : nil
        var progress = ProgressLine(session.screen, after: .milliseconds(300))
        let search = try Search(words, filter, in: store) { count, all in
            progress.show("reading the words of \(NumberText.of(all, "job")): \(count * 100 / max(1, all)) %")
        }
        progress.clear()
        if let obstacle = search.obstacle {
            session.note("note: all jobs were read for this search: \(obstacle)")
        }
        let ids = try ids(of: search, by: order, filter, limit: limit, store)
        let count = try show(search, ids, session, store)
        if count == 0, limit != 0 || search.ids.isEmpty {
            let hint = "jobctl help search says how words match"
            throw try session.nothingMatched(filter, in: store, hint: hint)
        }
        if asked == nil, let limit, search.ids.count > limit {
            session.note("\(order == nil ? "the best " : "")\(NumberText.of(limit)); --limit N shows more")
        }
        return .success
    }

    /// The matches that are shown.
    private static func ids(
        of search: Search, by order: JobOrder?, _ filter: JobFilter, limit: Int?, _ store: JobDatabase
    ) throws -> [Int64] {
        guard let order else { return Array(search.ids.prefix(limit ?? Int.max)) }
        let found = Set(search.ids)
        let sorted = try store.ids(filter, by: order).filter(found.contains)
        guard let limit else { return sorted }
        return Array(order.isDescending ? sorted.prefix(limit) : sorted.suffix(limit))
    }

    /// Returns how many were shown: a job may have been pruned since the index was read.
    private static func show(
        _ search: Search, _ ids: [Int64], _ session: Session, _ store: JobDatabase
    ) throws -> Int {
        var count = 0
        let ranks = Dictionary(uniqueKeysWithValues: zip(search.ids, 1...))
        var table = MatchTable(session.screen, now: store.now)
        for id in ids {
            guard let job = try store.find(id) else { continue }
            count += 1
            try session.show(job, in: store, adding: json(search.match(in: id), rank: ranks[id] ?? count)) {
                try table.add(job, session.screen.isTerminal ? search.match(in: id) : nil)
            }
        }
        try table.print()
        return count
    }

    private static func json(_ match: SearchMatch, rank: Int) -> JSONObject {
        guard let (field, text) = match.best else { return ["rank": .integer(rank), "match": .null] }
        let excerpt = text.excerpt(before: 40, length: 200)
        return [
            "rank": .integer(rank),
            "match": .object([
                "field": .string(field.rawValue), "text": .string(excerpt.text),
                "ranges": .array(
                    excerpt.ranges.map { .array([.integer($0.lowerBound), .integer($0.upperBound)]) }),
            ]),
        ]
    }
}
