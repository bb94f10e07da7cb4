internal import CommandLineTool
internal import JSON
internal import Spelling

/// `jobctl help`, and every `--help`.
enum HelpVerb: ControlVerb {
    static let command = Command(
        "help", "this list, or all about one verb or topic", operands: "[VERB | TOPIC]",
        discussion: [
            "Topics are what several verbs have to do with: \(HelpTopic.all.map(\.name).joined(separator: ", "))."
        ],
        examples: [
            .init("jobctl help enqueue", "the same as jobctl enqueue --help"),
            .init("jobctl help states", "the life of a job"),
        ])

    /// What each verb is for. One that is in no group is listed after them.
    private static let groups: [(title: String, verbs: [String])] = [
        ("make", ["enqueue", "rerun", "validate", "models"]),
        (
            "look",
            ["list", "show", "explain", "search", "wait", "watch", "events", "stats", "gallery", "export"]
        ),
        ("steer", ["cancel", "retry", "hold", "release", "set", "resolve", "pause", "resume"]),
        ("take care", ["doctor", "verify", "prune", "backup"]),
        ("the rest", ["completion", "version", "help"]),
    ]

    static func run(_ session: Session) throws -> ExitCode {
        let words = session.arguments.operands
        guard words.count <= 1 else { throw Failure.usage("help takes one verb or topic") }
        guard let name = words.first else {
            guard session.wantsJSON else { return try showOverview(session.screen) }
            for verb in ControlProgram.verbs {
                try session.emit(
                    .object(["verb": .string(verb.command.name), "summary": .string(verb.command.summary)]))
            }
            for topic in HelpTopic.all {
                try session.emit(.object(["topic": .string(topic.name), "summary": .string(topic.summary)]))
            }
            return .success
        }
        return try show(name, session)
    }

    static func show(_ name: String, _ session: Session) throws -> ExitCode {
        let (kind, found, text) = try page(name, min(session.screen.width, 100))
        if session.wantsJSON {
            try session.emit(.object([kind: .string(found), "text": .string(text)]))
        } else {
            try session.screen.write(text)
        }
        return .success
    }

    /// The verb or the topic of this name, or the only one that begins so.
    private static func page(_ name: String, _ width: Int) throws -> (
        kind: String, name: String, text: String
    ) {
        let verbs = ControlProgram.verbs.map { $0.command.name }
        let names = verbs + HelpTopic.all.map(\.name)
        let fitting = names.contains(name) ? [name] : names.filter { $0.hasPrefix(name) }
        guard let found = fitting.first, fitting.count == 1 else {
            let near = Suggestion.nearest(to: name, among: names)
            throw Failure.usage(
                fitting.isEmpty
                    ? "\"\(SafeText.escape(name))\" is an unknown verb or topic"
                    : "\"\(SafeText.escape(name))\" could be \(fitting.joined(separator: ", "))",
                hint: fitting.isEmpty
                    ? near.map { "did you mean \($0)?" } ?? "jobctl help lists them all" : nil)
        }
        if let topic = HelpTopic.all.first(where: { $0.name == found }) {
            return ("topic", found, topic.text(width: width))
        }
        return ("verb", found, text(of: try ControlProgram.verb(named: found), width))
    }

    private static func text(of verb: any ControlVerb.Type, _ width: Int) -> String {
        verb.command.help(program: "jobctl", common: ControlProgram.commonOptions, width: width)
    }

    private static func showOverview(_ screen: Screen) throws -> ExitCode {
        let width = min(screen.width, 100)
        let options = ControlProgram.commonOptions.map { ($0.signature, $0.help) }
        let topics = HelpTopic.all.map(\.name).joined(separator: ", ")
        try screen.write(
            """
            jobctl - enqueue, inspect and steer the jobs of jobd

            usage: jobctl [VERB] [options] …

            Without a verb: a short status, and what needs attention. To begin:

                jobctl models                            what can be made
                jobctl enqueue MODEL prompt='a fox'      ask for it; jobd makes it
                jobctl wait 1 && jobctl show 1           see it through

            \(verbs(width))
            everywhere:
            \(Command.list(options, width: width))
            jobctl help VERB tells more of one, with examples. So does jobctl help TOPIC:
            \(Paragraph.wrap(topics + ".", width: width))

            """)
        return .success
    }

    private static func verbs(_ width: Int) -> String {
        var rest = ControlProgram.verbs.map { ($0.command.name, $0.command.summary) }
        let left = rest.map { DisplayWidth.of($0.0) }.max() ?? 0
        func group(_ title: String, _ rows: [(String, String)]) -> String {
            rows.isEmpty ? "" : "\(title):\n\(Command.list(rows, width: width, left: left))"
        }
        let grouped = groups.map { title, names in
            let rows = names.compactMap { name in rest.first { $0.0 == name } }
            rest.removeAll { row in names.contains(row.0) }
            return group(title, rows)
        }
        return (grouped + [group("more", rest)]).filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
