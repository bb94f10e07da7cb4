internal import CommandLineTool
internal import JSON

enum VersionVerb: ControlVerb {
    static let command = Command(
        "version", "print the version", examples: [.init("jobctl version --json", "for a script")])

    static func run(_ session: Session) throws -> ExitCode {
        guard session.arguments.operands.isEmpty else { throw Failure.usage("version takes no operands") }
        if session.wantsJSON {
            try session.emit(.object(["version": .string(ControlProgram.version)]))
        } else {
            try session.screen.write("jobctl \(ControlProgram.version)\n")
        }
        return .success
    }
}
