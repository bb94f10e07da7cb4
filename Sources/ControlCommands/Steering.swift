internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Carries one verb out on all the jobs that are meant: each is changed, or reported with the reason why not.
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
        var code = ExitCode.success
        var done: [Int64] = []
        var asksDaemon = false
        var rest = selection.ids[...]
        while !rest.isEmpty {
            // Short transactions: a running jobd must not wait for a long list.
            let part = rest.prefix(200)
            rest = rest.dropFirst(200)
            if verb.mayBuy { try sayWhatIsBought(part, store) }
            let results = try store.transaction { try part.map { ($0, try store.steer($0, verb)) } }
            for (id, result) in results {
                if try !report(id, result, store) { code = .no }
                guard case .done(let job, let cancelled) = result else { continue }
                if let ids = Selection.text(of: cancelled) {
                    session.note("cancelled with job \(id), which they waited for: \(ids)")
                }
                done.append(id)
                if verb.cancels, !job.state.hasEnded { asksDaemon = true }
            }
        }
        if asksDaemon { session.noteIfNoDaemon(store.directory, "it sends the cancel when it runs") }
        session.suggest(next(done))
        session.wake(store.directory)
        try session.finish(store)
        return code
    }

    /// The command that usually follows the verb, for the jobs that were changed.
    private func next(_ done: [Int64]) -> String? {
        guard let ids = Selection.text(of: done) else { return nil }
        return switch verb {
        case .release, .retry, .resolve(.resubmit), .resolve(.adopt): "jobctl wait \(ids)"
        case .hold: "jobctl release \(ids)"
        case .cancel, .giveUp, .resolve(.abandon), .set: nil
        }
    }

    private func sayWhatIsBought(_ ids: ArraySlice<Int64>, _ store: JobDatabase) throws {
        for id in ids {
            guard let job = try store.find(id), case .apply(let event) = verb.answer(for: job),
                let words = job.purchase(by: event), try store.obstacle(to: event, of: job) == nil
            else { continue }
            session.note(words)
        }
    }

    /// Returns whether the verb could be applied.
    private func report(_ id: Int64, _ result: Steered, _ store: JobDatabase) throws -> Bool {
        switch result {
        case .done(let job, _):
            let state = job.state.rawValue
            let isAskedFor = verb.cancels && !job.state.hasEnded
            try session.show(job, in: store) {
                if !session.screen.isTerminal {
                    try session.screen.write("\(id)\t\(state)\n")
                } else if !isAskedFor {
                    try session.screen.write("job \(id) is \(state)\n")
                }
            }
            if isAskedFor {
                session.note(
                    "job \(id) is \(state): its cancellation is requested; if that comes too late, its files "
                        + "are fetched"
                )
            }
            return true
        case .note(let words):
            session.note("job \(id) \(words)")
            if session.wantsJSON, let job = try store.find(id) { try session.emit(job, in: store) }
            return true
        case .refused(let words):
            session.complain("job \(id) \(words)")
            return false
        case .unknown:
            session.complain("no job \(id)")
            return false
        }
    }
}

extension Verb {
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
