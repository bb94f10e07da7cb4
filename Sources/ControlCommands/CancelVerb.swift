internal import CommandLineTool
internal import JobModel

enum CancelVerb: ControlVerb {
    static let command = Command(
        "cancel", "cancel jobs", operands: Selection.operands,
        discussion: [
            Selection.discussion,
            "A job that was not sent is cancelled at once. For one that RunComfy has, the wish is recorded and jobd sends "
                + "it; what turns out to be running already is followed and fetched, since it is paid for.",
        ],
        options: Selection.options,
        examples: [
            .init("jobctl cancel 12 14-20", "some jobs"),
            .init("jobctl cancel --label cats --yes", "all unfinished jobs with a label"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let states: [JobState] = [.held, .queued, .submitting, .inQueue, .inProgress]
        return try Steering(session: session, name: "cancel", verb: .cancel, states: states).run()
    }
}
