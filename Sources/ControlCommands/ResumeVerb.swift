internal import CommandLineTool
internal import JobStore

enum ResumeVerb: ControlVerb {
    static let command = Command(
        "resume", "submit again",
        discussion: [
            "Ends a pause by hand. Where jobd paused by itself (token, balance, outage), it tries again at once."
        ],
        examples: [.init("jobctl resume", "go on")])

    static func run(_ session: Session) throws -> ExitCode {
        guard session.arguments.operands.isEmpty else { throw Failure.usage("resume takes no words") }
        let store = try session.store(.write)
        let ended = try store.resume()
        session.wake(store.directory)
        session.note(ended.isEmpty ? "submissions were not paused" : "submissions go on")
        session.noteIfNoDaemon(store.directory, "nothing is sent until it runs")
        return .success
    }
}
