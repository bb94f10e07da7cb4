internal import Configuration
internal import Glibc
internal import HTTP
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup
internal import System
internal import Worker

/// Tells other programs what happened: `on_finish` for each job's end, `on_attention` if a person is needed.
///
/// The events are the queue, and a mark says how far they were told. A crash may repeat the last ones.
actor Hooks: BackgroundTask {
    private static let mark = "hooks"
    private static let parallelLimit = 4
    /// How many events one transaction reads.
    private static let readLimit = 500
    /// After so many events with nothing to tell, the mark is moved, so that a restart does not read them.
    private static let longestGap: Int64 = 10_000

    private let directory: StateDirectory
    private let store: JobStore
    private let log: LogWriter
    let wakeSignal = WakeSignal()
    var configuration: Configuration
    var isEnding = false
    private var tellsAll = false
    /// Up to this event, nothing is left to tell. The mark may be far behind: it moves with what is told.
    private var lastSeen: Int64 = 0
    /// A trouble that cannot be an event, since nothing can be recorded. Of several, the last is told.
    private let untold = Locked<Trouble?>(nil)

    init(
        _ directory: StateDirectory, _ store: JobStore, _ configuration: Configuration, _ log: LogWriter
    ) async {
        self.directory = directory
        self.store = store
        self.configuration = configuration
        self.log = log
        // The first jobd with hooks tells what happens from now on. Without the mark, it would be from when
        // it first looks.
        if tells { _ = try? await store.write { try $0.mark(Self.mark) } }
    }

    private var tells: Bool { configuration.onFinish != nil || configuration.onAttention != nil }

    /// Ends `run`; with `all`, only after telling everything. The next jobd tells what was not told.
    func finish(all: Bool) {
        tellsAll = all
        finish()
    }

    func run() async {
        while true {
            await tellTrouble()
            if tells {
                do { while !isEnding || tellsAll, try await tellSome() {} } catch {
                    log.write(.error, "on_finish and on_attention wait: \(error)")
                }
            }
            if isEnding { return }
            await wakeSignal.wait(until: nil)
        }
    }

    /// Has a trouble told that cannot be an event.
    nonisolated func tell(_ trouble: Trouble) {
        untold.withLock { $0 = trouble }
        wake()
    }

    private func tellTrouble() async {
        let trouble = untold.withLock { untold in
            defer { untold = nil }
            return untold
        }
        guard let trouble, let words = configuration.onAttention else { return }
        let event: JSONObject = [
            "id": .null, "job_id": .null, "at": .string(trouble.since.description),
            "kind": .string(EventKind.fault.rawValue), "detail": .object(trouble.members),
        ]
        await run(words, ["delivery": .null, "event": .object(event)], about: "trouble (\(trouble.kind))")
    }

    /// The next events to tell, and how far they were told.
    private struct Found {
        let mark: Int64
        let events: [StoredEvent]
        let newest: Int64
        let isBehind: Bool
    }

    /// Tells the next few events. Returns false if there are none.
    private func tellSome() async throws -> Bool {
        let asks = configuration.onAttention != nil
        let found = try await store.write { [lastSeen] database -> Found? in
            guard try database.isLeading() else { return nil }
            let mark = try database.mark(Self.mark)
            // What is written now is among the events.
            let isBehind = try asks && database.noteWaitsInVain(limit: Self.readLimit)
            let newest = try database.lastEventID()
            let events = try database.hookEvents(after: max(mark, lastSeen), limit: Self.parallelLimit)
            if events.isEmpty, newest - mark > Self.longestGap { try database.setMark(Self.mark, newest) }
            return Found(mark: mark, events: events, newest: newest, isBehind: isBehind)
        }
        // Of those that share the store, one tells.
        guard let found else { return false }
        let (mark, events, newest, isBehind) = (found.mark, found.events, found.newest, found.isBehind)
        guard let last = events.last else {
            lastSeen = max(lastSeen, newest)
            return isBehind
        }
        await withTaskGroup { group in
            for event in events { group.addTask { await self.tell(event) } }
        }
        try await store.write { try $0.setMark(Self.mark, max(mark, last.id)) }
        return true
    }

    private func tell(_ event: StoredEvent) async {
        guard let words = event.kind == .ended ? configuration.onFinish : configuration.onAttention else {
            return
        }
        var message = JSONObject()
        if let id = event.subject,
            let job = try? await store.read({
                let places = OutputPlaces($0.directory)
                return try $0.find(id)?.json(outputs: try $0.outputs(of: id), file: places.path)
            })
        {
            message = job.object ?? message
        }
        message.members +=
            JSONObject(dictionaryLiteral: ("delivery", .integer(event.id)), ("event", event.json)).members
        await run(words, message, about: "event \(event.id)")
    }

    private func run(_ words: [String], _ message: JSONObject, about what: String) async {
        let command = HookCommand(words: words, directory: directory)
        let fault = await command.run(input: Array((JSON.object(message).text + "\n").utf8))
        if let fault { log.write(.warning, "\(words[0]) for \(what): \(fault)") }
    }
}
