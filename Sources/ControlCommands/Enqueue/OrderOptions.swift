internal import Catalogue
internal import CommandLineTool
internal import JobModel
internal import JobStore

/// What `enqueue` and `rerun` are told of the new jobs, beside their inputs.
struct OrderOptions {
    /// How the input is varied, and edited.
    static let varying = [
        Option(
            "matrix", value: "KEY=A,B,…", repeats: true,
            "a job for each value, and for each combination of several; KEY:=[…] where a value holds a comma"),
        Option("repeat", value: "N", "N jobs of each input, with a seed of its own where the model has one"),
        Option("without", value: "KEY", repeats: true, "leave a key out of the input; may be given again"),
        Option("edit", short: "e", "edit the input in $VISUAL or $EDITOR first"),
    ]

    static let sending = [
        Option("key", value: "TEXT", "enqueue only if no job that is not failed or cancelled has this key"),
        Option("priority", value: "N", "higher goes first"),
        Option("not-before", value: "TIME", "send it no earlier: 2h, 22:00, 2026-01-31 18:00, or RFC 3339"),
        Option("hold", "set it aside until it is released"),
        Option("wait", "wait until it has ended"),
        Option("timeout", value: "SPAN", "with --wait: no longer than this"),
        Option("no-validate", "send it even where the schema says no"),
    ]

    let label: String?
    let key: String?
    let priority: Int64?
    let notBefore: Timestamp?
    let isHeld: Bool
    let validates: Bool

    /// - Parameter labelIsNew: whether `--label` is for the new jobs; elsewhere it chooses old ones.
    init(_ session: Session, labelIsNew: Bool) throws {
        let arguments = session.arguments
        label = labelIsNew ? arguments.value("label") : nil
        key = arguments.value("key")
        if key == "" { throw Failure.usage("--key is empty") }
        priority = try arguments.integer("priority")
        notBefore = try session.moment("not-before", .fromNow)
        isHeld = arguments.has("hold")
        validates = !arguments.has("no-validate")
    }

    func apply(to job: inout NewJob) {
        job.label = label ?? job.label
        job.key = key
        job.priority = priority ?? job.priority
        job.notBefore = notBefore
        job.isHeld = isHeld
    }
}
