internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// `jobctl` without a verb: a short status, and what needs a person.
enum StatusVerb: ControlVerb {
    static let command = Command("", "a short status, and what needs attention")

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let since = store.now + .seconds(-24 * 3600)
        let counts = try store.counts(endedSince: since)
        let holder = StateLock.daemon(of: store.directory)
        let facts = try Attention.Facts(store, daemon: holder, counts: counts)
        let attention = Attention(facts, now: store.now)
        if session.wantsJSON {
            try session.emit(json(store, facts, attention))
            return .success
        }
        let screen = session.screen
        let daemon = holder.map { "running (pid \($0.processID))" } ?? screen.styled("not running", .warning)
        try screen.write("jobd      \(daemon), \(SafeText.escape(store.directory.path))\n")
        try line("now", JobState.allCases.filter { !$0.hasEnded }, counts, screen)
        try line("last 24 h", JobState.allCases.filter(\.hasEnded), counts, screen)
        for item in attention.items {
            try screen.write(
                "\n\(screen.styled("!", .warning)) \(SafeText.escape(item.text))\n  \(item.hint)\n")
        }
        if counts.values.allSatisfy({ $0 == 0 }) {
            session.suggest("jobctl models, then jobctl enqueue MODEL …; jobctl help shows the rest")
        }
        return .success
    }

    private static func json(_ store: JobDatabase, _ facts: Attention.Facts, _ attention: Attention) -> JSON {
        let states = JobState.allCases.map { state in
            JSONObject.Member(key: state.rawValue, value: .integer(facts.counts[state] ?? 0))
        }
        return .object([
            "jobd": .object([
                "running": .bool(facts.daemon != nil),
                "pid": .optional(facts.daemon.map { Int64($0.processID) }),
            ]),
            "state_dir": .string(store.directory.path),
            "states": .object(JSONObject(states)),
            "pauses": facts.pausesJSON,
            "troubles": facts.troublesJSON,
            "attention": attention.json,
        ])
    }

    private static func line(
        _ title: String, _ states: [JobState], _ counts: [JobState: Int64], _ screen: Screen
    ) throws {
        let words = states.compactMap { state -> String? in
            guard let count = counts[state], count > 0 else { return nil }
            let text = "\(NumberText.of(count)) \(state.rawValue)"
            return state.style.map { screen.styled(text, $0) } ?? text
        }
        try screen.write(
            "\(title.padded(to: 9)) \(words.isEmpty ? "nothing" : words.joined(separator: ", "))\n")
    }
}
