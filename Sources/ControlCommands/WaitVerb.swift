internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum WaitVerb: ControlVerb {
    static let command = Command(
        "wait", "wait until jobs have ended", operands: "ID…",
        discussion: [
            "Ends with 0 if all of them completed, with 1 if one did not, with 75 if the time ran out.",
            "On a terminal each unfinished job has a line. A last line counts all of them and estimates the "
                + "time left from the latest jobs of their models. Jobs that ended are printed at the end.",
        ],
        options: Selection.filterOptions + [.timeout],
        examples: [
            .init("jobctl wait 12 13 && echo done", "two jobs"),
            .init("jobctl wait --label cats --timeout 1h", "all unfinished jobs with a label"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let ids = try Selection(
            session, store, states: JobState.allCases.filter { !$0.hasEnded && $0 != .held }
        ).ids
        guard !ids.isEmpty else { throw Failure(.no, "no job matches") }
        for id in ids { _ = try store.job(id) }
        return try Waiting(session: session, store: store, ids: ids).run(timeout: session.span(.timeout))
    }
}

/// Waits until jobs have ended, and looks only when the database has changed.
struct Waiting {
    let session: Session
    let store: JobDatabase
    let ids: [Int64]
    /// Those that existed before the enqueue that waits for them.
    var existing: Set<Int64> = []

    /// What a wait has seen so far.
    private struct Seen {
        var table: JobTable
        /// Jobs that ended in any state but completed.
        var missed: [Int64] = []
        /// Jobs that wait for a person, who was told so.
        var noted: Set<Int64> = []
    }

    /// - Parameter timeout: in milliseconds.
    /// - Returns: success if all of them completed.
    func run(timeout: Int64?) throws -> ExitCode {
        let start = ContinuousClock.now
        session.noteIfNoDaemon(store.directory, "nothing moves until it runs")
        var waiting = ids
        var seen = Seen(table: JobTable(session.screen, now: store.now))
        // A wait that runs out of time prints no part of the table.
        seen.table.writesEarly = false
        let progress = try WaitScreen(session.screen, store, total: ids.count)
        defer { progress.clear() }
        while true {
            let version = try store.version()
            guard let unfinished = try look(at: waiting, &seen, progress) else { return .interrupted }
            waiting = unfinished.map(\.id)
            try session.screen.flush()
            if waiting.isEmpty { break }
            try progress.update(unfinished)
            // Waits at least once, so that a store that changes all the time is not read all the time.
            repeat {
                if let timeout, ContinuousClock.now - start >= .milliseconds(timeout) {
                    progress.clear()
                    throw late(waiting)
                }
                guard progress.pass() else { return .interrupted }
            } while try !store.hasChanged(since: version)
        }
        progress.clear()
        return try close(&seen)
    }

    /// Reports those that have ended. Returns the others; nil if the person has interrupted.
    private func look(at waiting: [Int64], _ seen: inout Seen, _ progress: WaitScreen) throws -> [Job]? {
        var unfinished: [Job] = []
        for (index, id) in waiting.enumerated() {
            if index % 500 == 0, !progress.heed() { return nil }
            guard let job = try store.find(id) else { throw Failure(.no, "job \(id) is gone") }
            guard job.state.hasEnded else {
                unfinished.append(job)
                if let need = need(of: job), seen.noted.insert(id).inserted {
                    progress.clear()
                    session.note("note: job \(id) is \(job.state.rawValue) and waits for you: \(need)")
                }
                continue
            }
            if job.state != .completed { seen.missed.append(id) }
            if session.wantsJSON {
                progress.clear()
                let extra: JSONObject = existing.contains(id) ? ["existing": .bool(true)] : [:]
                try session.emit(job, in: store, adding: extra)
            } else if !session.isQuiet {
                try seen.table.add(job)
            }
        }
        return unfinished
    }

    private func close(_ seen: inout Seen) throws -> ExitCode {
        if session.isQuiet {
            for id in ids { try session.screen.write("\(id)\n") }
        }
        try seen.table.print()
        if let ids = Selection.text(of: seen.missed) {
            session.suggest("jobctl explain \(ids), then jobctl retry \(ids)")
        } else if let ids = Selection.text(of: ids) {
            session.suggest("jobctl show \(ids) shows where the files are")
        }
        return seen.missed.isEmpty ? .success : .no
    }

    private func late(_ waiting: [Int64]) -> Failure {
        let names = waiting.prefix(5).map { String($0) }.joined(separator: ", ")
        let words =
            ids.count == 1
            ? "job \(names) has not ended in time"
            : "\(NumberText.of(waiting.count)) of \(NumberText.of(ids.count)) jobs have not ended in time: "
                + names
                + (waiting.count > 5 ? ", …" : "")
        return Failure(.timedOut, words, hint: Selection.text(of: waiting).map { "jobctl explain \($0)" })
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
