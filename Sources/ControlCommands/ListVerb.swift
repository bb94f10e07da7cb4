internal import CommandLineTool
internal import JobModel
internal import JobStore

enum ListVerb: ControlVerb {
    static let command = Command(
        "list", "show jobs, newest last",
        discussion: [
            "On a terminal the newest 50, in a pipe all. In a pipe the columns are separated by tabs: id, state, model, "
                + "created_at (UTC), label, prompt."
        ],
        options: Selection.filterOptions + [
            Option(
                "since", value: "TIME", "only jobs enqueued since then: 2h, 09:00, 2026-01-31, or RFC 3339"),
            Option("limit", value: "N", "the newest N"),
        ],
        examples: [
            .init("jobctl list", "the newest jobs"),
            .init("jobctl list --state failed --since 24h", "what failed since yesterday"),
            .init("jobctl list --label cats -q | jobctl cancel -", "hand the ids on"),
            .init("jobctl list --json | jq -r .outputs[].path", "as JSON, one job a line"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        guard session.arguments.operands.isEmpty else {
            throw Failure.usage("list takes no ids", hint: "jobctl show \(session.arguments.operands[0])")
        }
        var filter = try Selection.filter(session)
        filter.since = try session.moment("since", .ago)
        filter.limit = try session.arguments.integer("limit", in: 0...Int64(Int32.max)).map { Int($0) }
        if filter.limit == nil, session.screen.isTerminal { filter.limit = 50 }
        let store = try session.store(.read)
        var table = JobTable(session.screen, now: store.now)
        var waiting = 0
        var isEmpty = true
        let visit: (Job) throws -> Void = { job in
            isEmpty = false
            if session.wantsJSON {
                try session.emit(job, in: store)
            } else if session.isQuiet {
                try session.screen.write("\(job.id)\n")
            } else {
                table.add(job)
                waiting += 1
                // In a pipe there is nothing to align, so that a million rows need no more memory than these.
                if !session.screen.isTerminal, waiting == 500 {
                    try table.print(session.screen)
                    (table, waiting) = (JobTable(session.screen, now: store.now), 0)
                }
            }
        }
        if filter.limit != nil {
            for job in try store.jobs(filter).reversed() { try visit(job) }
        } else {
            try store.forEach(filter, visit: visit)
        }
        try table.print(session.screen)
        if isEmpty, session.screen.isTerminal { session.note("no jobs") }
        return .success
    }
}
