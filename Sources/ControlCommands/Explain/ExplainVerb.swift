internal import CommandLineTool
internal import JobModel
internal import JobStore

enum ExplainVerb: ControlVerb {
    static let command = Command(
        "explain", "why a job is not done yet, and what you can do", operands: "ID…",
        discussion: [
            """
            One sentence for each job, and a hint if there is something to do. It is based on the database \
            and the configuration: that of the running jobd, as far as its command line shows it, unless you \
            give --config or --set.
            """,
            """
            In a pipe: id, state, reason, sentence and hint, separated by tabs. The reason is a fixed word: \
            \(Explanation.Reason.allCases.map(\.rawValue).joined(separator: ", ")).
            """,
        ],
        options: Selection.filterOptions + Session.configurationOptions,
        examples: [
            .init("jobctl explain 12", "one job"),
            .init("jobctl explain --state queued --json | jq -r .reason | sort | uniq -c", "why jobs wait"),
        ])

    static func isPaged(_ session: Session) -> Bool { true }

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let selection = try Selection(session, store, states: JobState.allCases.filter { !$0.hasEnded })
        guard !selection.ids.isEmpty else { throw try session.nothingMatched(selection.filter, in: store) }
        let context = try ExplanationContext(session, store)
        var code = ExitCode.success
        for id in selection.ids {
            guard let job = try store.find(id) else {
                session.complainOfNoJob(id)
                code = .no
                continue
            }
            try tell(try Explainer(job: job, context: context).explanation(), of: job, session)
        }
        return code
    }

    private static func tell(_ explanation: Explanation, of job: Job, _ session: Session) throws {
        let screen = session.screen
        let text = SafeText.escape(explanation.text)
        let hint = explanation.hint.map { SafeText.escape($0) }
        if session.wantsJSON {
            try session.emit(explanation.json(of: job))
        } else if session.isQuiet {
            try screen.write("\(job.id)\n")
        } else if screen.isTerminal {
            let width = min(screen.width, 100)
            try screen.write(Paragraph.wrap(text, width: width) + "\n")
            guard let hint else { return }
            let lines = Paragraph.wrap(hint, width: width - 2).replacing("\n", with: "\n  ")
            try screen.write("  \(screen.styled(lines, .active))\n")
        } else {
            let fields = [String(job.id), job.state.rawValue, explanation.reason.rawValue, text, hint ?? ""]
            try screen.write(fields.joined(separator: "\t") + "\n")
        }
    }
}
