internal import Configuration
internal import Downloader
internal import JSON
internal import JobModel
internal import JobStore
internal import Provider
internal import System

/// Fetches the outputs of one job that has finished over there, until all are on disk or one is given up.
struct Fetching: Sendable {
    let recorder: Recorder
    let context: WorkerContext
    let places: Places
    /// Whether the service has yet to say what the job cost.
    let costIsDue: Bool

    /// What is known of a job that is being fetched, from one turn to the next. In memory alone.
    struct Progress: Sendable {
        /// How each output goes, by its position.
        var outputs: [Int64: OutputFetch.Progress] = [:]
        /// How often in a row the job could not be ended, with all its outputs here.
        var failures = 0
    }

    /// A turn: the outputs whose time has come are tried once.
    ///
    /// - Parameter landed: the job as it was recorded just now; nil has it read.
    func fetch(_ id: Int64, _ landed: Landed?, _ known: Progress) async throws -> (NextLook, Progress) {
        var progress = known
        guard let (job, outputs) = try await current(id, landed), job.state == .downloading else {
            return (.never, progress)
        }
        let pending = outputs.filter { $0.state == .pending }
        let due = progress.due(of: pending, at: .now)
        let tried = Set(due.map(\.position))
        let othersDue = Locked(progress.nextDue(of: pending.filter { !tried.contains($0.position) }))
        let attempts = due.map { output in
            OutputFetch(
                recorder: recorder, context: context, places: places, job: job, output: output,
                progress: progress.outputs[output.position] ?? .init(), othersDue: othersDue)
        }
        var last: OutputFetch.Placed?
        var answered = 0
        try await each(attempts) { position, fate in
            answered += 1
            progress.outputs[position] = nil
            switch fate {
            // The last one is recorded with the job's end, in one commit.
            case .placed(let placed) where answered == due.count && othersDue.withLock({ $0 }) == nil:
                last = placed
            case .placed(let placed): try await record(placed)
            case .later(let later):
                progress.outputs[position] = later
                othersDue.withLock { $0 = min($0 ?? later.due, later.due) }
            case .givenUp: break
            }
        }
        try Task.checkCancellation()
        if let due = progress.nextDue(of: pending) { return (.after(max(.zero, due - .now)), progress) }
        // Where one was missing and is here, it is known how all stand.
        let next = try await finish(job, last, pending.count == 1 && last != nil ? outputs : nil, &progress)
        return (next, progress)
    }

    private func current(_ id: Int64, _ landed: Landed?) async throws -> (Job, [Output])? {
        if let landed { return (landed.job, landed.outputs) }
        return try await recorder.store.read { database in
            try database.find(id).map { ($0, try database.outputs(of: id)) }
        }
    }

    /// Runs the attempts at the same time, and takes what becomes of each, one after another.
    private func each(
        _ attempts: [OutputFetch], _ take: (Int64, OutputFetch.Fate) async throws -> Void
    ) async throws {
        // A group is dear for one.
        if attempts.count == 1 { return try await take(attempts[0].output.position, attempts[0].fate()) }
        try await withThrowingTaskGroup(of: (Int64, OutputFetch.Fate).self) { group in
            for attempt in attempts { group.addTask { (attempt.output.position, await attempt.fate()) } }
            for try await (position, fate) in group { try await take(position, fate) }
        }
    }

    private func record(_ placed: OutputFetch.Placed) async throws {
        try await recorder.write("an output of job \(placed.output.jobID)") {
            try $0.finish(placed.output, doubt: placed.doubt)
        }
    }

    /// - Parameter known: the outputs as the database has them, where no other was worked on meanwhile.
    private func finish(
        _ job: Job, _ last: OutputFetch.Placed?, _ known: [Output]?, _ progress: inout Progress
    ) async throws -> NextLook {
        let now = Timestamp.now
        let outputs = try await outputs(of: job, last?.output, known, at: now)
        if outputs.contains(where: { $0.state == .pending }) { return later(&progress) }
        if let lost = outputs.first(where: { $0.state == .failed }) {
            try await fail(job, last, outputs, lost)
            return .never
        }
        let cost = try await lateCost(of: job)
        var job = job
        job.costUSD = cost ?? job.costUSD
        do throws(DownloadFailure) {
            if context.configuration.writesSidecar { try await writeSidecar(job, outputs, at: now) }
        } catch {
            // A disk's trouble is waited for, as with the outputs: nobody would write the sidecar later.
            context.log.warning("job \(job.id): its sidecar cannot be written yet: \(error)")
            if let last { try await record(last) }
            if progress.failures == 0, let first = outputs.first { recorder.note("\(error)", of: first) }
            return later(&progress)
        }
        _ = try await recorder.write("job \(job.id)") { [job] database in
            if let last { try database.finish(last.output, doubt: last.doubt, at: now) }
            if let cost { try database.note(cost: cost, of: job.id) }
            return try database.record(.fetched, for: job.id, in: .downloading, at: now)
        }
        context.log.info("job \(job.id) completed: \(outputs.count) \(outputs.count == 1 ? "file" : "files")")
        return .never
    }

    private func later(_ progress: inout Progress) -> NextLook {
        progress.failures += 1
        return .after(context.delay(after: progress.failures))
    }

    /// The outputs as they will stand once the last one is recorded.
    private func outputs(of job: Job, _ last: Output?, _ known: [Output]?, at now: Timestamp) async throws
        -> [Output]
    {
        var outputs: [Output]
        if let known {
            outputs = known
        } else {
            outputs = try await recorder.store.read { try $0.outputs(of: job.id) }
        }
        if var last, let index = outputs.firstIndex(where: { $0.position == last.position }) {
            last.state = .done
            last.downloadedAt = now
            last.fetched = last.bytes ?? last.fetched
            outputs[index] = last
        }
        return outputs
    }

    private func fail(_ job: Job, _ last: OutputFetch.Placed?, _ outputs: [Output], _ lost: Output)
        async throws
    {
        let count = outputs.count { $0.state == .failed }
        let message = "\(count) of \(outputs.count) outputs could not be had; first number \(lost.position)"
        _ = try await recorder.write("job \(job.id)") { database in
            if let last { try database.finish(last.output, doubt: last.doubt) }
            let reason = try database.lastFault(of: job.id, lost.position)
            return try database.record(
                .failed(JobFailure(.download, reason.map { "\(message): \($0)" } ?? message)), for: job.id,
                in: .downloading)
        }
        context.log.warning("job \(job.id) failed (download): \(message)")
    }

    /// Asked once more, when everything else is done.
    private func lateCost(of job: Job) async throws -> Double? {
        guard costIsDue, job.costUSD == nil, let requestID = job.requestID, !context.isElsewhere(job.origin)
        else { return nil }
        return try await LateCost(client: context.client).ask(requestID, model: job.model)
    }

    /// The sidecar says what the row will say once it is completed.
    private func writeSidecar(_ job: Job, _ outputs: [Output], at now: Timestamp)
        async throws(DownloadFailure)
    {
        var ended = job
        guard ended.apply(.fetched, at: now), let path = outputs.first?.path else { return }
        let (root, place) = context.place(of: path)
        let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? ""
        let text = Array((ended.json(outputs: outputs).indentedText + "\n").utf8)
        try await context.downloader.writeSidecar(
            text, root: root, path: folder + Sidecar.name(id: job.id))
    }
}

extension Fetching.Progress {
    /// The outputs whose time has come. A turn that is a moment early does not come for nothing.
    fileprivate func due(of pending: [Output], at now: ContinuousClock.Instant) -> [Output] {
        pending.filter { outputs[$0.position].map { $0.due <= now + .milliseconds(5) } ?? true }
    }

    /// When the next of these is tried again; nil where none is.
    fileprivate func nextDue(of pending: [Output]) -> ContinuousClock.Instant? {
        pending.compactMap { outputs[$0.position]?.due }.min()
    }
}
