internal import Calendar
internal import Catalogue
internal import Downloader
internal import HTTP
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Policy
internal import System

/// Gets the files of a job. A protocol for the tests' sake: `ConfiguredFetcher` does it.
protocol OutputFetcher: Sendable {
    /// Tries one output once.
    ///
    /// - Parameter othersDue: when another output of the job is to be tried again, which waits for this one.
    func fetch(
        _ output: Output, of job: Job, _ pace: FetchPace, _ othersDue: Locked<ContinuousClock.Instant?>
    ) async -> OutputFetch.Fate
    /// - Returns: what stands in its way.
    func writeSidecar(_ job: Job, _ outputs: [Output]) async -> String?
    /// Removes what a download has left that is not continued: nobody else would look for it.
    func removeTemporary(of output: Output, _ job: Job) async
}

/// Fetches to where the configuration says.
struct ConfiguredFetcher: OutputFetcher {
    let store: JobStore
    let context: WorkerContext
    let slots: DownloadSlots

    func fetch(
        _ output: Output, of job: Job, _ pace: FetchPace, _ othersDue: Locked<ContinuousClock.Instant?>
    ) async -> OutputFetch.Fate {
        await OutputFetch(
            store: store, context: context, slots: slots, job: job, output: output, pace: pace,
            othersDue: othersDue
        ).fate()
    }

    func writeSidecar(_ job: Job, _ outputs: [Output]) async -> String? {
        guard let path = outputs.first?.path else { return nil }
        let sidecar = context.outputs.file(path).sidecar(of: job.id)
        let text = Array((job.json(outputs: outputs).indentedText + "\n").utf8)
        do throws(DownloadFailure) {
            try await context.downloader.writeSidecar(text, to: sidecar)
            return nil
        } catch {
            return "\(error)"
        }
    }

    func removeTemporary(of output: Output, _ job: Job) async {
        await context.removeTemporary(of: output, job)
    }
}

extension WorkerContext {
    func removeTemporary(of output: Output, _ job: Job) async {
        try? await downloader.removeTemporary(
            root: outputs.current.path, name: outputName, fields: OutputNameFields(job, output))
    }
}

extension OutputNameFields {
    /// What the names of a job's files can tell.
    init(_ job: Job, _ output: Output) {
        let input = (try? JSON(parsing: job.input)) ?? .null
        self.init(
            id: job.id, index: Int(output.position),
            created: CalendarTime(local: job.createdAt.milliseconds), model: job.model, label: job.label,
            prompt: Schema.prompt(of: input, schema: Schema.builtIn(job.model)),
            seed: input["seed"].map { $0.string ?? $0.text }, requestID: job.requestID)
    }
}
