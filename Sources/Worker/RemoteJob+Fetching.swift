internal import Configuration
internal import JobModel
internal import Policy

/// The files of a request that has succeeded: tried in rounds, until all are here or one is given up.
extension RemoteJob {
    /// How fetching one output goes, from one round to the next.
    struct FileProgress: Sendable {
        var pace = FetchPace()
        /// When it is to be tried again.
        var due = Moment.min
        /// What was last noted about it in the job's history.
        var noted: String?
    }

    /// One output that is to be tried now.
    struct FileTry: Sendable {
        let output: Output
        let pace: FetchPace
    }

    /// What is known of the files, in memory only (see `FetchPace`).
    struct Files: Sendable {
        /// By the output's position, after its first try.
        var progress: [Int64: FileProgress] = [:]
        /// How often in a row the job could not be ended although no output was left to try.
        var failures = 0
        /// The service has yet to say what the job cost.
        var costIsDue = false
        /// One at most. The array keeps a job small that has none, as most do.
        private var rounds: [Round] = []

        var round: Round? {
            get { rounds.first }
            // In place: the outputs that are underway are not copied for each file.
            _modify {
                var round = rounds.popLast()
                defer { rounds = round.map { [$0] } ?? [] }
                yield &round
            }
        }

        /// All outputs that are due are tried once; then the job ends, or waits for the next round.
        struct Round: Sendable {
            var job: Job
            var outputs: [Output]
            /// The positions of the outputs that are being tried.
            var underway: Set<Int64> = []
            /// The output that came last: it is recorded with the job's end.
            var last: OutputFetch.Fetched?
            var endedAt: Timestamp?
            /// The cost that the service named when asked again.
            var lateCost: Double?

            var pending: [Output] { outputs.filter { $0.state == .pending } }
        }
    }

    mutating func loaded(_ job: Job?, _ outputs: [Output], _ rules: Rules) -> [Action] {
        guard let job, job.state == .downloading else { return [.leave] }
        files.round = Files.Round(job: job, outputs: outputs)
        return startRound(rules)
    }

    mutating func startRound(_ rules: Rules) -> [Action] {
        guard let round = files.round else { return [.load] }
        let due = round.pending.filter { isDue($0, rules.now) }
        if due.isEmpty { return filesTried(rules) }
        files.round?.underway = Set(due.map(\.position))
        let tries = due.map { FileTry(output: $0, pace: files.progress[$0.position]?.pace ?? FetchPace()) }
        return [.fetch(round.job, tries)]
    }

    /// With a few milliseconds of tolerance, in case the round is slightly early.
    private func isDue(_ output: Output, _ now: Moment) -> Bool {
        files.progress[output.position].map { $0.due <= now + 5 } ?? true
    }

    /// When the first output is to be tried again, of those that are not being tried now.
    var nextFileDue: Moment? {
        guard let round = files.round else { return nil }
        let waiting = round.pending.filter { !round.underway.contains($0.position) }
        return waiting.compactMap { files.progress[$0.position]?.due }.min()
    }

    mutating func file(_ outcome: OutputFetch.Outcome, of output: Output, _ rules: Rules) -> [Action] {
        files.round?.underway.remove(output.position)
        switch outcome {
        case .fetched(let fetched):
            files.progress[output.position] = nil
            guard files.round?.underway.isEmpty == true, nextFileDue == nil else {
                return [.recordFile(fetched)]
            }
            files.round?.last = fetched
            return []
        case .cancelled:
            files.progress[output.position, default: FileProgress()].due = rules.now
            return []
        case .failed(let failure): return failed(failure, of: output, rules)
        }
    }

    private mutating func failed(_ failure: OutputFetch.Failure, of output: Output, _ rules: Rules)
        -> [Action]
    {
        var next = files.progress[output.position] ?? FileProgress()
        let isProgress = next.pace.note(failure.kind, kept: failure.kept, of: failure.total, at: failure.at)
        let wait = rules.delay(after: max(1, next.pace.failures), asked: failure.retryAfter)
        next.due = rules.now + wait.wholeMilliseconds
        var actions = log(failure, next, of: output)
        // If the request was bought at another origin, nobody can say whether the address still holds.
        guard failure.kind == .badAnswer, !isElsewhere(rules.origin) else {
            actions += note(failure, &next, of: output)
            if isProgress, output.attempts > 0 { actions.append(.clearFailures(of: output)) }
            files.progress[output.position] = next
            return actions
        }
        var counted = output
        if isProgress { counted.attempts = 0 }
        let isLast = next.pace.isGivenUp(attempts: counted.attempts + 1, rules.patience, at: failure.at)
        files.progress[output.position] = isLast ? nil : next
        actions.append(
            .countFailure(of: counted, isLast: isLast, fresh: failure.fresh, failure.words))
        if isLast, let job = files.round?.job { actions.append(.removeTemporary(of: output, job)) }
        return actions
    }

    private func log(_ failure: OutputFetch.Failure, _ next: FileProgress, of output: Output) -> [Action] {
        let words = "job \(id) output \(output.position): \(failure.words)"
        if failure.kind == .gaveWay { return [.log(.info, words)] }
        return next.pace.failures > 0 ? [.log(.warning, words)] : []
    }

    /// Notes the trouble in the history, once if it stays the same. Tries that made progress are not noted.
    private func note(_ failure: OutputFetch.Failure, _ next: inout FileProgress, of output: Output)
        -> [Action]
    {
        guard next.pace.failures > 0 else {
            next.noted = nil
            return []
        }
        // The number of bytes differs each time.
        let kind = failure.words.filter { !$0.isNumber }
        guard kind != next.noted else { return [] }
        next.noted = kind
        return [.note(failure.words, output: output.position)]
    }

    mutating func filesTried(_ rules: Rules) -> [Action] {
        guard let round = files.round else { return [.leave] }
        if let due = nextFileDue {
            files.round = nil
            return [.wait(.milliseconds(max(0, due - rules.now)))]
        }
        // If only one was missing and it has come, nothing else can have changed.
        let isKnown = round.pending.count == 1 && round.last != nil
        return isKnown ? decideEnd(round.outputs, rules) : [.loadOutputs]
    }

    /// No output is left to try: ends the job, as its outputs say.
    mutating func decideEnd(_ recorded: [Output], _ rules: Rules) -> [Action] {
        guard var round = files.round else { return [.leave] }
        round.outputs = recorded
        round.endedAt = rules.wall
        if let last = round.last?.output,
            let index = recorded.firstIndex(where: { $0.position == last.position })
        {
            round.outputs[index] = last
            round.outputs[index].state = .done
            round.outputs[index].downloadedAt = rules.wall
            round.outputs[index].fetched = last.bytes ?? last.fetched
        }
        files.round = round
        if !round.pending.isEmpty { return tryLater(rules) }
        if let lost = round.outputs.first(where: { $0.state == .failed }) {
            let count = round.outputs.count { $0.state == .failed }
            let message =
                "\(count) of \(round.outputs.count) outputs could not be had; first number \(lost.position)"
            return [
                .recordLostFiles(last: round.last, lost, message),
                .log(.warning, "job \(id) failed (download): \(message)"),
            ]
        }
        // Asked for as late as possible.
        let isDue = files.costIsDue && round.job.costUSD == nil && !isElsewhere(rules.origin)
        return isDue ? [.askCost(after: .zero)] : complete(nil, rules)
    }

    mutating func complete(_ cost: Double?, _ rules: Rules) -> [Action] {
        guard let round = files.round else { return [.leave] }
        files.round?.lateCost = cost
        guard rules.writesSidecar else { return sidecar(nil, rules) }
        var job = round.job
        job.costUSD = cost ?? job.costUSD
        // The sidecar says what the row will say once the job is completed.
        guard let ended = Change(of: job, by: .fetched, at: round.endedAt ?? rules.wall)?.job else {
            return [.leave]
        }
        return [.writeSidecar(ended, round.outputs)]
    }

    mutating func sidecar(_ trouble: String?, _ rules: Rules) -> [Action] {
        guard let round = files.round else { return [.leave] }
        guard let trouble else {
            let count = round.outputs.count
            return [
                .complete(last: round.last, cost: round.lateCost, at: round.endedAt ?? rules.wall),
                .log(.info, "job \(id) completed: \(count) \(count == 1 ? "file" : "files")"),
            ]
        }
        // The job does not end without its sidecar, since nobody would write it later.
        var actions: [Action] = [.log(.warning, "job \(id): its sidecar cannot be written yet: \(trouble)")]
        if let last = round.last { actions.append(.recordFile(last)) }
        if files.failures == 0, let first = round.outputs.first {
            actions.append(.note(trouble, output: first.position))
        }
        return actions + tryLater(rules)
    }

    private mutating func tryLater(_ rules: Rules) -> [Action] {
        files.round = nil
        files.failures += 1
        return [.wait(rules.delay(after: files.failures))]
    }
}
