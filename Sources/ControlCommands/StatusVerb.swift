internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// `jobctl` without a verb: a short status, and what needs a person.
enum StatusVerb: ControlVerb {
    static let command = Command("", "a short status, and what needs attention")

    static func run(_ session: Session) throws -> ExitCode {
        guard let store = try session.storeIfAny() else { return try welcome(session) }
        let since = store.now + .seconds(-24 * 3600)
        let counts = try store.counts(endedSince: since)
        let holder = StateLock.daemon(of: store.directory)
        let facts = try Attention.Facts(store, daemon: holder, counts: counts, since: since)
        let attention = Attention(facts, now: store.now)
        if session.wantsJSON {
            try session.emit(json(store.directory.path, facts, attention))
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
        if try store.count(upTo: 1) == 0 {
            try screen.write(Welcome(isDaemonRunning: holder != nil).text)
        }
        return .success
    }

    /// Where there is no store yet.
    private static func welcome(_ session: Session) throws -> ExitCode {
        let path = (try? session.directory())?.path
        if session.wantsJSON {
            let facts = Attention.Facts()
            try session.emit(json(path, facts, Attention(facts, now: .now)))
        } else {
            let place = path.map { ", \(SafeText.escape($0))" } ?? ""
            let state = session.screen.styled("not running", .warning)
            try session.screen.write("jobd      \(state)\(place)\n" + Welcome(isDaemonRunning: false).text)
        }
        return .success
    }

    private static func json(_ path: String?, _ facts: Attention.Facts, _ attention: Attention) -> JSON {
        let states = JobState.allCases.map { state in
            JSONObject.Member(key: state.rawValue, value: .integer(facts.counts[state] ?? 0))
        }
        return .object([
            "jobd": .object([
                "running": .bool(facts.daemon != nil),
                "pid": .optional(facts.daemon.map { Int64($0.processID) }),
            ]),
            "state_dir": .optional(path),
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
