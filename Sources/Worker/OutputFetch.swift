internal import Configuration
internal import Downloader
internal import HTTP
internal import JobModel
internal import JobStore
internal import Outputs
internal import Policy
internal import System

/// One try to fetch one output.
struct OutputFetch: Sendable {
    let store: JobStore
    let context: WorkerContext
    let slots: DownloadSlots
    let job: Job
    let output: Output
    let pace: FetchPace
    /// When another output of the job is to be tried again, which waits for the end of this turn.
    let othersDue: Locked<ContinuousClock.Instant?>

    /// A file under its final name; that it is done is yet to be recorded.
    struct Placed: Sendable {
        var output: Output
        var doubt: String?
    }

    /// What a failed try says, and what it leaves.
    struct Setback: Sendable {
        let kind: FetchPace.Setback
        let words: String
        /// Whether a fresh answer may name another address.
        var addressIsGone = false
        /// The addresses that it names.
        var fresh: [String] = []
        /// How long the server asks to be left alone.
        var retryAfter: Duration?
        /// How many bytes need not come again, and of how many.
        var kept: Int64 = 0
        var total: Int64?
        var at = SuspendingClock.Instant.now
    }

    enum Fate: Sendable {
        case placed(Placed)
        case failed(Setback)
        case cancelled
    }

    private typealias Kept = (bytes: Int64, total: Int64?)

    func fate() async -> Fate {
        let kept = Locked<Kept>((0, nil))
        let result: Result<DownloadedFile, DownloadFailure>?
        result = try? await slots.use { slot in
            do throws(DownloadFailure) { return .success(try await self.place(slot, kept)) } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let file): return .placed(Placed(output: finished(file), doubt: file.doubt))
        case nil, .failure(.cancelled): return .cancelled
        case .failure(let failure):
            let (bytes, total) = kept.withLock { $0 }
            return .failed(Setback(failure, kept: bytes, of: total))
        }
    }

    // MARK: - The try

    private func place(_ slot: DownloadSlots.Slot, _ kept: Locked<Kept>) async throws(DownloadFailure)
        -> DownloadedFile
    {
        if let recorded = output.path, await isOwn(recorded) {
            // What cannot be opened there is not the file; then it is fetched again.
            let found = try? await context.downloader.adopt(
                context.outputs.file(recorded), kind: output.kind, expectedBytes: output.bytes,
                sha256: output.sha256
            )
            if var found = found ?? nil {
                found.path = recorded
                await context.removeTemporary(of: output, job)
                return found
            }
        }
        if Task.isCancelled { throw .cancelled }
        var file = try await context.downloader.fetch(order(slot, kept))
        file.path = recorded(file)
        return file
    }

    private func recorded(_ file: DownloadedFile) -> String {
        context.outputs.recorded(OutputFile(folder: context.outputs.current, path: file.path))
    }

    /// Two jobs' outputs may have been recorded under one name, only one of them owns the file.
    private func isOwn(_ path: String) async -> Bool {
        (try? await store.read { try !$0.isAnothers(path: path, than: output) }) ?? false
    }

    private func order(_ slot: DownloadSlots.Slot, _ kept: Locked<Kept>) -> DownloadOrder {
        DownloadOrder(
            url: output.url, kind: output.kind, root: context.outputs.current.path, name: context.outputName,
            fields: OutputNameFields(job, output),
            didProgress: { fetched, total in
                // Small files are there before anybody could look at their progress, but for those that drip.
                guard fetched > 0 || total ?? 0 > 1 << 20 else { return }
                store.post { try $0.progress(fetched, of: total, in: output.jobID, output.position) }
            },
            willRename: { file in
                try await store.write { database in
                    try database.announce(
                        path: recorded(file), bytes: file.bytes, sha256: file.sha256,
                        of: output.jobID, output.position)
                }
            },
            givesWay: GivesWay(window: window(slot)) {
                slot.offer() || othersDue.withLock { $0.map { $0 <= .now } ?? false }
            },
            didKeep: { bytes, total in kept.withLock { $0 = (bytes, total) } })
    }

    /// For how long it may drip before it gives way. What cannot be resumed may drip longer, but in at most
    /// half of the slots: the others' files must not wait for it.
    private func window(_ slot: DownloadSlots.Slot) -> Duration {
        let shortest = context.configuration.answerTimeout
        let window = pace.window(shortest)
        return window > shortest && !slot.keepsLonger() ? shortest : window
    }

    // MARK: - The file

    private func finished(_ file: DownloadedFile) -> Output {
        var done = output
        done.path = file.path
        done.bytes = file.bytes
        done.sha256 = file.sha256
        done.kind = file.facts.kind
        done.mediaType = file.facts.mediaType
        done.width = file.facts.width.map { Int64($0) }
        done.height = file.facts.height.map { Int64($0) }
        done.durationSeconds = file.facts.duration
        return done
    }
}

extension OutputFetch.Setback {
    fileprivate init(_ failure: DownloadFailure, kept: Int64, of total: Int64?) {
        switch failure {
        case .gaveWay: kind = .gaveWay
        default: kind = failure.countsAsAttempt ? .badAnswer : .trouble
        }
        words = "\(failure)"
        if case .badAnswer = failure { addressIsGone = true }
        retryAfter = failure.retryAfter
        (self.kept, self.total) = (kept, total)
    }
}
