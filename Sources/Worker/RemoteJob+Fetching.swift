internal import Configuration
internal import JobModel
internal import Policy

/// How the files of a finished request come: tried one turn after another, until all are here or one is given
/// up.
extension RemoteJob {
    /// How the fetching of one output goes, from one turn to the next.
    struct FileProgress: Sendable {
        var pace = FetchPace()
        /// When it is tried again.
        var due = Moment.min
        /// What was last said of it in the job's history.
        var noted: String?
    }

    /// One output that is to be tried now.
    struct FileTry: Sendable {
        let output: Output
        let pace: FetchPace
    }

    /// What is known of the files. In memory alone: a restart begins again, which costs a server a few
    /// requests and gives nothing up early.
    struct Files: Sendable {
        /// By the output's position; those alone that have had a try.
        var progress: [Int64: FileProgress] = [:]
        /// How often in a row the job could not be ended, with all its outputs here.
        var failures = 0
        /// The service has yet to say what the job cost.
        var costIsDue = false
        /// A list of one at most: a job that waits is small.
        private var turns: [Turn] = []

        var turn: Turn? {
            get { turns.first }
            set { turns = newValue.map { [$0] } ?? [] }
        }

        /// What is worked with while files are fetched.
        struct Turn: Sendable {
            var job: Job
            var outputs: [Output]
            /// How many tries are under way.
            var open = 0
            /// The output that came last: it is recorded with the job's end.
            var last: OutputFetch.Placed?
            var endedAt: Timestamp?
            /// What the service said of the cost when asked once more.
            var lateCost: Double?

            var pending: [Output] { outputs.filter { $0.state == .pending } }
        }
    }

    mutating func loaded(_ job: Job?, _ outputs: [Output], _ rules: Rules) -> [Action] {
        guard let job, job.state == .downloading else { return [.leave] }
        files.turn = Files.Turn(job: job, outputs: outputs)
        return startTurn(rules)
    }

    /// The outputs whose time has come are tried once.
    mutating func startTurn(_ rules: Rules) -> [Action] {
        guard let turn = files.turn else { return [.load] }
        let due = turn.pending.filter { isDue($0, rules.now) }
        files.turn?.open = due.count
        if due.isEmpty { return filesTried(rules) }
        return [
            .fetch(
                turn.job,
                due.map { FileTry(output: $0, pace: files.progress[$0.position]?.pace ?? FetchPace()) })
        ]
    }

    /// With a few milliseconds of tolerance, so that a turn that is slightly early still tries it.
    private func isDue(_ output: Output, _ now: Moment) -> Bool {
        files.progress[output.position].map { $0.due <= now + 5 } ?? true
    }

    /// When an output that was tried before is to be tried again.
    var nextFileDue: Moment? {
        files.turn?.pending.compactMap { files.progress[$0.position]?.due }.min()
    }

    /// When one is to be tried again that is not being tried now.
    func nextWaitingFile(besides tries: [FileTry]) -> Moment? {
        let underway = Set(tries.map(\.output.position))
        return files.turn?.pending.filter { !underway.contains($0.position) }
            .compactMap { files.progress[$0.position]?.due }.min()
    }

    mutating func file(_ fate: OutputFetch.Fate, of output: Output, _ rules: Rules) -> [Action] {
        files.turn?.open -= 1
        switch fate {
        case .placed(let placed):
            files.progress[output.position] = nil
            guard files.turn?.open == 0, nextFileDue == nil else { return [.recordFile(placed)] }
            files.turn?.last = placed
            return []
        case .cancelled:
            files.progress[output.position, default: FileProgress()].due = rules.now
            return []
        case .failed(let setback): return failed(setback, of: output, rules)
        }
    }

    private mutating func failed(_ failure: OutputFetch.Setback, of output: Output, _ rules: Rules)
        -> [Action]
    {
        var next = files.progress[output.position] ?? FileProgress()
        let isProgress = next.pace.note(failure.kind, kept: failure.kept, of: failure.total, at: failure.at)
        let wait = rules.delay(after: max(1, next.pace.failures), asked: failure.retryAfter)
        next.due = rules.now + wait.wholeMilliseconds
        var actions = log(failure, next, of: output)
        // With another api_url nobody can say whether the address still holds.
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
        if isLast, let job = files.turn?.job { actions.append(.removeTemporary(of: output, job)) }
        return actions
    }

    private func log(_ failure: OutputFetch.Setback, _ next: FileProgress, of output: Output) -> [Action] {
        let words = "job \(id) output \(output.position): \(failure.words)"
        if failure.kind == .gaveWay { return [.log(.info, words)] }
        return next.pace.failures > 0 ? [.log(.warning, words)] : []
    }

    /// Notes for the history what stands in the way. The same trouble in a row is noted once. Tries that made
    /// progress are not noted.
    private func note(_ failure: OutputFetch.Setback, _ next: inout FileProgress, of output: Output)
        -> [Action]
    {
        guard next.pace.failures > 0 else {
            next.noted = nil
            return []
        }
        // Counts of bytes differ each time.
        let kind = failure.words.filter { !$0.isNumber }
        guard kind != next.noted else { return [] }
        next.noted = kind
        return [.note(failure.words, output: output.position)]
    }

    mutating func filesTried(_ rules: Rules) -> [Action] {
        guard let turn = files.turn else { return [.leave] }
        if let due = nextFileDue {
            files.turn = nil
            return [.wait(.milliseconds(max(0, due - rules.now)))]
        }
        // If only one was missing and it has come, the others are known to be settled.
        return turn.pending.count == 1 && turn.last != nil ? judge(turn.outputs, rules) : [.loadOutputs]
    }

    /// No output is left to try: how do they stand?
    mutating func judge(_ recorded: [Output], _ rules: Rules) -> [Action] {
        guard var turn = files.turn else { return [.leave] }
        turn.outputs = recorded
        turn.endedAt = rules.wall
        if let last = turn.last?.output,
            let index = recorded.firstIndex(where: { $0.position == last.position })
        {
            turn.outputs[index] = last
            turn.outputs[index].state = .done
            turn.outputs[index].downloadedAt = rules.wall
            turn.outputs[index].fetched = last.bytes ?? last.fetched
        }
        files.turn = turn
        if !turn.pending.isEmpty { return tryLater(rules) }
        if let lost = turn.outputs.first(where: { $0.state == .failed }) {
            let count = turn.outputs.count { $0.state == .failed }
            let message =
                "\(count) of \(turn.outputs.count) outputs could not be had; first number \(lost.position)"
            return [
                .recordLostFiles(last: turn.last, lost, message),
                .log(.warning, "job \(id) failed (download): \(message)"),
            ]
        }
        // Asked once more, when everything else is done.
        let isDue = files.costIsDue && turn.job.costUSD == nil && !isElsewhere(rules.origin)
        return isDue ? [.askCost(after: .zero)] : complete(nil, rules)
    }

    mutating func complete(_ cost: Double?, _ rules: Rules) -> [Action] {
        guard let turn = files.turn else { return [.leave] }
        files.turn?.lateCost = cost
        guard rules.writesSidecar else { return sidecar(nil, rules) }
        var job = turn.job
        job.costUSD = cost ?? job.costUSD
        // It says what the row will say once the job is completed.
        guard let ended = Change(of: job, by: .fetched, at: turn.endedAt ?? rules.wall)?.job else {
            return [.leave]
        }
        return [.writeSidecar(ended, turn.outputs)]
    }

    mutating func sidecar(_ trouble: String?, _ rules: Rules) -> [Action] {
        guard let turn = files.turn else { return [.leave] }
        guard let trouble else {
            let count = turn.outputs.count
            return [
                .complete(last: turn.last, cost: turn.lateCost, at: turn.endedAt ?? rules.wall),
                .log(.info, "job \(id) completed: \(count) \(count == 1 ? "file" : "files")"),
            ]
        }
        // A disk's trouble is waited for, as with the outputs: nobody would write the sidecar later.
        var actions: [Action] = [.log(.warning, "job \(id): its sidecar cannot be written yet: \(trouble)")]
        if let last = turn.last { actions.append(.recordFile(last)) }
        if files.failures == 0, let first = turn.outputs.first {
            actions.append(.note(trouble, output: first.position))
        }
        return actions + tryLater(rules)
    }

    private mutating func tryLater(_ rules: Rules) -> [Action] {
        files.turn = nil
        files.failures += 1
        return [.wait(rules.delay(after: files.failures))]
    }
}
