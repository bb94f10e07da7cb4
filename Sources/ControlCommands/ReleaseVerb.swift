internal import CommandLineTool
internal import JobModel

enum ReleaseVerb: ControlVerb {
    static let command = Command(
        "release", "put held jobs back into the queue", operands: Selection.operands,
        discussion: [Selection.discussion], options: Selection.options,
        examples: [.init("jobctl release --state held --yes", "everything that is held")])

    static func run(_ session: Session) throws -> ExitCode {
        try Steering(session: session, name: "release", verb: .release, states: [.held]).run()
    }
}
