internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// What needs a person, and what to do about it, most urgent first: what a bare `jobctl` and `watch` show.
struct Attention {
    struct Item: Equatable {
        let text: String
        let hint: String
    }

    /// What it is judged by.
    struct Facts {
        var daemons = RunningDaemons()
        var pauses: [Pause] = []
        /// How many jobs are in each state; of those that have ended, in the last 24 hours.
        var counts: [JobState: Int64] = [:]
        /// The first jobs in these states.
        var uncertain: [Int64] = []
        var failed: [Int64] = []
        /// The first jobs that are held because the store went back in time.
        var setAside: [Int64] = []
        /// Jobs for which others wait: their outputs are to be picked, or they have failed or were cancelled.
        var toPick: [Int64] = []
        var failedSources: [Int64] = []
        /// Jobs that were bought at other origins than that of jobd's `api_url`.
        var origin: String?
        var elsewhere: [(origin: String, count: Int64, first: Int64)] = []
    }

    let items: [Item]

    var json: JSON { .array(items.map { .string($0.text) }) }

    init(_ facts: Facts, now: Timestamp) {
        func ago(_ moment: Timestamp) -> String {
            TimeText.relative(moment.milliseconds, now: now.milliseconds)
        }
        var items = facts.daemons.troubles.map { trouble in
            let kind = "\(trouble.kind.rawValue), \(ago(trouble.since))"
            return Item(text: "\(trouble.kind.words) (\(kind)): \(trouble.detail)", hint: trouble.hint)
        }
        items += facts.pauses.map { pause in
            Item(text: pause.sentence(now: now), hint: pause.hint)
        }
        let waits = facts.counts.contains { $0.key.waitsForDaemon && $0.value > 0 }
        if facts.daemons.isEmpty, waits {
            let hint = "systemctl start jobd, or: jobd"
            let who = facts.daemons.sharing == nil ? "jobd is not running" : "no jobd works on the store"
            items.append(Item(text: "\(who), and jobs wait for it", hint: hint))
        }
        self.items = items + facts.jobItems
    }
}

extension Attention.Facts {
    /// What is to be decided about jobs.
    fileprivate var jobItems: [Attention.Item] {
        var items = elsewhere.map { place, count, first in
            let jobs =
                count == 1 ? "job \(first) was" : "\(NumberText.of(count)) jobs (the first is \(first)) were"
            return Attention.Item(
                text: "\(jobs) bought at \(place), but api_url is \(origin ?? ""): jobd does not ask about "
                    + "them; nothing is lost",
                hint: "set api_url to where they were bought, then reload jobd")
        }
        if let count = counts[.uncertain], count > 0 {
            items.append(
                Attention.Item(
                    text: "\(NumberText.of(count)) uncertain: \(Self.list(uncertain, of: count)); "
                        + "they may have been bought",
                    hint: "jobctl explain --state uncertain, then jobctl resolve ID …"))
        }
        if let first = setAside.first {
            let ids = Self.list(setAside, of: Int64(setAside.count))
            items.append(
                Attention.Item(
                    text: "held since the store went back in time: \(ids); they may have been bought",
                    hint: "jobctl explain \(first), then jobctl release ID or cancel ID"))
        }
        if let count = counts[.failed], count > 0 {
            let ids = Self.list(failed, of: count)
            items.append(
                Attention.Item(
                    text: "\(NumberText.of(count)) failed in the last 24 hours: \(ids)",
                    hint: "jobctl list --state failed"))
        }
        if let first = toPick.first {
            items.append(
                Attention.Item(
                    text:
                        "jobs wait for your pick among the outputs of "
                        + Self.list(toPick, of: Int64(toPick.count)),
                    hint: "jobctl show \(first), then jobctl pick \(first) N"))
        }
        if let first = failedSources.first {
            items.append(
                Attention.Item(
                    text: "jobs wait for others that failed or were cancelled: "
                        + Self.list(failedSources, of: Int64(failedSources.count)),
                    hint: "jobctl retry \(first), or cancel what waits for it"))
        }
        return items
    }

    private static func list(_ ids: [Int64], of count: Int64) -> String {
        let named = ids.prefix(5)
        return named.map { String($0) }.joined(separator: ", ") + (count > named.count ? ", …" : "")
    }

    /// - Parameter counts: of unfinished jobs, and of those that have failed since `since`.
    init(
        _ store: JobDatabase, _ daemons: RunningDaemons, counts: [JobState: Int64], since: Timestamp
    ) throws {
        (self.daemons, self.counts) = (daemons, counts)
        pauses = try store.pauses()
        origin = try store.apiOrigin()
        elsewhere = try origin.map { try store.inFlight(elsewhereThan: $0) } ?? []
        if counts[.uncertain] ?? 0 > 0 {
            var filter = JobFilter()
            (filter.states, filter.limit) = ([.uncertain], 6)
            uncertain = try store.ids(filter)
        }
        if counts[.failed] ?? 0 > 0 { failed = try store.failed(since: since, limit: 6) }
        if counts[.held] ?? 0 > 0 { setAside = try store.stillSetAside(limit: 6) }
        (toPick, failedSources) = try store.waitedForInVain(limit: 12)
    }

    /// For programs.
    var pausesJSON: JSON {
        .array(pauses.map { Self.object("reason", $0.reason.rawValue, $0.detail, $0.since) })
    }

    var troublesJSON: JSON {
        .array(
            daemons.troubles.map { Self.object("kind", $0.kind.rawValue, $0.detail, $0.since) })
    }

    /// `jobd`: whether one runs; `jobds`: those that share the store, null for a database file.
    var daemonMembers: [JSONObject.Member] {
        [
            .init(
                key: "jobd",
                value: .object([
                    "running": .bool(!daemons.isEmpty),
                    "pid": .optional(daemons.own.map { Int64($0.processID) }),
                ])),
            .init(key: "jobds", value: daemons.sharing.map { .array($0.map(\.json)) } ?? .null),
        ]
    }

    private static func object(_ name: String, _ word: String, _ detail: String, _ since: Timestamp) -> JSON {
        .object(
            JSONObject([
                .init(key: name, value: .string(word)), .init(key: "detail", value: .string(detail)),
                .init(key: "since", value: .string(since.description)),
            ]))
    }
}

extension Trouble {
    /// What a person can do about it.
    var hint: String {
        switch kind {
        case .store: "free space, or end what stands in the way; jobd tries again by itself"
        case .log: "let that program end its transaction; jobd then empties the log within seconds"
        case .space: "jobctl prune --files removes files of old jobs; jobd tries again by itself"
        case .output: "jobctl doctor checks the directory; jobd tries again by itself"
        case .storage:
            "jobctl doctor --online tries it; what needs it waits here, and jobd tries again by itself"
        case .sidecar: "make room for it, or set sidecar to false and reload jobd; the files are there"
        }
    }
}
