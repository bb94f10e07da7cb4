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
        let pauses = try store.pauses()
        let holder = StateLock.holder(of: store.directory).flatMap { $0.name == "jobd" ? $0 : nil }
        let attention = try attention(store, counts, pauses, isRunning: holder != nil)
        if session.wantsJSON {
            try session.emit(json(store.directory.path, counts, pauses, holder, attention))
            return .success
        }
        let screen = session.screen
        let daemon = holder.map { "running (pid \($0.processID))" } ?? screen.styled("not running", .warning)
        try screen.write("jobd      \(daemon), \(SafeText.escape(store.directory.path))\n")
        try line("now", JobState.allCases.filter { !$0.hasEnded }, counts, screen)
        try line("last 24 h", JobState.allCases.filter(\.hasEnded), counts, screen)
        for item in attention {
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
            try session.emit(json(path, [:], [], nil, []))
        } else {
            let place = path.map { ", \(SafeText.escape($0))" } ?? ""
            let state = session.screen.styled("not running", .warning)
            try session.screen.write("jobd      \(state)\(place)\n" + Welcome(isDaemonRunning: false).text)
        }
        return .success
    }

    private static func json(
        _ path: String?, _ counts: [JobState: Int64], _ pauses: [Pause], _ holder: StateLock.Holder?,
        _ attention: [(text: String, hint: String)]
    ) -> JSON {
        let states = JobState.allCases.map { state in
            JSONObject.Member(key: state.rawValue, value: .integer(counts[state] ?? 0))
        }
        return .object([
            "jobd": .object([
                "running": .bool(holder != nil), "pid": .optional(holder.map { Int64($0.processID) }),
            ]),
            "state_dir": .optional(path),
            "states": .object(JSONObject(states)),
            "pauses": .array(
                pauses.map {
                    .object([
                        "reason": .string($0.reason.rawValue), "detail": .string($0.detail),
                        "since": .string($0.since.description),
                    ])
                }),
            "attention": .array(attention.map { .string($0.text) }),
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

    private static func attention(
        _ store: JobDatabase, _ counts: [JobState: Int64], _ pauses: [Pause], isRunning: Bool
    ) throws -> [(text: String, hint: String)] {
        var items: [(text: String, hint: String)] = pauses.map { pause in
            ("submissions are \(pause.state(now: store.now))", pause.hint)
        }
        func count(_ state: JobState) -> Int64 { counts[state] ?? 0 }
        if !isRunning, JobState.allCases.contains(where: { !$0.hasEnded && $0 != .held && count($0) > 0 }) {
            items.append(("jobd is not running, and jobs wait for it", "systemctl start jobd, or: jobd"))
        }
        items += try elsewhere(store)
        if count(.uncertain) > 0 {
            let ids = try first(.uncertain, store)
            items.append(
                (
                    "\(NumberText.of(count(.uncertain))) uncertain: \(ids); they may have been bought",
                    "jobctl explain --state uncertain, then jobctl resolve ID …"
                ))
        }
        if count(.failed) > 0 {
            let ids = try first(.failed, store)
            items.append(
                (
                    "\(NumberText.of(count(.failed))) failed in the last 24 hours: \(ids)",
                    "jobctl list --state failed"
                ))
        }
        return items
    }

    /// Jobs that jobd does not ask about, since they were bought at another origin than its `api_url`.
    private static func elsewhere(_ store: JobDatabase) throws -> [(text: String, hint: String)] {
        guard let here = try store.apiOrigin() else { return [] }
        return try store.inFlight(elsewhereThan: here).map { origin, count, first in
            let jobs =
                count == 1 ? "job \(first) was" : "\(NumberText.of(count)) jobs (the first is \(first)) were"
            return (
                "\(jobs) bought at \(origin), but api_url is \(here): jobd does not ask about them; nothing "
                    + "is lost",
                "set api_url to where they were bought, then reload jobd"
            )
        }
    }

    private static func first(_ state: JobState, _ store: JobDatabase) throws -> String {
        var filter = JobFilter()
        (filter.states, filter.limit) = ([state], 6)
        let ids = try store.ids(filter).map { String($0) }
        return ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
    }
}
