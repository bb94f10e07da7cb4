internal import Catalogue
internal import Configuration
internal import Downloader
internal import HTTP
internal import JSON
internal import JobModel
internal import JobStore
internal import Provider
internal import System

/// One try to fetch one output.
struct OutputFetch: Sendable {
    let recorder: Recorder
    let context: WorkerContext
    let places: Places
    let job: Job
    let output: Output
    let progress: Progress
    /// When another output of the job is to be tried again, which waits for the end of this turn.
    let othersDue: Locked<ContinuousClock.Instant?>

    /// What earlier tries say of the next one.
    struct Progress: Sendable {
        var pace = FetchPace()
        /// When it is tried again.
        var due = ContinuousClock.now
        /// What was last said of it in the job's history.
        var noted: String?
    }

    /// A file that is where it belongs, which is yet to be recorded.
    struct Placed: Sendable {
        var output: Output
        var doubt: String?
    }

    enum Fate: Sendable {
        case placed(Placed)
        case later(Progress)
        case givenUp
    }

    /// What a failed try leaves: how many bytes need not come again, and of how many.
    private typealias Kept = (bytes: Int64, total: Int64?)

    func fate() async -> Fate {
        let kept = Locked<Kept>((0, nil))
        let result: Result<DownloadedFile, DownloadFailure>
        do {
            result = try await places.use { place in
                do throws(DownloadFailure) { return .success(try await self.place(place, kept)) } catch {
                    return .failure(error)
                }
            }
        } catch {
            return .later(progress)
        }
        switch result {
        case .success(let file): return .placed(Placed(output: finished(file), doubt: file.doubt))
        case .failure(.cancelled): return .later(progress)
        case .failure(let failure): return await failed(failure, kept.withLock { $0 })
        }
    }

    // MARK: - The try

    private func place(_ place: Places.Place, _ kept: Locked<Kept>) async throws(DownloadFailure)
        -> DownloadedFile
    {
        let kind = MediaKind(rawValue: output.kind.rawValue) ?? .file
        if let recorded = output.path, await isOwn(recorded) {
            let (root, path) = context.place(of: recorded)
            // What cannot be opened there is not the file; then it is fetched again.
            let found = try? await context.downloader.adopt(
                path, root: root, kind: kind, expectedBytes: output.bytes, sha256: output.sha256)
            if var found = found ?? nil {
                found.path = recorded
                await removeTemporary()
                return found
            }
        }
        if Task.isCancelled { throw .cancelled }
        var file = try await context.downloader.fetch(order(kind, place, kept))
        file.path = context.recorded(file.path)
        return file
    }

    /// Two jobs' outputs may have been recorded under one name, of which one has got it.
    private func isOwn(_ path: String) async -> Bool {
        (try? await recorder.store.read { try !$0.isAnothers(path: path, than: output) }) ?? false
    }

    private func order(_ kind: MediaKind, _ place: Places.Place, _ kept: Locked<Kept>) -> DownloadOrder {
        DownloadOrder(
            url: output.url, kind: kind, root: context.outputRoot, name: context.outputName, fields: fields,
            didProgress: { fetched, total in
                // Small files are there before anybody could look at their progress, but for those that drip.
                guard fetched > 0 || total ?? 0 > 1 << 20 else { return }
                recorder.store.post { try $0.progress(fetched, of: total, in: output.jobID, output.position) }
            },
            willRename: { file in
                try await recorder.store.write { database in
                    try database.announce(
                        path: context.recorded(file.path), bytes: file.bytes, sha256: file.sha256,
                        of: output.jobID, output.position)
                }
            },
            givesWay: GivesWay(window: window(place)) {
                place.offer() || othersDue.withLock { $0.map { $0 <= .now } ?? false }
            },
            didKeep: { bytes, total in kept.withLock { $0 = (bytes, total) } })
    }

    /// For how long it may drip before it gives way. The longer windows of those that cannot be continued are
    /// for half of the places: the others' files must not wait for them.
    private func window(_ place: Places.Place) -> Duration {
        let shortest = context.configuration.answerTimeout
        let window = progress.pace.window(shortest)
        return window > shortest && !place.keepsLonger() ? shortest : window
    }

    // MARK: - What comes of a failure

    private func failed(_ failure: DownloadFailure, _ kept: Kept) async -> Fate {
        var next = progress
        let isProgress = next.pace.note(failure.setback, kept: kept.bytes, of: kept.total, at: .now)
        next.due = .now + context.delay(after: max(1, next.pace.failures), asked: failure.retryAfter)
        if case .gaveWay = failure {
            context.log.info("job \(job.id) output \(output.position): \(failure)")
        } else if next.pace.failures > 0 {
            context.log.warning("job \(job.id) output \(output.position): \(failure)")
        }
        // With another api_url nobody can say whether the address still holds.
        guard failure.countsAsAttempt, !context.isElsewhere(job.origin) else {
            note(failure, &next)
            if isProgress, output.attempts > 0 { recorder.store.post { try $0.clearFailures(of: output) } }
            return .later(next)
        }
        var counted = output
        if isProgress { counted.attempts = 0 }
        let patience = FetchPace.Patience(
            attempts: context.configuration.retryAttempts, time: context.configuration.retryPatience)
        let isLast = next.pace.isGivenUp(attempts: counted.attempts + 1, patience, at: .now)
        do { try await record(failure, of: counted, isLast: isLast) } catch { return .later(next) }
        guard isLast else { return .later(next) }
        await removeTemporary()
        return .givenUp
    }

    /// Whoever wonders why it takes so long finds what stands in the way. A row of the same is said once;
    /// what brings the file nearer is no trouble.
    private func note(_ failure: DownloadFailure, _ next: inout Progress) {
        guard next.pace.failures > 0 else { return next.noted = nil }
        let words = "\(failure)"
        // Counts of bytes differ each time.
        let kind = words.filter { !$0.isNumber }
        guard kind != next.noted else { return }
        next.noted = kind
        recorder.note(words, of: output)
    }

    /// Counts a bad answer, and asks for a fresh address where the old one has gone.
    private func record(_ failure: DownloadFailure, of output: Output, isLast: Bool) async throws {
        var fresh: [String] = []
        if case .badAnswer = failure, let requestID = job.requestID,
            case .succeeded(let outputs, _) = try await context.client.result(of: requestID, model: job.model)
        {
            fresh = outputs.map(\.url)
        }
        let (urls, reason) = (fresh, "\(failure)")
        try await recorder.write("an output of job \(output.jobID)") { database in
            try database.countFailure(of: output, isLast: isLast, fresh: urls, reason: reason)
        }
    }

    /// What a download leaves that does not go on: nobody else would look for it.
    private func removeTemporary() async {
        try? await context.downloader.removeTemporary(
            root: context.outputRoot, name: context.outputName, fields: fields)
    }

    // MARK: - The file

    private var fields: OutputNameFields {
        let input = (try? JSON(parsing: job.input)) ?? .null
        let created = LocalTime(utc: job.createdAt.description)
        return OutputNameFields(
            id: job.id, index: Int(output.position),
            created: created ?? LocalTime(year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0),
            model: job.model, label: job.label,
            prompt: Schema.prompt(of: input, schema: Schema.builtIn(job.model)),
            seed: input["seed"].map { $0.string ?? $0.text }, requestID: job.requestID)
    }

    private func finished(_ file: DownloadedFile) -> Output {
        var done = output
        done.path = file.path
        done.bytes = file.bytes
        done.sha256 = file.sha256
        done.kind = Output.Kind(rawValue: file.facts.kind.rawValue) ?? output.kind
        done.mediaType = file.facts.mediaType
        done.width = file.facts.width.map { Int64($0) }
        done.height = file.facts.height.map { Int64($0) }
        done.durationSeconds = file.facts.duration
        return done
    }
}

extension DownloadFailure {
    fileprivate var setback: FetchPace.Setback {
        if case .gaveWay = self { return .gaveWay }
        return countsAsAttempt ? .badAnswer : .trouble
    }
}
