internal import CommandLineTool
internal import JobModel

enum SetVerb: ControlVerb {
    static let command = Command(
        "set", "change a job's label, priority or time", operands: "ID… | --state STATE | --model MODEL",
        discussion: [
            "ID is a number, a range such as 12-20, or - for ids on standard input, one a line. Instead of ids, --state "
                + "and --model choose jobs.",
            "The label can be changed at any time; priority and not-before while the job is held or queued. Here --label is "
                + "the new label; to choose jobs by their label, pipe: jobctl list --label old -q | jobctl set - …",
        ],
        options: [
            .state,
            .model,
            .label.saying("the new label; an empty one takes it away"),
            .priority,
            .notBefore,
            .yes,
            .dryRun,
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
        return try Steering(
            session: session, name: "set", verb: .set(changes),
            states: changes.touchesSending ? [.held, .queued] : [], labelChooses: false
        ).run()
    }
}
