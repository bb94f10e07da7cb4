internal import Calendar
internal import Catalogue
internal import Configuration
internal import Descriptions
internal import Downloader
internal import HTTP
internal import JSON
internal import JobModel
internal import JobStore
internal import Media
internal import Outputs
internal import Policy
internal import System

/// When another output of the same job is due. It can only be tried after this round of tries, so a download
/// that drips gives way to it.
typealias OthersDue = Locked<ContinuousClock.Instant?>

/// Gets the files of a job to where they are kept. jobd uses `ConfiguredFetcher`; tests use another one.
protocol OutputFetcher: Sendable {
    /// Tries one output once.
    func fetch(_ output: Output, of job: Job, _ pace: FetchPace, _ othersDue: OthersDue) async
        -> OutputFetch.Outcome
    /// - Returns: why it could not be written.
    func writeSidecar(_ job: Job, _ outputs: [Output]) async -> String?
    /// Removes what a download has left that will not be continued.
    func removeTemporary(of output: Output, _ job: Job) async
}

/// Fetches files to where the configuration says.
struct ConfiguredFetcher: OutputFetcher {
    let store: JobStore
    let context: WorkerContext
    let slots: DownloadSlots
    /// Uploads have slots of their own, so that a storage that hangs holds up no download.
    let uploads: DownloadSlots

    func fetch(_ output: Output, of job: Job, _ pace: FetchPace, _ othersDue: OthersDue) async
        -> OutputFetch.Outcome
    {
        await OutputFetch(fetcher: self, job: job, output: output, pace: pace, othersDue: othersDue).run()
    }

    func writeSidecar(_ job: Job, _ outputs: [Output]) async -> String? {
        guard let path = outputs.first?.path else { return nil }
        do throws(DownloadFailure) {
            if context.configuration.writesSidecar {
                let object = job.json(outputs: outputs, file: context.outputs.path)
                let sidecar = context.outputs.file(path).sidecar(of: job.id)
                try await context.downloader.writeSidecar(
                    Array((object.indentedText + "\n").utf8), to: sidecar)
            }
            if context.configuration.writesXMP { try await writeXMP(job, outputs) }
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func writeXMP(_ job: Job, _ outputs: [Output]) async throws(DownloadFailure) {
        // What is picked may have changed since the job's outputs were read.
        let picked = try? await store.read { try $0.outputs(of: job.id).map(\.pickedAt) }
        for (index, output) in outputs.enumerated() {
            guard let path = output.path else { continue }
            var output = output
            if let picked, picked.indices.contains(index) { output.pickedAt = picked[index] }
            let text = FileDescription(of: job, output, schema: Schema.builtIn(job.model)).xmp
            try await context.downloader.writeSidecar(
                Array(text.utf8), to: context.outputs.file(path).xmp, replacing: FileDescription.isOurs)
        }
    }

    func removeTemporary(of output: Output, _ job: Job) async {
        try? await context.downloader.removeTemporary(
            root: context.outputs.current.path, name: context.outputName,
            fields: OutputNameFields(job, output))
    }
}

/// One try to fetch one output.
struct OutputFetch: Sendable {
    let fetcher: ConfiguredFetcher
    let job: Job
    let output: Output
    let pace: FetchPace
    let othersDue: OthersDue

    enum Outcome: Sendable {
        case fetched(Fetched)
        case failed(Failure)
        case cancelled

        var failure: Failure? { if case .failed(let failure) = self { failure } else { nil } }
    }

    /// The file is here under its final name, which is not recorded as done yet.
    struct Fetched: Sendable {
        var output: Output
        var doubt: String?
    }

    struct Failure: Sendable {
        let kind: FetchPace.Setback
        let words: String
        /// What a person has to do something about.
        var trouble: Trouble.Kind?
        /// Whether the service may name another address if asked again, and the addresses that it named then.
        var addressIsGone = false
        var fresh: [String] = []
        /// For how long the server asks to be left alone.
        var retryAfter: Duration?
        /// How many bytes need not be fetched again, and of how many.
        var kept: Int64 = 0
        var total: Int64?
        var at = SuspendingClock.Instant.now
    }

    private typealias Kept = (bytes: Int64, total: Int64?)

    private var context: WorkerContext { fetcher.context }

    func run() async -> Outcome {
        let kept = Locked<Kept>((0, nil))
        let result: Result<Fetched, DownloadFailure>?
        result = try? await fetcher.slots.use { slot in
            do throws(DownloadFailure) { return .success(try await self.adoptOrDownload(slot, kept)) } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let fetched): return await stored(fetched)
        case nil, .failure(.cancelled): return .cancelled
        case .failure(let failure):
            if let found = await found(after: failure) { return .fetched(found) }
            let (bytes, total) = kept.withLock { $0 }
            return .failed(Failure(failure, kept: bytes, of: total))
        }
    }

    /// If an earlier try has recorded a path and the whole file is there, it is taken.
    private func adoptOrDownload(_ slot: DownloadSlots.Slot, _ kept: Locked<Kept>)
        async throws(DownloadFailure) -> Fetched
    {
        if let recorded = output.path, await isOwn(recorded) {
            // A file that cannot be opened is fetched again.
            let found = try? await context.downloader.adopt(
                context.outputs.file(recorded), kind: output.kind, expectedBytes: output.bytes,
                sha256: output.sha256
            )
            if let found = found ?? nil {
                await fetcher.removeTemporary(of: output, job)
                return finished(found, at: recorded)
            }
        }
        if Task.isCancelled { throw .cancelled }
        let file = try await context.downloader.fetch(order(slot, kept))
        return finished(file, at: recordedPath(of: file))
    }

    private func recordedPath(of file: DownloadedFile) -> String {
        context.outputs.recorded(OutputFile(folder: context.outputs.current, path: file.path))
    }

    /// One path may be recorded for two outputs, only one of which owns the file.
    private func isOwn(_ path: String) async -> Bool {
        (try? await fetcher.store.read { try !$0.isAnothers(path: path, than: output) }) ?? false
    }

    private func order(_ slot: DownloadSlots.Slot, _ kept: Locked<Kept>) -> DownloadOrder {
        let store = fetcher.store
        return DownloadOrder(
            url: output.url, kind: output.kind, root: context.outputs.current.path, name: context.outputName,
            fields: OutputNameFields(job, output),
            didProgress: { fetched, total in
                // Small files are here before anybody could look at their progress, unless they drip.
                guard fetched > 0 || total ?? 0 > 1 << 20 else { return }
                store.post { try $0.progress(fetched, of: total, in: output.jobID, output.position) }
            },
            willRename: { file in
                try await store.write(of: output.jobID) { database in
                    try database.announce(
                        path: recordedPath(of: file), bytes: file.bytes, sha256: file.sha256,
                        of: output.jobID, output.position)
                }
            },
            givesWay: GivesWay(window: window(slot)) {
                slot.offer() || othersDue.withLock { $0.map { $0 <= .now } ?? false }
            },
            didKeep: { bytes, total in kept.withLock { $0 = (bytes, total) } })
    }

    /// For how long it may drip before it gives way. A download that cannot be resumed may drip longer, but
    /// in at most half of the slots, so that other files need not wait for it.
    private func window(_ slot: DownloadSlots.Slot) -> Duration {
        let shortest = context.configuration.answerTimeout
        let window = pace.window(shortest)
        return window > shortest && !slot.tryToKeepLonger() ? shortest : window
    }

    private func finished(_ file: DownloadedFile, at path: String) -> Fetched {
        var done = output
        done.path = path
        done.bytes = file.bytes
        done.sha256 = file.sha256
        done.kind = file.facts.kind
        done.mediaType = file.facts.mediaType
        done.width = file.facts.width.map { Int64($0) }
        done.height = file.facts.height.map { Int64($0) }
        done.durationSeconds = file.facts.duration
        return Fetched(output: done, doubt: file.doubt)
    }
}

extension OutputFetch.Failure {
    fileprivate init(_ failure: DownloadFailure, kept: Int64, of total: Int64?) {
        switch failure {
        case .gaveWay: kind = .gaveWay
        default: kind = failure.countsAsAttempt ? .badAnswer : .trouble
        }
        words = "\(failure)"
        switch failure {
        case .badAnswer: addressIsGone = true
        case .noSpace: trouble = .space
        case .disk: trouble = .output
        default: break
        }
        retryAfter = failure.retryAfter
        (self.kept, self.total) = (kept, total)
    }
}

extension OutputNameFields {
    /// What the name of an output's file may contain.
    init(_ job: Job, _ output: Output) {
        let input = (try? JSON(parsing: job.input)) ?? .null
        self.init(
            id: job.id, index: Int(output.position),
            created: CalendarTime(local: job.createdAt.milliseconds), model: job.model, label: job.label,
            prompt: Schema.prompt(of: input, schema: Schema.builtIn(job.model)),
            seed: input["seed"].map { $0.string ?? $0.text }, requestID: job.requestID)
    }
}
