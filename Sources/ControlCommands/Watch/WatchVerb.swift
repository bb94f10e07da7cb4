internal import CommandLineTool
internal import JobModel
internal import JobStore

/// The keys of `jobctl watch`, for its help and its manual page.
enum WatchHelp {
    static let keys: [(String, String)] = [
        ("j k, arrows, page keys, g G", "select a job"),
        ("Enter", "show everything about it; Esc goes back"),
        ("c", "cancel it; asks first if RunComfy may have it"),
        ("r", "retry it; says first whether that buys again, and asks"),
        ("h", "hold it"),
        ("R or u", "release it"),
        ("p", "pause or resume submissions; asks first"),
        ("/", "show only jobs with these words in prompt, label or model; Esc clears"),
        ("1-5, Tab", "show all, running, waiting, needing attention, ended"),
        ("Ctrl-L", "redraw the screen"),
        ("q, Ctrl-C", "quit"),
    ]

    static func lines(width: Int) -> [StyledText] {
        let lines = Command.list(keys, width: width).split(separator: "\n").map { StyledText(String($0)) }
        return [StyledText("keys", .bold), StyledText()] + lines
    }
}

enum WatchVerb: ControlVerb {
    static let command = Command(
        "watch", "a live view of the jobs", operands: "[ID…]",
        discussion: [
            """
            Shows running jobs, with the usual time for their model, waiting jobs, downloads, the jobs that \
            ended last, and what needs attention. Without ids or a filter, it shows all jobs.
            """,
            "Keys: " + WatchHelp.keys.map { "\($0.0): \($0.1)" }.joined(separator: ". ") + ".",
            """
            In a pipe, or on a terminal that cannot be drawn on, it prints a line for each event from now \
            on; in a pipe the columns are separated by tabs: at (UTC), job_id, words. With --json it prints \
            an object with everything, now and after each change, at most once a second. With -q it prints \
            the ids of the jobs to which something happens.
            """,
        ],
        options: Selection.filterOptions + [.noPreview.saying("no picture beside the details of a job")],
        examples: [
            .init("jobctl watch", "everything"),
            .init("jobctl watch --label cats", "the jobs with a label"),
            .init("jobctl watch --json | jq -c .states", "how many jobs are in each state, as it changes"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        // No key is answered while the store is waited for.
        let directory = try session.directory()
        let store =
            directory.sharedStore == nil
            ? try JobDatabase(directory, .read, busyTimeout: .seconds(2)) : try session.store(.read)
        var scope = WatchScope()
        if session.arguments.operands.isEmpty {
            scope.filter = try Selection.filter(session, store)
        } else {
            scope.ids = try Selection(session, store, states: []).ids
            for id in scope.ids { _ = try store.job(id) }
        }
        if !session.wantsJSON, !session.isQuiet,
            let terminal = try Terminal(session.screen, environment: session.environment)
        {
            defer { terminal.leave() }
            // Keys are answered while the server is away.
            store.waitOut { throw StoreError.unreachable(reason: $0) }
            var loop = try WatchLoop(session, store, terminal, scope)
            return try loop.run()
        }
        return try WatchStream(session: session, store: store, scope: scope).run()
    }
}
