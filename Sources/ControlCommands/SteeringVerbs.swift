internal import CommandLineTool
internal import JobModel

// The verbs that change jobs. `Steering` carries each of them out.

extension Command {
    /// A verb that takes ids or a filter, and changes the jobs that these name.
    fileprivate init(
        steering name: String, _ summary: String, _ discussion: String..., options: [Option] = [],
        examples: [Example]
    ) {
        self.init(
            name, summary, operands: Selection.operands, discussion: [Selection.discussion] + discussion,
            options: Selection.options + [.verbose] + options, examples: examples)
    }
}

enum CancelVerb: ControlVerb {
    static let command = Command(
        steering: "cancel", "cancel jobs",
        "A job that was not sent is cancelled at once. If RunComfy has the job, jobd sends the cancellation. "
            + "A job that is already running is paid for: it is followed, and its files are fetched.",
        "Jobs that wait for an output of a cancelled job are cancelled with it, and so is what waits for "
            + "them. They stay cancelled if the job turns out to be running already. With --json they follow "
            + "the job, with its id as cancelled_with.",
        "A job that is being downloaded is paid for and fetched, however long that takes. --give-up ends "
            + "that: the job fails (download) and keeps the files it has. jobctl retry continues it.",
        options: [.giveUp],
        examples: [
            .init("jobctl cancel 12 14-20", "some jobs"),
            .init("jobctl cancel --label cats --yes", "all unfinished jobs with a label"),
            .init("jobctl cancel 12 --give-up", "do without the files that have not arrived"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        try Steering(session, command, session.arguments.has(.giveUp) ? .giveUp : .cancel).run()
    }
}

enum RetryVerb: ControlVerb {
    static let command = Command(
        steering: "retry", "try failed or cancelled jobs again",
        """
        If RunComfy finished the work and only the fetching failed (output, download, deadline), the job \
        continues from its request, and nothing is bought. For a lost job, RunComfy is asked about the \
        request once more, and nothing is bought: the job continues, or is lost again, and only --resubmit \
        buys it again. Any other job (remote, input, cancelled) is submitted again, and jobctl says so \
        first. A completed job cannot be retried: jobctl rerun makes the same again.
        """,
        options: [.resubmit],
        examples: [
            .init("jobctl retry 12", "one job"),
            .init("jobctl retry --state failed --dry-run", "what a retry of all would mean"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        try Steering(session, command, .retry(resubmit: session.arguments.has(.resubmit))).run()
    }
}

enum HoldVerb: ControlVerb {
    static let command = Command(
        steering: "hold", "set queued jobs aside", "A held job is not sent until it is released.",
        examples: [.init("jobctl hold --model 'bytedance/seedance*' --yes", "all queued videos")])

    static func run(_ session: Session) throws -> ExitCode { try Steering(session, command, .hold).run() }
}

enum ReleaseVerb: ControlVerb {
    static let command = Command(
        steering: "release", "put held jobs back into the queue",
        examples: [.init("jobctl release --state held --yes", "all held jobs")])

    static func run(_ session: Session) throws -> ExitCode { try Steering(session, command, .release).run() }
}

enum SetVerb: ControlVerb {
    static let command = Command(
        "set", "change a job's label, priority or time", operands: "ID… | --state STATE | --model MODEL",
        discussion: [
            Selection.ids + "Instead of ids, --state and --model choose jobs.",
            "Priority and not-before can be changed while the job is held or queued, the label always, also "
                + "if the others are refused. "
                + "--label is the new label. To choose by label: jobctl list --label old -q | jobctl set - …",
        ],
        options: [
            .state, .model, .label.saying("the new label; an empty one removes it"), .priority, .notBefore,
            .yes, .dryRun, .verbose,
        ],
        examples: [
            .init("jobctl set 12 --priority 10", "send it before the others"),
            .init("jobctl set 12-20 --not-before 22:00 --label night", "later, under a label"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        var changes = JobChanges()
        if let label = session.arguments.value(.label) { changes.label = .some(label.isEmpty ? nil : label) }
        changes.priority = try session.arguments.integer(.priority)
        if let time = session.arguments.value(.notBefore) {
            changes.notBefore = .some(time == "now" ? nil : try session.moment(.notBefore, .fromNow))
        }
        guard changes != JobChanges() else {
            throw Failure.usage("nothing to set", hint: "give --label, --priority or --not-before")
        }
        return try Steering(session, command, .set(changes)).run()
    }
}

enum ResolveVerb: ControlVerb {
    static let command = Command(
        steering: "resolve", "say what became of uncertain jobs",
        """
        A job is uncertain when its POST may have bought something and nobody can know: the connection was \
        cut before the answer. Look at RunComfy's own list of requests, then give one of the three options.
        """,
        options: [.resubmit.saying("send it again, which may pay twice"), .abandon, .adopt],
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
                throw Failure.usage("\"\(SafeText.escape(id))\" is not a request id")
            }
            guard arguments.operands.count == 1, Int64(arguments.operands[0]) != nil else {
                throw Failure.usage(
                    "a request belongs to one job", hint: "jobctl resolve ID --adopt REQUEST_ID")
            }
            resolution = .adopt(requestID: id)
        default: throw Failure.usage("give one of --resubmit, --abandon and --adopt REQUEST_ID")
        }
        return try Steering(session, command, .resolve(resolution)).run()
    }
}
