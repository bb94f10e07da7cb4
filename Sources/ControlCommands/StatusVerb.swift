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
        let facts = try Attention.Facts(store, store.runningDaemons(), counts: counts, since: since)
        let attention = Attention(facts, now: store.now)
        if session.wantsJSON {
            try session.emit(json(store.directory, facts, attention))
            return .success
        }
        let screen = session.screen
        let daemon = facts.daemons.words ?? screen.styled("not running", .warning)
        let place = store.directory.sharedStore ?? store.directory.path
        try screen.write("jobd      \(daemon), \(SafeText.escape(place))\n")
        for jobd in facts.daemons.sharing ?? [] {
            let words = jobd.isAlive ? jobd.words : screen.styled(jobd.words, .warning)
            try screen.write("          \(jobd.place), \(words)\n")
        }
        try line("now", JobState.allCases.filter { !$0.hasEnded }, counts, screen)
        try line("last 24 h", JobState.allCases.filter(\.hasEnded), counts, screen)
        for item in attention.items {
            try screen.write(
                "\n\(screen.styled("!", .warning)) \(SafeText.escape(item.text))\n  \(item.hint)\n")
        }
        if try store.count(upTo: 1) == 0 {
            try screen.write(Welcome(isDaemonRunning: !facts.daemons.isEmpty).text)
        }
        return .success
    }

    /// Where there is no store yet.
    private static func welcome(_ session: Session) throws -> ExitCode {
        let directory = try? session.directory()
        if session.wantsJSON {
            let facts = Attention.Facts()
            try session.emit(json(directory, facts, Attention(facts, now: .now)))
        } else {
            let place = directory.map { ", \(SafeText.escape($0.path))" } ?? ""
            let state = session.screen.styled("not running", .warning)
            try session.screen.write("jobd      \(state)\(place)\n" + Welcome(isDaemonRunning: false).text)
        }
        return .success
    }

    private static func json(
        _ directory: StateDirectory?, _ facts: Attention.Facts, _ attention: Attention
    ) -> JSON {
        let states = JobState.allCases.map { state in
            JSONObject.Member(key: state.rawValue, value: .integer(facts.counts[state] ?? 0))
        }
        var object = JSONObject(facts.daemonMembers)
        object["state_dir"] = .optional(directory?.path)
        object["store"] = .optional(directory?.sharedStore)
        object["states"] = .object(JSONObject(states))
        object["pauses"] = facts.pausesJSON
        object["troubles"] = facts.troublesJSON
        object["attention"] = attention.json
        return .object(object)
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
