internal import CommandLineTool
internal import JSON

/// `jobctl help`, and every `--help`.
enum HelpVerb: ControlVerb {
    static let command = Command(
        "help", "this list, or everything about one verb or topic", operands: "[VERB | TOPIC]",
        discussion: [
            "Topics are subjects of several verbs: \(HelpTopic.all.map(\.name).joined(separator: ", "))."
        ],
        examples: [
            .init("jobctl help enqueue", "the same as jobctl enqueue --help"),
            .init("jobctl help states", "the life of a job"),
        ])

    /// The verbs by purpose. A verb in no group is listed after them.
    private static let groups: [(title: String, verbs: [String])] = [
        ("make", ["enqueue", "rerun", "validate", "models"]),
        (
            "look",
            [
                "list", "show", "explain", "files", "open", "search", "wait", "watch", "events", "stats",
                "gallery", "export",
            ]
        ),
        (
            "steer",
            ["cancel", "retry", "hold", "release", "pick", "set", "resolve", "adopt", "pause", "resume"]
        ),
        ("take care", ["doctor", "verify", "prune", "backup", "restore"]),
        ("a store for several machines", ["migrate", "move-store"]),
        ("the rest", ["mcp", "completion", "version", "help"]),
    ]

    static func isPaged(_ session: Session) -> Bool { true }

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
        let width = min(session.screen.width, 100)
        let verbs = ControlProgram.verbs.map { verb in
            let command = verb.command
            let text = { command.help(program: "jobctl", common: ControlProgram.commonOptions, width: width) }
            return (kind: "verb", name: command.name, text: text)
        }
        let topics = HelpTopic.all.map { topic in
            (kind: "topic", name: topic.name, text: { topic.text(width: width) })
        }
        let page = try ControlProgram.named(name, among: verbs + topics, "verb or topic") { $0.name }
        if session.wantsJSON {
            try session.emit(.object([page.kind: .string(page.name), "text": .string(page.text())]))
        } else {
            try session.screen.write(page.text())
        }
        return .success
    }

    private static func showOverview(_ screen: Screen) throws -> ExitCode {
        let width = min(screen.width, 100)
        let options = ControlProgram.commonOptions.map { ($0.signature, $0.help) }
        let topics = HelpTopic.all.map(\.name).joined(separator: ", ")
        try screen.write(
            """
            jobctl - enqueue, inspect and steer the jobs of jobd

            usage: jobctl [VERB] [options] …

            Without a verb: a short status and what needs attention. To begin:

                jobctl models                            what can be made
                jobctl enqueue MODEL prompt='a fox'      ask for it; jobd makes it
                jobctl wait 1 && jobctl open 1           wait for it, then look at it

            \(verbs(width))
            everywhere:
            \(Command.list(options, width: width))
            jobctl help VERB explains a verb, with examples; jobctl help TOPIC explains a topic:
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

enum VersionVerb: ControlVerb {
    static let command = Command(
        "version", "print the version", examples: [.init("jobctl version --json", "for a script")])

    static func run(_ session: Session) throws -> ExitCode {
        guard session.arguments.operands.isEmpty else { throw Failure.usage("version takes no operands") }
        if session.wantsJSON {
            try session.emit(.object(["version": .string(Release.version)]))
        } else {
            try session.screen.write("jobctl \(Release.version)\n")
        }
        return .success
    }
}
