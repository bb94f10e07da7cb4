internal import CommandLineTool
internal import JobModel
internal import JobStore

enum WatchVerb: ControlVerb {
    static let command = Command(
        "watch", "the live picture", operands: "[ID…]",
        discussion: [
            "What runs, with the time that the last jobs of its model took; what waits; downloads; what ended last; what "
                + "needs attention. Without ids or a filter, all jobs.",
            "Keys: " + WatchHelp.keys.map { "\($0.0): \($0.1)" }.joined(separator: ". ") + ".",
            "In a pipe, or on a terminal that cannot be drawn on, a line for each thing that happens from now on; columns "
                + "are separated by tabs in a pipe: at (UTC), job_id, words. With --json an object with the whole "
                + "picture, now and whenever something has changed, at most once a second. With -q the ids of the jobs to "
                + "which something happens.",
        ],
        options: Selection.filterOptions,
        examples: [
            .init("jobctl watch", "everything"),
            .init("jobctl watch --label cats", "the jobs with a label"),
            .init("jobctl watch --json | jq -c .states", "how many jobs are in which state, as it changes"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        // Keys wait as long as the store does.
        let store = try JobDatabase(session.directory(), .read, busyTimeout: .seconds(2))
        var scope = WatchScope()
        if session.arguments.operands.isEmpty {
            scope.filter = try Selection.filter(session)
        } else {
            scope.ids = try Selection(session, store, states: []).ids
            for id in scope.ids where try store.find(id) == nil { throw Failure(.no, "no job \(id)") }
        }
        if !session.wantsJSON, !session.isQuiet,
            let terminal = try Terminal(session.screen, environment: session.environment)
        {
            defer { terminal.leave() }
            var watching = try Watching(session, store, terminal, scope)
            return try watching.run()
        }
        return try WatchStream(session: session, store: store, scope: scope).run()
    }
}
