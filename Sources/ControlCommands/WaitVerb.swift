internal import CommandLineTool
internal import JobModel
internal import JobStore

enum WaitVerb: ControlVerb {
    static let command = Command(
        "wait", "wait until jobs have ended", operands: "ID…",
        discussion: [
            "Ends with 0 when all of them completed, with 1 when one did not, with 75 when the time ran out.",
            "On a terminal each job has a line while it lasts, those that run first, and all of them a sum, with the time "
                + "that is left by what the last jobs of their models took. What ended is printed in the end.",
        ],
        options: Selection.filterOptions + [
            .timeout
        ],
        examples: [
            .init("jobctl wait 12 13 && echo done", "two jobs"),
            .init("jobctl wait --label cats --timeout 1h", "all unfinished jobs with a label"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let selection = try Selection(
            session, store, states: [.queued, .submitting, .uncertain, .inQueue, .inProgress, .downloading])
        guard !selection.ids.isEmpty else { throw Failure(.no, "no job matches") }
        for id in selection.ids where try store.find(id) == nil { throw Failure(.no, "no job \(id)") }
        return try Waiting(session: session, store: store, ids: selection.ids).run(
            timeout: try timeout(session))
    }

    /// The value of `--timeout` in milliseconds.
    static func timeout(_ session: Session) throws -> Int64? {
        guard let text = session.arguments.value(.timeout) else { return nil }
        guard let span = TimeText.span(text) else {
            throw Failure.usage(
                "\"\(SafeText.escape(text))\" is no span of time", hint: "write 30s, 5m or 2h")
        }
        return span
    }
}
