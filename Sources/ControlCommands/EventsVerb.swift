internal import CommandLineTool
internal import Glibc
internal import JobModel
internal import JobStore

enum EventsVerb: ControlVerb {
    static let command = Command(
        "events", "what happened, oldest first", operands: "[ID…]",
        discussion: [
            "On a terminal the newest 50, in a pipe all, with --follow also new ones. In a pipe, separated "
                + "by tabs: id, at (UTC), job_id, kind, detail (JSON). -q prints only the ids of the jobs.",
            "Kinds are \(EventKind.allCases.map(\.rawValue).joined(separator: ", ")).",
        ],
        options: [
            .follow, .limit.saying("begin with the newest N"),
            .since.saying("only events since then: 2h, 09:00, 2026-01-31, or RFC 3339"), .kind,
            .label.saying("only events of jobs with this label"),
        ],
        examples: [
            .init("jobctl events --follow", "watch"),
            .init("jobctl events --kind fault,uncertain --since 24h", "what went wrong since yesterday"),
            .init("jobctl events 12 --json", "the life of one job"),
        ])

    static func isPaged(_ session: Session) -> Bool { !session.arguments.has(.follow) }

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let wanted = try WantedEvents(session, store)
        let follows = session.arguments.has(.follow)
        var limit = try session.arguments.limit()
        if limit == nil, session.screen.isTerminal { limit = 50 }
        // Read first, so that the loop below finds whatever happens from here on.
        var last = try store.lastEventID()
        var count = 0
        var lines = EventLines(session: session)
        try wanted.forEach(upTo: last, limit: limit) { event in
            count += 1
            try lines.print(event)
        }
        if !follows {
            if count == 0, limit != 0 { session.note(wanted.isEverything ? "no events" : "no event matches") }
            return .success
        }
        session.waitOut(store)
        while true {
            let version = try store.version()
            let batch = try store.events(after: last, limit: WantedEvents.part)
            for event in batch {
                last = event.id
                if try wanted.includes(event) { try lines.print(event) }
            }
            if !batch.isEmpty { continue }
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

/// The events that a person asks for.
private struct WantedEvents {
    /// How many are read at once.
    static let part = 1000

    private let store: JobDatabase
    /// In the order in which they were named.
    private let ids: [Int64]?
    private let named: Set<Int64>
    private let kinds: [EventKind]
    private let since: Timestamp?
    private let label: String?

    init(_ session: Session, _ store: JobDatabase) throws {
        self.store = store
        let words = session.arguments.operands
        ids = words.isEmpty ? nil : try Selection.ids(words, session, store, lists: true)
        named = Set(ids ?? [])
        for id in try ids?.filter({ try store.find($0) == nil }) ?? [] {
            session.note(Failure.noJob(id).message)
        }
        kinds = try session.arguments.words(.kind, "kind")
        since = try session.moment(.since, .ago)
        label = session.arguments.value(.label)
    }

    var isEverything: Bool { ids == nil && kinds.isEmpty && since == nil && label == nil }

    func includes(_ event: StoredEvent) throws -> Bool {
        if !kinds.isEmpty, !kinds.contains(event.kind) { return false }
        if let since, event.at < since { return false }
        if ids != nil, event.jobID.map({ !named.contains($0) }) ?? true { return false }
        guard let label else { return true }
        return try event.jobID.flatMap(store.find)?.label == label
    }

    /// Visits them, oldest first.
    ///
    /// - Parameter limit: visits only the newest.
    func forEach(upTo last: Int64, limit: Int?, _ visit: (StoredEvent) throws -> Void) throws {
        if let ids {
            let events = try ids.flatMap { try store.events(of: $0) }
                .filter { try $0.id <= last && includes($0) }.sorted { $0.id < $1.id }
            return try events.suffix(limit ?? Int.max).forEach(visit)
        }
        if let limit { return try newest(limit, upTo: last).reversed().forEach(visit) }
        var place = try start(upTo: last)
        while place < last, case let events = try store.events(after: place, limit: Self.part),
            let end = events.last
        {
            place = end.id
            for event in events where try event.id <= last && includes(event) { try visit(event) }
        }
    }

    /// Newest first.
    private func newest(_ limit: Int, upTo last: Int64) throws -> [StoredEvent] {
        var found: [StoredEvent] = []
        var place = last
        while found.count < limit, case let events = try store.events(upTo: place, limit: Self.part),
            let end = events.last, !areTooOld(events)
        {
            found += try events.filter(includes)
            place = end.id - 1
        }
        return Array(found.prefix(limit))
    }

    /// The event before those that may be wanted.
    private func start(upTo last: Int64) throws -> Int64 {
        guard since != nil else { return 0 }
        var place = last
        while case let events = try store.events(upTo: place, limit: Self.part), let end = events.last,
            !areTooOld(events)
        {
            place = end.id - 1
        }
        return place
    }

    /// A clock that was set back mixes up a few of them, but not so many.
    private func areTooOld(_ events: [StoredEvent]) -> Bool {
        since.map { since in events.allSatisfy { $0.at < since } } ?? false
    }
}
