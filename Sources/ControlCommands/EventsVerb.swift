internal import CommandLineTool
internal import Glibc
internal import JobModel
internal import JobStore

enum EventsVerb: ControlVerb {
    static let command = Command(
        "events", "what happened, oldest first", operands: "[ID…]",
        discussion: [
            "On a terminal the newest 50, in a pipe all, with --follow also new ones. In a pipe, separated "
                + "by tabs: id, at (UTC), job_id, kind, detail (JSON). -q prints only the ids of the jobs."
        ],
        options: [.follow, .limit.saying("begin with the newest N")],
        examples: [
            .init("jobctl events --follow", "watch"),
            .init("jobctl events 12 --json", "the life of one job"),
        ])

    static func isPaged(_ arguments: Arguments) -> Bool { !arguments.has(.follow) }

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let only =
            session.arguments.operands.isEmpty ? nil : Set(try Selection(session, store, states: []).ids)
        for id in only ?? [] { _ = try store.job(id) }
        let follows = session.arguments.has(.follow)
        var limit = try session.arguments.integer(.limit, in: 0...Int64.max)
        if limit == nil, session.screen.isTerminal { limit = 50 }
        var last: Int64 = 0
        var lines = EventLines(session: session)
        if let only {
            // Read first, so that the loop below finds whatever happens from here on.
            last = try store.lastEventID()
            var events = try only.flatMap { try store.events(of: $0) }.filter { $0.id <= last }
            events.sort { $0.id < $1.id }
            if let limit { events = events.suffix(Int(clamping: limit)) }
            for event in events { try lines.print(event) }
        } else if let limit {
            last = max(0, try store.lastEventID() - limit)
        }
        while true {
            let version = try store.version()
            let batch = try store.events(after: last, limit: 1000)
            for event in batch {
                last = event.id
                if let only, event.jobID.map({ !only.contains($0) }) ?? true { continue }
                try lines.print(event)
            }
            if !batch.isEmpty { continue }
            if !follows { return .success }
            try session.screen.flush()
            while try !store.hasChanged(since: version) { usleep(100_000) }
        }
    }
}

/// Writes events one after the other. On a terminal each day is written once, to leave room for words.
private struct EventLines {
    let session: Session
    private var day = ""

    init(session: Session) { self.session = session }

    mutating func print(_ event: StoredEvent) throws {
        let screen = session.screen
        if session.wantsJSON { return try session.emit(event.json) }
        if session.isQuiet {
            if let id = event.jobID { try screen.write("\(id)\n") }
            return
        }
        let job = event.jobID.map { String($0) } ?? "-"
        guard screen.isTerminal else {
            let detail = SafeText.escape(event.detail)
            return try screen.write("\(event.id)\t\(event.at)\t\(job)\t\(event.kind.rawValue)\t\(detail)\n")
        }
        let parts = TimeText.local(event.at.milliseconds).split(separator: " ").map(String.init)
        if parts[0] != day {
            day = parts[0]
            try screen.write(screen.styled(day, .dim) + "\n")
        }
        let start = "\(parts[1])  \(job.padded(to: 6)) \(event.kind.rawValue.padded(to: 16)) "
        let words = SafeText.escape(EventWords.of(event))
        try screen.write(start + screen.wrapped(words, indentation: DisplayWidth.of(start)) + "\n")
    }
}
