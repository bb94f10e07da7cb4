internal import Catalogue
internal import CommandLineTool
internal import Glibc
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders
internal import Spelling
internal import Startup

/// Which jobs a verb is meant for: ids and ranges as typed, ids on standard input, or a filter.
struct Selection {
    static let filterOptions: [Option] = [
        .state,
        .model,
        .label,
    ]

    static let options: [Option] =
        filterOptions + [
            .yes,
            .dryRun,
        ]

    static let operands = "ID… | --state STATE | --model MODEL | --label TEXT"
    static let discussion =
        "ID is a number, a range such as 12-20, or - for ids on standard input, one a line. "
        + "Instead of ids, --state, --model and --label choose jobs."

    private(set) var ids: [Int64] = []
    let isFilter: Bool

    /// - Parameters:
    ///   - states: which states a filter means when it names none.
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
            for id in try Self.read(words, store) where seen.insert(id).inserted { ids.append(id) }
        }
    }

    static func filter(_ session: Session) throws -> JobFilter {
        var filter = JobFilter()
        filter.states = try session.arguments.values(.state).flatMap { $0.split(separator: ",") }.map {
            word in
            guard let state = JobState(rawValue: String(word)) else {
                let near = Suggestion.likely(for: String(word), among: JobState.allCases.map(\.rawValue))
                throw Failure.usage(
                    "unknown state \"\(SafeText.escape(String(word)))\"",
                    hint: (near.map { "did you mean \($0)? " } ?? "") + "states are \(JobState.allWords)")
            }
            return state
        }
        filter.model = session.arguments.value(.model)
        filter.label = session.arguments.value(.label)
        return filter
    }

    private static func read(_ words: [String], _ store: JobDatabase) throws -> [Int64] {
        var ids: [Int64] = []
        for word in words {
            if word == "-" {
                while let line = readLine() {
                    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
                    if words.contains("-") { throw Failure.usage("\"-\" is no id") }
                    ids += try read(words, store)
                }
                continue
            }
            let parts = word.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
            guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first > 0,
                first <= last
            else {
                throw Failure.usage(
                    "\"\(SafeText.escape(word))\" is no id", hint: "an id is 12, a range is 12-20")
            }
            if parts.count == 1 {
                ids.append(first)
            } else {
                // A range means what is there of it.
                let found = ids.count
                ids += try store.ids(JobFilter(), in: first...last).reversed()
                if ids.count == found { throw Failure(.no, "no job from \(first) to \(last)") }
            }
        }
        return ids
    }

    /// Shows how many jobs a filter means, and asks. Throws where the answer is no; answers false for a dry
    /// run.
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

    /// What those may cost that `verb` buys, as far as prices are known.
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
        let which = estimate.jobs == ids.count ? "" : "\(estimate.counted) anew, "
        return " (\(which)\(estimate.words))"
    }
}
