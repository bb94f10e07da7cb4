internal import CommandLineTool
internal import JobModel

enum HoldVerb: ControlVerb {
    static let command = Command(
        "hold", "set queued jobs aside", operands: Selection.operands,
        discussion: [Selection.discussion, "A held job is not sent until it is released."],
        options: Selection.options,
        examples: [.init("jobctl hold --model 'bytedance/seedance*' --yes", "all queued videos")])

    static func run(_ session: Session) throws -> ExitCode {
        try Steering(session: session, name: "hold", verb: .hold, states: [.queued]).run()
    }
}
