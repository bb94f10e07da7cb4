internal import CommandLineTool

/// `jobctl help`, and every `--help`.
enum HelpVerb {
    static func run(_ words: [String], _ screen: Screen) throws -> ExitCode {
        guard let name = words.first else {
            try screen.write(overview(width: screen.width))
            return .success
        }
        guard let verb = ControlProgram.verbs.first(where: { $0.command.name == name }) else {
            throw Failure.usage("no verb \"\(SafeText.escape(name))\"", hint: "jobctl help lists them all")
        }
        let width = min(screen.width, 100)
        try screen.write(
            verb.command.help(program: "jobctl", common: ControlProgram.commonOptions, width: width))
        return .success
    }

    private static func overview(width: Int) -> String {
        """
        jobctl - enqueue, inspect and steer the jobs of jobd

        usage: jobctl [VERB] [options] …

        Without a verb: a short status, and what needs attention.

        verbs:
        \(Command.list(ControlProgram.verbs.map { ($0.command.name, $0.command.summary) }, width: width))
        everywhere:
        \(Command.list(
            ControlProgram.commonOptions.map { ($0.short.map { "-\($0), " } ?? "    ") + "--\($0.name)" + ($0.value.map { " \($0)" } ?? "") }
                .enumerated().map { ($1, ControlProgram.commonOptions[$0].help) }, width: width))
        jobctl help VERB tells more of one, with examples.

        """
    }
}
