internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup
internal import System

/// Limits how often a costly query runs: to about a tenth of the time.
private struct WatchPace {
    private var next = ContinuousClock.now

    var allows: Bool { ContinuousClock.now >= next }

    mutating func measure(_ body: () throws -> Void) rethrows {
        let start = ContinuousClock.now
        try body()
        let end = ContinuousClock.now
        next = end + min(.seconds(10), max(.milliseconds(100), (end - start) * 10))
    }
}

/// Reads what the live view shows: only when something has changed, and for a small share of the time.
final class WatchReader {
    private let store: JobDatabase
    private var version: StoreVersion?
    private var counted: [JobState: Int64] = [:]
    private var prompts: [Int64: String?] = [:]
    private var meter: WatchMeter
    private var lastEvent: Int64
    private var pace = WatchPace()
    private var lastModels: ContinuousClock.Instant?
    /// Nil for a shared store.
    private let file: FileStatus.Identity?
    private(set) var snapshot: WatchSnapshot
    /// The jobs that the command line selects, narrowed by the words of the filter.
    var scope: WatchScope {
        didSet { if scope != oldValue { version = nil } }
    }

    private static let endsShown = 1000
    private static let endsCounted = 10_000
    /// How many events are searched for the first rates.
    private static let eventsBefore: Int64 = 20_000

    init(_ store: JobDatabase, _ scope: WatchScope) throws {
        self.store = store
        self.scope = scope
        file = try Self.identity(of: store)
        let now = store.now
        lastEvent = try store.lastEventID()
        let start = max(0, lastEvent - Self.eventsBefore)
        let earlier = try stride(from: -60, to: 0, by: 10).map { seconds in
            let moment = now + .seconds(seconds)
            return (moment, try store.throughput(after: start, since: moment))
        }
        meter = WatchMeter(earlier: earlier, underWay: try store.bytesUnderWay(), at: now)
        snapshot = WatchSnapshot(now: now, directory: store.directory.sharedStore ?? store.directory.path)
        try refresh()
    }

    /// Updates the times and, if the store has changed, the rest. Returns whether it had changed.
    @discardableResult
    func refresh() throws -> Bool {
        if snapshot.now.milliseconds / 1000 != store.now.milliseconds / 1000 || version == nil {
            snapshot.facts.daemons = try store.runningDaemons()
            guard try Self.identity(of: store) == file else {
                throw Failure(.unavailable, "the store at \(store.directory.path) was replaced")
            }
        }
        snapshot.now = store.now
        snapshot.rates = meter.rates(at: snapshot.now)
        let current = try store.version()
        guard version == nil || (current != version && pace.allows) else { return false }
        try pace.measure { try store.snapshot { try read() } }
        version = current
        return true
    }

    /// Has the next refresh read everything.
    func forget() { version = nil }

    /// Whether it is time to read again.
    func hasNews() throws -> Bool {
        guard pace.allows else { return false }
        // Those that share a store tell of themselves in it.
        if !store.isShared, try store.runningDaemons() != snapshot.facts.daemons { return true }
        return try store.hasChanged(since: version)
    }

    private static func identity(of store: JobDatabase) throws -> FileStatus.Identity? {
        if store.isShared { return nil }
        if let identity = store.identityAtPath { return identity }
        throw Failure(.unavailable, "there is no store at \(store.directory.path) any more")
    }

    private func read() throws {
        var counts = try store.unfinishedCounts()
        let day = snapshot.now + .seconds(-24 * 3600)
        counts[.failed] = try store.endedCounts(since: day, limit: Self.endsCounted)[.failed]
        snapshot.facts = try Attention.Facts(
            store, snapshot.facts.daemons, counts: counts, since: day)
        snapshot.isNarrowed = !scope.isEverything
        try scope.isChoice ? readChoice() : readAll(counts)
        let new = try store.throughput(after: lastEvent)
        lastEvent = new.lastEvent
        meter.add(new, underWay: try store.bytesUnderWay(), at: snapshot.now)
        snapshot.rates = meter.rates(at: snapshot.now)
        try readModels(hasEnded: new.completed > 0)
    }

    private func readAll(_ counts: [JobState: Int64]) throws {
        let isMeant = { [states = scope.filter.states] state in states.isEmpty || states.contains(state) }
        snapshot.groups = try WatchSnapshot.order.compactMap { state in
            guard isMeant(state), let all = counts[state], all > 0 else { return nil }
            let ids = try store.watched(state, scope)
            let isWhole = scope.filter.model == nil && scope.words.isEmpty
            let unseen = isWhole ? 0 : all - Int64(JobDatabase.watchReach)
            return .init(
                state: state, ids: ids, count: isWhole ? all : Int64(ids.count), unseen: max(0, unseen))
        }
        // A filter for unfinished states leaves no ended jobs.
        let isAboutEnds = isMeant(.completed) || isMeant(.failed) || isMeant(.cancelled)
        snapshot.ends =
            isAboutEnds
            ? try store.watchedEnds(scope, limit: Self.endsShown).map { .init(id: $0.id, state: $0.state) }
            : []
        if scope.isEverything {
            snapshot.endedCounts = try store.endedCounts(
                since: snapshot.now + .seconds(-3600), limit: Self.endsCounted)
            snapshot.endedIsCut = snapshot.endedCounts.values.reduce(0, +) >= Int64(Self.endsCounted)
        } else {
            snapshot.endedCounts = Dictionary(snapshot.ends.map { ($0.state, 1) }, uniquingKeysWith: +)
            snapshot.endedIsCut = snapshot.ends.count >= Self.endsShown
        }
    }

    private func readChoice() throws {
        let jobs = try store.watchedChoice(scope)
        let byState = Dictionary(grouping: jobs, by: \.state).mapValues { $0.map(\.id) }
        snapshot.groups = WatchSnapshot.order.compactMap { state in
            byState[state].map { .init(state: state, ids: $0.reversed(), count: Int64($0.count)) }
        }
        snapshot.ends = jobs.filter(\.state.hasEnded).map { .init(id: $0.id, state: $0.state) }
        snapshot.endedCounts = byState.filter(\.key.hasEnded).mapValues { Int64($0.count) }
        snapshot.endedIsCut = jobs.count >= JobDatabase.watchReach
    }

    /// Median run times change slowly and are read rarely.
    private func readModels(hasEnded: Bool) throws {
        let now = ContinuousClock.now
        if let lastModels, now - lastModels < (hasEnded ? .seconds(2) : .seconds(30)) { return }
        lastModels = now
        snapshot.expected = try store.medianRuns()
    }

    /// The facts of the jobs on the screen.
    func facts(of ids: [Int64]) throws -> [Int64: WatchFacts] {
        if prompts.count > 5000 { prompts = [:] }
        var facts: [Int64: WatchFacts] = [:]
        for id in ids {
            guard let job = try store.find(id) else { continue }
            let prompt = prompts[id] ?? job.prompt.map { String($0.prefix(400)) }
            prompts[id] = prompt
            facts[id] = WatchFacts(
                job: job, prompt: prompt,
                outputs: job.state == .downloading ? try store.outputs(of: id) : [],
                wait: job.state == .queued ? try SourceWait(of: job, in: store) : nil)
        }
        return facts
    }

    func details(of id: Int64) throws -> WatchDetails? {
        guard let job = try store.find(id) else { return nil }
        return WatchDetails(
            job: job, outputs: try store.outputs(of: id), events: try store.events(of: id),
            places: OutputPlaces(store.directory))
    }
}
