internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Runs one verb on all the jobs that are meant: each is done, or named with its reason.
struct Steering {
    let session: Session
    let name: String
    let verb: Verb
    /// The states that a filter means when it names none.
    let states: [JobState]
    /// Whether it may pay for something.
    var buys = false
    /// Whether --label says which jobs are meant, or is a value of the verb.
    var labelChooses = true

    func run() throws -> ExitCode {
        let store = try session.store(.write)
        let selection = try Selection(session, store, states: states, labelChooses: labelChooses)
        guard try selection.confirm(session, store, to: name, by: verb, buys: buys) else { return .success }
        var code = ExitCode.success
        var done: [Int64] = []
        var asksDaemon = false
        var rest = selection.ids[...]
        while !rest.isEmpty {
            // Short transactions: a running jobd must not wait for a long list.
            let part = rest.prefix(200)
            rest = rest.dropFirst(200)
            if buys { try sayWhatIsBought(part, store) }
            let results = try store.transaction { try part.map { ($0, try store.steer($0, verb)) } }
            for (id, result) in results {
                if try !report(id, result, store) { code = .no }
                guard case .done(let job) = result else { continue }
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

    /// What follows the verb, on the jobs on which it was done.
    private func next(_ done: [Int64]) -> String? {
        guard let ids = SelectionText.of(done) else { return nil }
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

    /// Answers whether the verb was done.
    private func report(_ id: Int64, _ result: Steered, _ store: JobDatabase) throws -> Bool {
        switch result {
        case .done(let job):
            let isAskedFor = verb.cancels && !job.state.hasEnded
            if session.wantsJSON {
                try session.emit(job, in: store)
            } else if session.isQuiet {
                try session.screen.write("\(id)\n")
            } else if session.screen.isTerminal {
                // The note below says more.
                if !isAskedFor { try session.screen.write("job \(id) is \(job.state.rawValue)\n") }
            } else {
                try session.screen.write("\(id)\t\(job.state.rawValue)\n")
            }
            if isAskedFor {
                session.note(
                    "job \(id) is \(job.state.rawValue): the cancel is asked for; what cannot be cancelled any more is "
                        + "fetched")
            }
            return true
        case .note(let words):
            session.note("job \(id) \(words)")
            if session.wantsJSON, let job = try store.find(id) { try session.emit(job, in: store) }
            return true
        case .refused(let words):
            session.screen.say(SafeText.escape("jobctl: job \(id) \(words)"))
            return false
        case .unknown:
            session.screen.say("jobctl: no job \(id)")
            return false
        }
    }
}
