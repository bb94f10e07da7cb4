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
    static let discussion =
        "ID is a number, a range such as 12-20, or - for ids on standard input, one a line. "
        + "Instead of ids, --state, --model and --label choose jobs."

    private(set) var ids: [Int64] = []
    let isFilter: Bool

    /// - Parameters:
    ///   - states: the states that a filter means when it names none.
    ///   - words: the ids and ranges; nil for all operands.
    init(
        _ session: Session, _ store: JobDatabase, states: [JobState], labelChooses: Bool = true,
        words: [String]? = nil
    ) throws {
        var filter = try Self.filter(session)
        if !labelChooses { filter.label = nil }
        isFilter = !filter.isEmpty
        let words = words ?? session.arguments.operands
        if isFilter {
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
            var seen: Set<Int64> = []
            ids = try Self.read(words, store).filter { seen.insert($0).inserted }
        }
    }

    /// The filter that the options give.
    static func filter(_ session: Session) throws -> JobFilter {
        var filter = JobFilter()
        let words = session.arguments.values(.state).flatMap { $0.split(separator: ",").map(String.init) }
        filter.states = try words.map { word in
            guard let state = JobState(rawValue: word) else {
                throw Failure.unknown(
                    "unknown state", word, among: JobState.allCases.map(\.rawValue), listedAs: "states are")
            }
            return state
        }
        filter.model = session.arguments.value(.model)
        filter.label = session.arguments.value(.label)
        filter.since = try session.moment(.since, .ago)
        return filter
    }

    /// The filter of a verb that is only for jobs that have ended; `objection` says why not for the others.
    static func endedFilter(_ session: Session, _ objection: String) throws -> JobFilter {
        let filter = try filter(session)
        if let state = filter.states.first(where: { !$0.hasEnded }) {
            throw Failure.usage(
                "\(state.rawValue) jobs \(objection)", hint: "states are completed, failed, cancelled")
        }
        return filter
    }

    private static func read(_ words: [String], _ store: JobDatabase) throws -> [Int64] {
        var ids: [Int64] = []
        for word in words {
            if word == "-" {
                while let line = readLine() {
                    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
                    if words.contains("-") { throw Failure.usage("\"-\" is not an id") }
                    ids += try read(words, store)
                }
                continue
            }
            let parts = word.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
            guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first > 0,
                first <= last
            else {
                throw Failure.usage(
                    "\"\(SafeText.escape(word))\" is not an id", hint: "an id is 12, a range is 12-20")
            }
            if parts.count == 1 {
                ids.append(first)
            } else {
                // A range means those of its ids that exist.
                let found = try store.ids(JobFilter(), in: first...last)
                if found.isEmpty { throw Failure(.no, "no job from \(first) to \(last)") }
                ids += found.reversed()
            }
        }
        return ids
    }

    /// Shows how many jobs a filter means, and asks. Throws if the answer is no; returns false for a dry run.
    func confirm(
        _ session: Session, _ store: JobDatabase, to name: String, by verb: Verb, buys: Bool
    ) throws -> Bool {
        guard !ids.isEmpty else { throw Failure(.no, "no job matches") }
        if session.arguments.has(.dryRun) {
            for id in ids {
                guard let job = try store.find(id) else { continue }
                try session.wantsJSON ? session.emit(job, in: store) : session.screen.write("\(id)\n")
                switch verb.answer(for: job) {
                case .refused(let words), .note(let words): session.note("job \(id) \(words)")
                case .apply, .change: break
                }
            }
            session.note("\(name) \(counted)\(buys ? cost(of: verb, session, store) : ""); nothing was done")
            return false
        }
        guard isFilter, !session.arguments.has(.yes) else { return true }
        try session.confirm("\(name) \(counted)", buys ? cost(of: verb, session, store) : "")
        return true
    }

    private var counted: String { NumberText.of(ids.count, "job") }

    /// What the jobs that `verb` buys may cost, as far as prices are known.
    private func cost(of verb: Verb, _ session: Session, _ store: JobDatabase) -> String {
        let models = ModelLookup(
            session: session, store: store, configuration: try? session.configurationFile().read())
        var estimate = Estimate()
        for id in ids {
            guard let job = try? store.find(id), case .apply(let event) = verb.answer(for: job),
                job.purchase(by: event) != nil
            else { continue }
            estimate.add(job.priceUSD ?? models.price(of: job))
        }
        if estimate.jobs == 0 { return ", which buys nothing" }
        let which = estimate.jobs == ids.count ? "" : "buys \(estimate.counted), "
        return " (\(which)\(estimate.words))"
    }

    /// All of the ids, as they may be typed: `1-40 52 60-62`.
    static func ranges(of ids: [Int64]) -> String {
        var ranges: [ClosedRange<Int64>] = []
        for id in ids.sorted() {
            if let last = ranges.last, id <= last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...id
            } else {
                ranges.append(id...id)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: " ")
    }

    /// Ids as a person would type them: `12`, `12-20`, or up to five of them; nil if it takes more.
    static func text(of ids: [Int64]) -> String? {
        guard let first = ids.first, let last = ids.last else { return nil }
        if ids.count == 1 { return "\(first)" }
        let isRange = last - first == Int64(ids.count) - 1 && zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
        if isRange { return "\(first)-\(last)" }
        return ids.count > 5 ? nil : ids.map { String($0) }.joined(separator: " ")
    }
}

/// Which jobs a verb reads: ids, a filter, or all. They are visited one by one, never collected.
struct JobChoice {
    static let options: [Option] = Selection.filterOptions + [.since]

    private let ids: [Int64]?
    private let filter: JobFilter

    init(_ session: Session, _ store: JobDatabase) throws {
        var filter = try Selection.filter(session)
        filter.limit = try session.arguments.integer(.limit, in: 0...Int64(Int32.max)).map { Int($0) }
        self.filter = filter
        let hasIDs = !session.arguments.operands.isEmpty
        if hasIDs, !filter.isEmpty { throw Failure.usage("give ids, or a filter, not both") }
        ids = hasIDs ? try Selection(session, store, states: []).ids : nil
    }

    var isEverything: Bool { ids == nil && filter.isEmpty }

    func forEach(in store: JobDatabase, _ visit: (Job) throws -> Void) throws {
        if let ids {
            for id in ids { try visit(store.job(id)) }
        } else if filter.limit == nil {
            try store.forEach(filter, visit: visit)
        } else {
            // One that is missing was pruned since.
            for id in try store.ids(filter).reversed() { try store.find(id).map(visit) }
        }
    }
}

extension JobDatabase {
    /// A job that was named by its id.
    func job(_ id: Int64) throws -> Job {
        guard let job = try find(id) else { throw Failure(.no, "no job \(id)") }
        return job
    }
}
