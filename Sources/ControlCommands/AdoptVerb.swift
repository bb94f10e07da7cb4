internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Orders

enum AdoptVerb: ControlVerb {
    static let command = Command(
        "adopt", "follow a request that jobd did not send", operands: "REQUEST_ID --model MODEL",
        discussion: [
            """
            A request made on RunComfy's web page, by another program, or by a jobd whose store is lost \
            becomes a job. jobd follows it like any other and fetches its files. Nothing is bought: the job \
            counts no submission. Its cost counts for the budgets, as the account has paid for it: for the \
            day of the adoption, once RunComfy has reported it.
            """,
            """
            What the request was made from is not known here. The job's input is {}, and input_removed_at \
            says since when: the job can be neither retried by buying it again nor rerun. If a job has the \
            request already, nothing is added (exit 1). For an uncertain job: jobctl resolve ID --adopt.
            """,
        ],
        options: [
            .model.saying("the model that the request was made of: its id, or the end of a known one"),
            .label.saying("a word to find it by"), .noValidate.saying("take the id of an unknown model"),
        ],
        examples: [
            .init(
                "jobctl adopt 3f1c9a52-77aa-4c1e-9d0b-5a1d2e6f7a80 --model seedream-4-0/edit --label web",
                "fetch what was made on the web page")
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let arguments = session.arguments
        guard let request = arguments.operands.first, arguments.operands.count == 1,
            let typed = arguments.value(.model)
        else {
            throw Failure.usage(
                "which request, and of which model?", hint: "jobctl adopt REQUEST_ID --model MODEL")
        }
        guard RequestID.isUsable(request) else {
            throw Failure.usage("\"\(SafeText.escape(request))\" is not a request id")
        }
        let lookup = ModelLookup(session: session, store: try session.storeIfAny())
        let checker = OrderArguments(session, lookup).checker
        let model = try checker.model(typed)
        _ = try checker.schema(of: model)
        let store = try session.store(.create)
        let (job, isKnown) = try store.adopt(
            request: request, model: model, label: arguments.value(.label), by: "jobctl")
        guard !isKnown else {
            throw Failure(
                .no, "job \(job.id) has this request; nothing was added", hint: "jobctl show \(job.id)")
        }
        session.wake(store.directory)
        try session.show(job, in: store) {
            try session.screen.write(
                session.screen.isTerminal ? "job \(job.id) follows \(request)\n" : "\(job.id)\n")
        }
        session.noteIfNoDaemon(store, "the request is followed when it runs")
        session.suggest("jobctl wait \(job.id)")
        try session.finish(store)
        return .success
    }
}
