internal import CommandLineTool
internal import JobModel
internal import JobStore

enum PauseVerb: ControlVerb {
    static let command = Command(
        "pause", "stop submitting", operands: "[REASON]",
        discussion: ["What was sent is still followed and fetched. The pause outlives restarts."],
        examples: [.init("jobctl pause \"until the invoice is paid\"", "with a reason that others will see")])

    static func run(_ session: Session) throws -> ExitCode {
        let reason = session.arguments.operands.joined(separator: " ")
        let store = try session.store(.write)
        let isNew = try store.pause(.hand, reason.isEmpty ? "paused by hand" : reason)
        session.wake(store.directory)
        session.note(
            isNew ? "submissions are paused; to go on: jobctl resume" : "submissions were paused already")
        return .success
    }
}
