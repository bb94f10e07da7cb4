internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Waits until jobs have ended, looking only when the database has changed.
struct Waiting {
    let session: Session
    let store: JobDatabase
    let ids: [Int64]
    /// Those that an enqueue found standing already.
    var existing: Set<Int64> = []

    /// - Returns: success when all of them completed.
    func run(timeout: Int64?) throws -> ExitCode {
        let start = ContinuousClock.now
        session.noteIfNoDaemon(store.directory, "nothing moves until it runs")
        var waiting = ids
        var noted: Set<Int64> = []
        var missed: [Int64] = []
        var code = ExitCode.success
        var table = JobTable(session.screen, now: store.now)
        let progress = try WaitScreen(session.screen, store, total: ids.count)
        defer { progress.clear() }
        while true {
            let version = try store.dataVersion()
            var unfinished: [Job] = []
            for (index, id) in waiting.enumerated() {
                if index % 500 == 0, !progress.heed() { return .interrupted }
                guard let job = try store.find(id) else { throw Failure(.no, "job \(id) is gone") }
                if !job.state.hasEnded {
                    unfinished.append(job)
                    if let need = need(of: job), noted.insert(id).inserted {
                        progress.clear()
                        session.note("note: job \(id) is \(job.state.rawValue) and waits for you: \(need)")
                    }
                    continue
                }
                if job.state != .completed {
                    code = .no
                    missed.append(id)
                }
                if session.wantsJSON {
                    progress.clear()
                    try session.emit(
                        job, in: store, adding: existing.contains(id) ? ["existing": .bool(true)] : [:])
                } else {
                    try table.add(job)
                }
            }
            waiting = unfinished.map(\.id)
            try session.screen.flush()
            if waiting.isEmpty { break }
            try progress.update(unfinished)
            // Once at least, so that a store that changes all the time is not looked at all the time.
            repeat {
                if let timeout, ContinuousClock.now - start >= .milliseconds(timeout) {
                    progress.clear()
                    throw late(waiting)
                }
                guard progress.pass() else { return .interrupted }
            } while try store.dataVersion() == version
        }
        progress.clear()
        if session.isQuiet {
            for id in ids { try session.screen.write("\(id)\n") }
        } else if !session.wantsJSON {
            try table.print(session.screen)
        }
        if let ids = SelectionText.of(missed) {
            session.suggest("jobctl explain \(ids), then jobctl retry \(ids)")
        } else if let ids = SelectionText.of(ids) {
            session.suggest("jobctl show \(ids) tells where the files are")
        }
        return code
    }

    private func late(_ waiting: [Int64]) -> Failure {
        let names = waiting.prefix(5).map { String($0) }.joined(separator: ", ")
        let words =
            ids.count == 1
            ? "job \(names) has not ended in time"
            : "\(waiting.count) of \(ids.count) jobs have not ended in time: \(names)"
                + (waiting.count > 5 ? ", …" : "")
        return Failure(
            .timedOut, words, hint: SelectionText.of(waiting).map { "jobctl explain \($0)" })
    }

    /// What a person must type before the job can end.
    private func need(of job: Job) -> String? {
        switch job.state {
        case .held: "jobctl release \(job.id)"
        case .uncertain: "jobctl resolve \(job.id) …"
        default: nil
        }
    }
}
