internal import CommandLineTool
internal import JobModel

enum CancelVerb: ControlVerb {
    static let command = Command(
        "cancel", "cancel jobs", operands: Selection.operands,
        discussion: [
            Selection.discussion,
            "A job that was not sent is cancelled at once. For one that RunComfy has, the wish is recorded and jobd sends "
                + "it; what turns out to be running already is followed and fetched, since it is paid for.",
            "A job that is being downloaded is paid for, and fetched for as long as it takes. --give-up ends that: the job "
                + "has failed (download), and what is there stays. jobctl retry goes on with it.",
        ],
        options: Selection.options + [
            .giveUp
        ],
        examples: [
            .init("jobctl cancel 12 14-20", "some jobs"),
            .init("jobctl cancel --label cats --yes", "all unfinished jobs with a label"),
            .init("jobctl cancel 12 --give-up", "do without the files that have not come"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let givesUp = session.arguments.has(.giveUp)
        let states: [JobState] = [.held, .queued, .submitting, .inQueue, .inProgress]
        return try Steering(
            session: session, name: "cancel", verb: givesUp ? .giveUp : .cancel,
            states: states + (givesUp ? [.downloading] : [])
        ).run()
    }
}
