internal import CommandLineTool

/// `jobctl help`, and every `--help`.
enum HelpVerb: ControlVerb {
    static let command = Command(
        "help", "this list, or all about one verb", operands: "[VERB]",
        examples: [.init("jobctl help enqueue", "the same as jobctl enqueue --help")])

    static func run(_ session: Session) throws -> ExitCode {
        let words = session.arguments.operands
        guard words.count <= 1 else { throw Failure.usage("help takes one verb") }
        guard let name = words.first else { return try showOverview(session.screen) }
        guard let verb = ControlProgram.verb(named: name) else { throw ControlProgram.unknown(verb: name) }
        return try show(verb, session.screen)
    }

    static func show(_ verb: any ControlVerb.Type, _ screen: Screen) throws -> ExitCode {
        let width = min(screen.width, 100)
        try screen.write(
            verb.command.help(program: "jobctl", common: ControlProgram.commonOptions, width: width))
        return .success
    }

    static func showOverview(_ screen: Screen) throws -> ExitCode {
        let width = min(screen.width, 100)
        let verbs = ControlProgram.verbs.map { ($0.command.name, $0.command.summary) }
        let options = ControlProgram.commonOptions.map { ($0.signature, $0.help) }
        try screen.write(
            """
            jobctl - enqueue, inspect and steer the jobs of jobd

            usage: jobctl [VERB] [options] …

            Without a verb: a short status, and what needs attention.

            verbs:
            \(Command.list(verbs, width: width))
            everywhere:
            \(Command.list(options, width: width))
            jobctl help VERB tells more of one, with examples.

            """)
        return .success
    }
}
