internal import CommandLineTool
internal import JobModel

enum RetryVerb: ControlVerb {
    static let command = Command(
        "retry", "try failed or cancelled jobs again", operands: Selection.operands,
        discussion: [
            Selection.discussion,
            "Where RunComfy finished the work and only the fetching failed (output, download, deadline), it goes on from "
                + "its request and nothing is bought. Of a lost job the request is asked for once more, and nothing is bought: "
                + "if it is there, the job goes on; else it is lost again, and only --resubmit buys it anew. Otherwise (remote, "
                + "input, cancelled) it is submitted anew, and jobctl says so first. A completed job is not retried: enqueue "
                + "it again.",
        ],
        options: Selection.options + [.resubmit],
        examples: [
            .init("jobctl retry 12", "one job"),
            .init("jobctl retry --state failed --dry-run", "what a retry of all would mean"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        try Steering(
            session: session, name: "retry", verb: .retry(resubmit: session.arguments.has(.resubmit)),
            states: [.failed, .cancelled], buys: true
        ).run()
    }
}
