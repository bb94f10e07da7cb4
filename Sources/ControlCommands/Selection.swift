internal import Catalogue
internal import CommandLineTool
internal import Glibc
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders
internal import Startup

/// Which jobs a verb is meant for: ids and ranges as typed, ids on standard input, or a filter.
struct Selection {
    static let filterOptions: [Option] = [.state, .model, .label]
    static let options: [Option] = filterOptions + [.yes, .dryRun]
    static let operands = "ID… | --state STATE | --model MODEL | --label TEXT"
    static let ids =
        "ID is a number, a range such as 12-20, several of them as 1,3-5, or - for ids on standard input. "
    static let discussion =
        ids + "Instead of ids, --state, --model and --label choose jobs."

    private(set) var ids: [Int64] = []
    let filter: JobFilter
    var isFilter: Bool { !filter.isEmpty }

    /// - Parameters:
    ///   - states: the states that a filter means when it names none.
    ///   - words: the ids and ranges; nil for all operands.
    init(
        _ session: Session, _ store: JobDatabase, states: [JobState], labelChooses: Bool = true,
        words: [String]? = nil
    ) throws {
        var filter = try Self.filter(session, store)
        if !labelChooses { filter.label = nil }
        self.filter = filter
        let words = words ?? session.arguments.operands
        if !filter.isEmpty {
            guard words.isEmpty else {
                throw Failure.usage("give ids, or --state, --model and --label, not both")
            }
            if filter.states.isEmpty { filter.states = states }
            ids = try store.ids(filter).reversed()
        } else {
            guard !words.isEmpty else {
                let filters = labelChooses ? "--state, --model or --label" : "--state or --model"
                throw Failure.usage("which jobs?", hint: "give ids (12 14-20), or \(filters)")
            }
            ids = try Self.ids(words, session, store)
        }
    }

    /// The ids that words name, each once.
    ///
    /// - Parameter lists: whether it is only noted that a range has no job.
    static func ids(
        _ words: [String], _ session: Session, _ store: JobDatabase, lists: Bool = false
    ) throws -> [Int64] {
        var seen: Set<Int64> = []
        return try read(words, store) { range in
            let words = "no job from \(range.lowerBound) to \(range.upperBound)"
            guard lists else { throw Failure(.no, words) }
            session.note(words)
        }.filter { seen.insert($0).inserted }
    }

    /// The filter that the options give.
    static func filter(_ session: Session, _ store: JobDatabase?) throws -> JobFilter {
        var filter = JobFilter()
        filter.states = try session.arguments.words(.state, "state")
        filter.model = try session.arguments.value(.model).map { model in
            model.hasSuffix("*") ? model : try session.fullName(of: model, in: store)
        }
        filter.label = session.arguments.value(.label)
        filter.since = try session.moment(.since, .ago)
        return filter
    }

    /// The filter of a verb that is only for jobs that have ended; `objection` says why not for the others.
    static func endedFilter(
        _ session: Session, _ store: JobDatabase, _ objection: String
    ) throws -> JobFilter {
        let filter = try filter(session, store)
        if let state = filter.states.first(where: { !$0.hasEnded }) {
            throw Failure.usage(
                "\(state.rawValue) jobs \(objection)", hint: "states are completed, failed, cancelled")
        }
        return filter
    }

    /// - Parameter empty: called with a range that has no job.
    private static func read(
        _ words: [String], _ store: JobDatabase, empty: (ClosedRange<Int64>) throws -> Void
    ) throws -> [Int64] {
        var ids: [Int64] = []
        for word in words {
            if word == "-" {
                while let line = readLine() {
                    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
                    if words.contains("-") { throw Failure.usage("\"-\" is not an id") }
                    ids += try read(words, store, empty: empty)
                }
                continue
            }
            for part in word.split(separator: ",", omittingEmptySubsequences: false) {
                let range = try range(part, of: word)
                if range.count == 1, !part.contains("-") {
                    ids.append(range.lowerBound)
                    continue
                }
                // A range means those of its ids that exist.
                let found = try store.ids(JobFilter(), in: range)
                if found.isEmpty { try empty(range) }
                ids += found.reversed()
            }
        }
        return ids
    }

    /// `12` or `12-20`, a part of `word`.
    static func range(_ part: Substring, of word: String) throws -> ClosedRange<Int64> {
        let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first > 0,
            first <= last
        else {
            throw Failure.usage(
                "\"\(SafeText.escape(word))\" is not an id",
                hint: "an id is 12, a range is 12-20, several are 12,14-20")
        }
        return first...last
    }

    /// Shows how many jobs a filter means, and asks. Throws if the answer is no; returns false for a dry run.
    func confirm(
        _ session: Session, _ store: JobDatabase, to name: String, by verb: Verb, buys: Bool
    ) throws -> Bool {
        guard !ids.isEmpty else { throw try session.nothingMatched(filter, in: store) }
        if session.arguments.has(.dryRun) {
            for id in ids {
                guard let job = try store.find(id) else { continue }
                try session.wantsJSON ? session.emit(job, in: store) : session.screen.write("\(id)\n")
                switch verb.answer(for: job) {
                case .refused(let words), .note(let words), .partly(_, let words):
                    session.note("job \(id) \(words)")
                case .apply(let event):
                    let obstacle = try store.obstacle(to: event, of: job)
                    if let obstacle { session.note("job \(id) \(obstacle)") }
                case .change: break
                }
            }
            let what = try counted(with: verb, store) + (buys ? cost(of: verb, session, store) : "")
            session.note("\(name) \(what); nothing was done")
            return false
        }
        guard isFilter, !session.arguments.has(.yes) else { return true }
        let what = try counted(with: verb, store)
        try session.confirm("\(name) \(what)", buys ? try cost(of: verb, session, store) : "")
        return true
    }

    /// The jobs in number, and those that would be cancelled with them: `1 job, and 1 that waits for it`.
    private func counted(with verb: Verb, _ store: JobDatabase) throws -> String {
        let counted = NumberText.of(ids.count, "job")
        guard verb.cancels else { return counted }
        let named = Set(ids)
        let cancelled = try ids.filter { id in
            guard let job = try store.find(id), case .apply = verb.answer(for: job) else { return false }
            return true
        }
        let others = try store.waiting(for: cancelled).count { !named.contains($0) }
        if others == 0 { return counted }
        return "\(counted), and \(NumberText.of(others)) that \(others == 1 ? "waits" : "wait") for "
            + (ids.count == 1 ? "it" : "them")
    }

    /// What the jobs that `verb` buys may cost, as far as prices are known. One that will be refused costs
    /// nothing.
    func purchase(by verb: Verb, _ session: Session, _ store: JobDatabase) throws -> Estimate {
        let models = ModelLookup(
            session: session, store: store, configuration: try? session.daemonConfiguration(store))
        var estimate = Estimate()
        for id in ids {
            guard let job = try store.find(id), case .apply(let event) = verb.answer(for: job),
                job.purchase(by: event) != nil, try store.obstacle(to: event, of: job) == nil
            else { continue }
            estimate.add(job.priceUSD ?? models.price(of: job))
        }
        return estimate
    }

    private func cost(of verb: Verb, _ session: Session, _ store: JobDatabase) throws -> String {
        let estimate = try purchase(by: verb, session, store)
        if estimate.jobs == 0 { return ", which buys nothing" }
        let which = estimate.jobs == ids.count ? "" : "buys \(estimate.counted), "
        return " (\(which)\(estimate.words))"
    }
}

/// Which jobs a verb reads: ids, a filter, or all. They are visited one by one, never collected.
struct JobChoice {
    static let options: [Option] = Selection.filterOptions + [.since]

    /// Oldest first.
    private let ids: [Int64]?
    let filter: JobFilter

    /// - Parameters:
    ///   - lists: whether it is only noted that a named job does not exist.
    ///   - words: the ids and ranges; nil for all operands.
    init(
        _ session: Session, _ store: JobDatabase, lists: Bool = false, words: [String]? = nil
    ) throws {
        filter = try Selection.filter(session, store)
        let words = words ?? session.arguments.operands
        if !words.isEmpty, !filter.isEmpty { throw Failure.usage("give ids, or a filter, not both") }
        let picked = session.arguments.has(.picked) ? try store.pickedJobs() : nil
        guard !words.isEmpty else {
            ids = try picked?.filter { [filter] in try store.find($0).map(filter.matches) ?? false }
            return
        }
        let named = try Selection.ids(words, session, store, lists: lists).sorted()
        let found =
            !lists
            ? named
            : try named.filter { id in
                let exists = try store.find(id) != nil
                if !exists { session.note(Failure.noJob(id).message) }
                return exists
            }
        ids = picked.map(Set.init).map { picked in found.filter(picked.contains) } ?? found
    }

    var isEverything: Bool { ids == nil && filter.isEmpty }

    /// - Parameter limit: the newest so many.
    func forEach(in store: JobDatabase, limit: Int? = nil, _ visit: (Job) throws -> Void) throws {
        // One that is missing was pruned since.
        if let limit {
            return try self.ids(in: store, limit: limit).forEach { try store.find($0).map(visit) }
        }
        if let ids {
            for id in ids { try visit(store.job(id)) }
        } else {
            try store.forEach(filter, visit: visit)
        }
    }

    /// The jobs' ids in an order. A limit keeps those with the greatest values.
    func ids(in store: JobDatabase, by order: JobOrder = JobOrder(.id), limit: Int?) throws -> [Int64] {
        var filter = filter
        guard let ids else {
            filter.limit = limit
            if order.key != .id { return try store.ids(filter, by: order) }
            let newestFirst = try store.ids(filter)
            return order.isDescending ? newestFirst : newestFirst.reversed()
        }
        let named = Set(ids)
        let ordered =
            order.key == .id
            ? (order.isDescending ? ids.reversed() : ids)
            : try store.ids(filter, by: order).filter(named.contains)
        guard let limit else { return ordered }
        return Array(order.isDescending ? ordered.prefix(limit) : ordered.suffix(limit))
    }

    func count(in store: JobDatabase) throws -> [JobState: Int64] {
        guard let ids else { return try store.counts(filter) }
        return try ids.reduce(into: [:]) { counts, id in
            if let job = try store.find(id) { counts[job.state, default: 0] += 1 }
        }
    }
}
