internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Puts checked jobs into the store, all in one transaction, and answers for them.
struct Placing {
    let session: Session
    let store: JobDatabase
    /// For what must not be lost before.
    var whenStored: () -> Void = {}

    /// - Parameter estimate: what is still to be said of the price.
    func one(_ job: NewJob, _ estimate: Estimate?) throws -> ExitCode {
        let (stored, existing) = try store.enqueue(job)
        whenStored()
        if existing { try store.syncLog() }
        session.wake(store.directory)
        if existing {
            session.note(
                "job \(stored.id) has the key \"\(job.key ?? "")\" already; nothing was added"
                    + (job.differs(from: stored) ? ", although its input differs" : ""))
        }
        if session.arguments.has(.wait) {
            if let estimate, !existing { say(estimate) }
            return try wait([stored.id], existing: existing ? [stored.id] : [])
        }
        try answer(stored, existing)
        if let estimate, !existing { say(estimate) }
        session.noteIfNoDaemon(store.directory, "the job waits until it runs")
        let next = stored.state == .held ? "release" : stored.state.hasEnded ? "show" : "wait"
        session.suggest("jobctl \(next) \(stored.id)")
        try session.finish(store)
        return .success
    }

    /// `insert` adds them one by one, and answers what is still to be said of the price.
    func many(insert: (inout EnqueuedRuns) throws -> Estimate?) throws -> ExitCode {
        let (entries, estimate) = try store.transaction {
            var entries = EnqueuedRuns()
            let estimate = try insert(&entries)
            return (entries, estimate)
        }
        whenStored()
        if entries.runs.contains(where: \.existing) { try store.syncLog() }
        session.wake(store.directory)
        session.note(entries.summary)
        if let estimate { say(estimate) }
        if session.arguments.has(.wait) {
            return try wait(
                entries.runs.flatMap { Array($0.ids) },
                existing: Set(entries.runs.filter(\.existing).flatMap(\.ids)))
        }
        for run in entries.runs {
            for id in run.ids {
                guard session.wantsJSON, let job = try store.find(id) else {
                    try session.screen.write("\(id)\n")
                    continue
                }
                try answer(job, run.existing)
            }
        }
        session.noteIfNoDaemon(store.directory, "the jobs wait until it runs")
        if let ids = entries.runs.first?.ids, entries.runs.count == 1 {
            let next = session.arguments.has(.hold) ? "release" : "wait"
            session.suggest("jobctl \(next) \(SelectionText.of(Array(ids)) ?? "")")
        }
        try session.finish(store)
        return .success
    }

    private func say(_ estimate: Estimate) {
        guard session.screen.talkIsTerminal, estimate.jobs > 0 else { return }
        session.note("estimate: \(estimate.words)")
    }

    private func wait(_ ids: [Int64], existing: Set<Int64>) throws -> ExitCode {
        try Waiting(session: session, store: store, ids: ids, existing: existing)
            .run(timeout: WaitVerb.timeout(session))
    }

    private func answer(_ job: Job, _ existing: Bool) throws {
        if session.wantsJSON {
            try session.emit(job, in: store, adding: existing ? ["existing": .bool(true)] : [:])
        } else if session.isQuiet || !session.screen.isTerminal {
            try session.screen.write("\(job.id)\n")
        } else {
            try session.screen.write("job \(job.id) is \(job.state.rawValue)\n")
        }
    }
}
