internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders

/// Carries one verb out on all the jobs that are meant: each is changed, or reported with the reason why not.
/// Of many jobs, those that are changed are only counted.
struct Steering {
    private let session: Session
    private let name: String
    private let verb: Verb

    init(_ session: Session, _ command: Command, _ verb: Verb) {
        (self.session, name, self.verb) = (session, command.name, verb)
    }

    func run() throws -> ExitCode {
        let store = try session.store(.write)
        let selection = try Selection(session, store, states: verb.states, labelChooses: verb.labelChooses)
        guard try selection.confirm(session, store, to: name, by: verb, buys: verb.mayBuy) else {
            return .success
        }
        let isBulk = selection.ids.count > 1
        if verb.mayBuy { try sayWhatIsBought(selection, isBulk: isBulk, store) }
        var totals = SteeringTotals()
        var rest = selection.ids[...]
        while !rest.isEmpty {
            // Short transactions: a running jobd must not wait for a long list.
            let part = rest.prefix(200)
            rest = rest.dropFirst(200)
            let results = try store.transaction { try part.map { ($0, try store.steer($0, verb)) } }
            for (id, result) in results {
                totals.add(id, result, verb)
                try report(id, result, store, listed: !isBulk || session.arguments.has(.verbose))
                if case .done(_, let cancelled) = result { try report(cancelled, with: id, store) }
            }
        }
        try session.screen.flush()
        if isBulk { session.note(totals.words(verb)) }
        if !totals.requested.isEmpty {
            session.noteIfNoDaemon(store, "it sends the cancel when it runs")
        }
        session.suggest(next(totals.done))
        session.wake(store.directory)
        try session.finish(store)
        return totals.refused == 0 ? .success : .no
    }

    /// The jobs that were cancelled with the job that they waited for.
    private func report(_ cancelled: [Int64], with source: Int64, _ store: JobDatabase) throws {
        if cancelled.isEmpty { return }
        if session.wantsJSON {
            for job in cancelled.lazy.compactMap({ try? store.find($0) }) {
                try session.emit(job, in: store, adding: ["cancelled_with": .integer(source)])
            }
        }
        session.note(
            "cancelled with job \(source), which they waited for: "
                + JobIDs.ranges(of: cancelled).joined(separator: " "))
    }

    /// The command that usually follows the verb, for the jobs that were changed.
    private func next(_ done: [Int64]) -> String? {
        guard let ids = JobIDs.text(of: done) else { return nil }
        return switch verb {
        case .release, .retry, .resolve(.resubmit), .resolve(.adopt): "jobctl wait \(ids)"
        case .hold: "jobctl release \(ids)"
        case .cancel, .giveUp, .resolve(.abandon), .set: nil
        }
    }

    private func sayWhatIsBought(_ selection: Selection, isBulk: Bool, _ store: JobDatabase) throws {
        guard isBulk else {
            guard let job = try selection.ids.first.flatMap(store.find),
                case .apply(let event) = verb.answer(for: job), let words = job.purchase(by: event),
                try store.obstacle(to: event, of: job) == nil
            else { return }
            return session.note(words)
        }
        let bought = try selection.purchase(by: verb, session, store)
        if bought.jobs == 0 { return }
        session.note("\(name) submits \(bought.counted) again, which is paid for (\(bought.words))")
    }

    /// - Parameter listed: whether a job that was changed gets a line.
    private func report(_ id: Int64, _ result: Steered, _ store: JobDatabase, listed: Bool) throws {
        switch result {
        case .done(let job, _): try report(job, store, listed: listed)
        case .partly(let job, let words):
            try report(job, store, listed: listed)
            session.complain("job \(id) \(words)", about: id)
        case .note(let words):
            if listed { session.note("job \(id) \(words)") }
            if session.wantsJSON, let job = try store.find(id) { try session.emit(job, in: store) }
        case .refused(let words): session.complain("job \(id) \(words)", about: id)
        case .unknown: session.complainOfNoJob(id)
        }
    }

    private func report(_ job: Job, _ store: JobDatabase, listed: Bool) throws {
        let isRequested = verb.isRequest(of: job)
        try session.show(job, in: store) {
            guard listed else { return }
            if !session.screen.isTerminal {
                try session.screen.write("\(job.id)\t\(job.state.rawValue)\n")
            } else if !isRequested {
                try session.screen.write("job \(job.id) is \(job.state.rawValue)\n")
            }
        }
        if listed, isRequested { session.note(job.cancelRequestWords) }
    }
}

/// What became of many jobs.
struct SteeringTotals {
    private(set) var done: [Int64] = []
    /// Those that jobd must cancel at RunComfy.
    private(set) var requested: [Int64] = []
    /// How many needed nothing.
    private(set) var idle = 0
    private(set) var refused = 0

    mutating func add(_ id: Int64, _ result: Steered, _ verb: Verb) {
        switch result {
        case .done(let job, _) where verb.isRequest(of: job): requested.append(id)
        case .done: done.append(id)
        case .note: idle += 1
        case .partly, .refused, .unknown: refused += 1
        }
    }

    /// One line.
    func words(_ verb: Verb) -> String {
        var parts: [String] = []
        if !done.isEmpty { parts.append("\(verb.past) \(JobIDs.counted(done))") }
        if !requested.isEmpty {
            parts.append("requested the cancellation of \(JobIDs.counted(requested))")
            parts.append("if it comes too late, the files are fetched")
        }
        if idle > 0 {
            parts.append(
                "\(NumberText.of(idle, "job")) had ended already, or \(idle == 1 ? "was" : "were") "
                    + "being cancelled")
        }
        if refused > 0 { parts.append("\(NumberText.of(refused, "job")) could not be \(verb.past)") }
        return parts.joined(separator: "; ")
    }
}

extension Job {
    /// Said when jobd is asked to cancel the job at RunComfy.
    var cancelRequestWords: String {
        "job \(id) is \(state.rawValue): its cancellation is requested; if that comes too late, its files "
            + "are fetched"
    }
}

extension Verb {
    /// Whether `job`, after the verb, is still to be cancelled by jobd.
    func isRequest(of job: Job) -> Bool { cancels && !job.state.hasEnded }

    /// `cancelled 3 jobs`
    fileprivate var past: String {
        switch self {
        case .cancel, .giveUp: "cancelled"
        case .hold: "held"
        case .release: "released"
        case .retry: "retried"
        case .resolve: "resolved"
        case .set: "changed"
        }
    }

    /// The states that a filter means when it names none: those in which the verb has something to do.
    fileprivate var states: [JobState] {
        switch self {
        case .cancel: [.held, .queued, .submitting, .inQueue, .inProgress]
        case .giveUp: [.held, .queued, .submitting, .inQueue, .inProgress, .downloading]
        case .hold: [.queued]
        case .release: [.held]
        case .retry: [.failed, .cancelled]
        case .resolve: [.uncertain]
        case .set(let changes): changes.touchesSending ? [.held, .queued] : []
        }
    }

    fileprivate var mayBuy: Bool {
        switch self {
        case .retry, .resolve(.resubmit): true
        default: false
        }
    }

    /// Whether --label says which jobs are meant. For `set` it is the new label.
    fileprivate var labelChooses: Bool { if case .set = self { false } else { true } }
}
