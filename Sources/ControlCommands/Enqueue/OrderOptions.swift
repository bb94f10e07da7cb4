internal import Catalogue
internal import CommandLineTool
internal import JobModel
internal import JobStore

/// What `enqueue` and `rerun` are told of the new jobs, beside their inputs.
struct OrderOptions {
    /// How the input is varied, and edited.
    static let varying: [Option] = [
        .matrix,
        .repeat,
        .without,
        .edit,
    ]

    static let sending: [Option] = [
        .key,
        .priority.saying("higher goes first"),
        .notBefore.saying("send it no earlier: 2h, 22:00, 2026-01-31 18:00, or RFC 3339"),
        .hold,
        .wait,
        .timeout.saying("with --wait: no longer than this"),
        .noValidate,
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
        label = labelIsNew ? arguments.value(.label) : nil
        key = arguments.value(.key)
        if key == "" { throw Failure.usage("--key is empty") }
        priority = try arguments.integer(.priority)
        notBefore = try session.moment(.notBefore, .fromNow)
        isHeld = arguments.has(.hold)
        validates = !arguments.has(.noValidate)
    }

    func apply(to job: inout NewJob) {
        job.label = label ?? job.label
        job.key = key
        job.priority = priority ?? job.priority
        job.notBefore = notBefore
        job.isHeld = isHeld
    }
}
