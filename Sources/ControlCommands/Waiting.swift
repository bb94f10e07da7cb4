internal import CommandLineTool
internal import Glibc
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
        while true {
            let version = try store.dataVersion()
            var unfinished: [Job] = []
            for id in waiting {
                guard let job = try store.find(id) else { throw Failure(.no, "job \(id) is gone") }
                if !job.state.hasEnded {
                    unfinished.append(job)
                    if let need = need(of: job), noted.insert(id).inserted {
                        session.screen.show(progress: "")
                        session.note("note: job \(id) is \(job.state.rawValue) and waits for you: \(need)")
                    }
                    continue
                }
                if job.state != .completed {
                    code = .no
                    missed.append(id)
                }
                if session.wantsJSON {
                    try session.emit(
                        job, in: store, adding: existing.contains(id) ? ["existing": .bool(true)] : [:])
                } else {
                    try table.add(job)
                }
            }
            waiting = unfinished.map(\.id)
            try session.screen.flush()
            if waiting.isEmpty { break }
            while try store.dataVersion() == version {
                session.screen.show(progress: progress(unfinished, since: start))
                if let timeout, ContinuousClock.now - start >= .milliseconds(timeout) {
                    session.screen.show(progress: "")
                    let names = waiting.prefix(5).map { String($0) }.joined(separator: ", ")
                    throw Failure(
                        .timedOut,
                        "\(waiting.count) of \(ids.count) jobs have not ended in time: \(names)"
                            + (waiting.count > 5 ? ", …" : ""),
                        hint: SelectionText.of(waiting).map { "jobctl explain \($0)" })
                }
                usleep(100_000)
            }
        }
        session.screen.show(progress: "")
        if session.isQuiet {
            for id in ids { try session.screen.write("\(id)\n") }
        } else if !session.wantsJSON {
            try table.print(session.screen)
        }
        if let ids = SelectionText.of(missed) {
            session.suggest("jobctl explain \(ids), then jobctl retry \(ids)")
        }
        return code
    }

    /// What a person must type before the job can end.
    private func need(of job: Job) -> String? {
        switch job.state {
        case .held: "jobctl release \(job.id)"
        case .uncertain: "jobctl resolve \(job.id) …"
        default: nil
        }
    }

    private func progress(_ jobs: [Job], since start: ContinuousClock.Instant) -> String {
        let elapsed = TimeText.span(
            milliseconds: UInt64(max(0, (ContinuousClock.now - start).wholeMilliseconds)))
        guard jobs.count == 1, let job = jobs.first else {
            return "\(ids.count - jobs.count) of \(ids.count) jobs have ended, \(elapsed)"
        }
        if job.state == .downloading { return "job \(job.id): \(downloads(of: job)), \(elapsed)" }
        let position = job.queuePosition.map { ", position \($0)" } ?? ""
        return "job \(job.id): \(job.state.rawValue)\(position), \(elapsed)"
    }

    /// How far the files are: `downloading 1 of 3 files, 12.5 of 40.0 MB`.
    private func downloads(of job: Job) -> String {
        let outputs = (try? store.outputs(of: job.id)) ?? []
        let done = outputs.count { $0.state == .done }
        let total = outputs.reduce(0) { $0 + max($1.bytes ?? 0, $1.fetched) }
        let fetched = outputs.reduce(0) { $0 + $1.fetched }
        func megabytes(_ bytes: Int64) -> String { "\(Double(bytes / 100_000) / 10)" }
        return
            "downloading \(done) of \(outputs.count) files, \(megabytes(fetched)) of \(megabytes(total)) MB"
    }
}
