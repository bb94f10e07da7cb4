internal import CommandLineTool
internal import JobModel

enum ResolveVerb: ControlVerb {
    static let command = Command(
        "resolve", "say what became of uncertain jobs", operands: Selection.operands,
        discussion: [
            Selection.discussion,
            "A job is uncertain when its POST may have bought something and nobody can know: the connection was cut before "
                + "the answer. Look at RunComfy's own list of requests, then say one of the three.",
        ],
        options: Selection.options + [
            .resubmit.saying("send it again, which may pay twice"),
            .abandon,
            .adopt,
        ],
        examples: [
            .init("jobctl resolve 12 --adopt 3f1c9a52-77aa-4c1e-9d0b-5a1d2e6f7a80", "it was bought"),
            .init("jobctl resolve --state uncertain --resubmit --yes", "send all of them again"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        let resolution: JobEvent.Resolution
        switch (arguments.has(.resubmit), arguments.has(.abandon), arguments.value(.adopt)) {
        case (true, false, nil): resolution = .resubmit
        case (false, true, nil): resolution = .abandon
        case (false, false, let id?):
            guard RequestID.isUsable(id) else {
                throw Failure.usage("\"\(SafeText.escape(id))\" is no request id")
            }
            guard arguments.operands.count == 1, Int64(arguments.operands[0]) != nil else {
                throw Failure.usage(
                    "a request belongs to one job", hint: "jobctl resolve ID --adopt REQUEST_ID")
            }
            resolution = .adopt(requestID: id)
        default: throw Failure.usage("say one of --resubmit, --abandon and --adopt REQUEST_ID")
        }
        return try Steering(
            session: session, name: "resolve", verb: .resolve(resolution), states: [.uncertain],
            buys: resolution == .resubmit
        ).run()
    }
}
