internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

enum WaitVerb: ControlVerb {
    static let command = Command(
        "wait", "wait until jobs have ended", operands: "ID…",
        discussion: [
            """
            At the end it prints the absolute path of each file, one a line, and says of each job that did \
            not complete why not. Ends with 0 if all of them completed, with 1 if one did not, with 75 if \
            the time ran out.
            """,
            """
            On a terminal each unfinished job has a line. A last line counts all of them and estimates the \
            time left from the latest jobs of their models. Ctrl-C ends the wait; the jobs go on.
            """,
            "With --json it prints a job's object as soon as the job has ended, and no paths. With -q it "
                + "prints all ids at the end.",
        ],
        options: Selection.filterOptions + [.timeout],
        examples: [
            .init("jobctl wait 12 13 && echo done", "two jobs"),
            .init("jobctl wait --label cats --timeout 1h", "all unfinished jobs with a label"),
            .init("feh $(jobctl wait 12)", "look at its pictures once they are here"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let selection = try Selection(session, store, states: JobState.allCases.filter(\.waitsForDaemon))
        let ids = selection.ids
        guard !ids.isEmpty else { throw try session.nothingMatched(selection.filter, in: store) }
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
        /// Jobs that ended in any state but completed.
        var missed: [Job] = []
        /// Jobs that wait for a person, who was told so.
        var noted: Set<Int64> = []
    }

    /// - Parameter timeout: in milliseconds.
    /// - Returns: success if all of them completed.
    func run(timeout: Int64?) throws -> ExitCode {
        let start = ContinuousClock.now
        var waiting = ids
        var seen = Seen()
        // From now on, Ctrl-C is answered.
        let progress = try WaitScreen(session.screen, store, total: ids.count)
        defer { progress.clear() }
        session.waitOut(store, clear: progress.clear) {
            if !progress.heed() {
                throw Failure(.interrupted, "interrupted; the store is away", hint: waitHint)
            }
            if let timeout, .now - start >= .milliseconds(timeout) {
                throw Failure(.timedOut, "the store is away, and the time is over", hint: waitHint)
            }
        }
        session.note("waiting for \(Self.words(for: ids))")
        session.noteIfNoDaemon(store, "nothing moves until it runs")
        while true {
            let version = try store.version()
            guard let unfinished = try look(at: waiting, &seen, progress) else { throw interrupted }
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
                guard progress.pass() else { throw interrupted }
            } while try !store.hasChanged(since: version)
        }
        progress.clear()
        return try close(seen.missed)
    }

    /// Notes those that have ended. Returns the others; nil if the person has interrupted.
    private func look(at waiting: [Int64], _ seen: inout Seen, _ progress: WaitScreen) throws -> [Job]? {
        var unfinished: [Job] = []
        for (index, id) in waiting.enumerated() {
            if index % 500 == 0, !progress.heed() { return nil }
            guard let job = try store.find(id) else { throw Failure(.no, "job \(id) is gone") }
            let obstacle = try obstacle(to: job)
            if let obstacle {
                progress.clear()
                session.note(obstacle)
            }
            guard job.state.hasEnded || obstacle != nil else {
                unfinished.append(job)
                if let need = try need(of: job), seen.noted.insert(id).inserted {
                    progress.clear()
                    session.note("note: job \(id) is \(job.state.rawValue) and waits for you: \(need)")
                }
                continue
            }
            if job.state != .completed { seen.missed.append(job.withoutInput) }
            if session.wantsJSON {
                progress.clear()
                let extra: JSONObject = existing.contains(id) ? ["existing": .bool(true)] : [:]
                try session.emit(job, in: store, adding: extra)
            }
        }
        return unfinished
    }

    /// Why a job cannot go on without a person, because of those that it is made from.
    private func obstacle(to job: Job) throws -> String? {
        guard !job.state.hasEnded, job.waitsFor > 0, let id = try store.failedSource(of: job.id) else {
            return nil
        }
        let how =
            switch try store.find(id)?.state {
            case .failed?: "has failed: jobctl retry \(id)"
            case .cancelled?: "was cancelled: jobctl retry \(id)"
            default: "is not there any more: jobctl cancel \(job.id)"
            }
        return "job \(job.id) waits for job \(id), which \(how)"
    }

    /// Says what did not complete and why, and where the files are.
    private func close(_ missed: [Job]) throws -> ExitCode {
        if !session.wantsJSON {
            for job in missed.sorted(by: { $0.id < $1.id }) { sayWhy(job) }
            if ids.count > 1 {
                let completed = NumberText.of(ids.count - missed.count)
                session.note("\(completed) of \(NumberText.of(ids.count, "job")) completed")
            }
            let places = OutputPlaces(store.directory)
            for id in ids {
                if session.isQuiet {
                    try session.screen.write("\(id)\n")
                } else {
                    for output in try store.outputs(of: id) where output.hasFile || output.isElsewhere {
                        if let place = places.place(of: output) { try session.write(path: place) }
                    }
                }
            }
        }
        if let ids = JobIDs.text(of: missed.filter(\.state.hasEnded).map(\.id)) {
            session.suggest("jobctl explain \(ids), then jobctl retry \(ids)")
        } else if missed.isEmpty, ids.count == 1 {
            session.suggest("jobctl open \(ids[0])")
        }
        return missed.isEmpty ? .success : .no
    }

    private func sayWhy(_ job: Job) {
        guard job.state.hasEnded else { return }
        let kind = job.failureKind.map { " (\($0.rawValue))" } ?? ""
        let words = "job \(job.id) \(job.state == .failed ? "failed" : "was cancelled")\(kind)"
        let text = StyledText(words + (job.message.map { ": \($0)" } ?? ""))
        let isCut = session.screen.standardErrorIsTerminal
        session.note(isCut ? text.cut(to: session.screen.width).plain : text.plain)
    }

    /// Few jobs are named one by one.
    private static func words(for ids: [Int64]) -> String {
        if ids.count == 1 { return "job \(ids[0])" }
        return "jobs "
            + (ids.count > 10
                ? JobIDs.ranges(of: ids).joined(separator: " ") : ids.map { "\($0)" }.joined(separator: ", "))
    }

    private var interrupted: Failure {
        let (one, goesOn) = (ids.count == 1, session.isDaemonRunning(store))
        let who =
            (one ? "job \(ids[0])" : "the \(NumberText.of(ids.count, "job"))")
            + (goesOn ? (one ? " goes on" : " go on") : (one ? " waits for jobd" : " wait for jobd"))
        return Failure(.interrupted, "interrupted; \(who)", hint: waitHint)
    }

    private var waitHint: String {
        "to wait for \(ids.count == 1 ? "it" : "them") again: "
            + "jobctl wait \(JobIDs.ranges(of: ids).joined(separator: " "))"
    }

    private func late(_ waiting: [Int64]) -> Failure {
        let names = waiting.prefix(5).map { String($0) }.joined(separator: ", ")
        let words =
            ids.count == 1
            ? "job \(names) has not ended in time"
            : "\(NumberText.of(waiting.count)) of \(NumberText.of(ids.count, "job")) have not ended in time: "
                + names
                + (waiting.count > 5 ? ", …" : "")
        return Failure(.timedOut, words, hint: JobIDs.text(of: waiting).map { "jobctl explain \($0)" })
    }

    /// What a person must type before the job can end.
    private func need(of job: Job) throws -> String? {
        if job.waitsFor > 0 {
            let picks = try store.missing(of: job.id).lazy.filter { $0.part == .pick }
            let wanted = try picks.first { try store.find($0.sourceID)?.state == .completed }
            return wanted.map { "jobctl pick \($0.sourceID) N" }
        }
        return switch job.state {
        case .held: "jobctl release \(job.id)"
        case .uncertain: "jobctl resolve \(job.id) …"
        default: nil
        }
    }
}
