package import Configuration
package import Downloader
package import Inputs
internal import JobModel
internal import JobStore
package import ObjectStorage
package import Outputs
internal import Policy
package import Provider
internal import System

/// What the worker works with. A reload replaces it as a whole; a run under way keeps the one it began with.
package final class WorkerContext: Sendable {
    package let configuration: Configuration
    /// jobd asks for requests that were bought there, and for no others.
    let origin: String
    let client: any RemoteService
    package let downloader: Downloader
    package let outputName: OutputName
    package let outputs: OutputPlaces
    package let inputs: InputFolder
    /// Nil if none is configured.
    package let storage: ObjectStorage?
    package let hasToken: Bool
    package let troubles: Troubles
    package let log: Log

    package init(
        configuration: Configuration, client: any RemoteService, downloader: Downloader,
        outputName: OutputName, outputs: OutputPlaces, inputs: InputFolder, storage: ObjectStorage? = nil,
        hasToken: Bool,
        troubles: Troubles = Troubles(), log: Log
    ) {
        self.configuration = configuration
        origin = configuration.apiOrigin
        self.client = client
        self.downloader = downloader
        self.outputName = outputName
        self.outputs = outputs
        self.inputs = inputs
        self.storage = storage
        self.hasToken = hasToken
        self.troubles = troubles
        self.log = log
    }

    private var retry: RetryPolicy {
        RetryPolicy(shortest: configuration.retryMin, longest: configuration.retryMax)
    }

    /// The rules for a job of `model` at `now`.
    ///
    /// - Parameter times: how long the last jobs of the model took, if any is known.
    func rules(for model: String, at now: Moment, times: RunTimes?, chance: Double) -> RemoteJob.Rules {
        RemoteJob.Rules(
            now: now, wall: .now, origin: origin, retry: retry,
            poll: PollPolicy(shortest: configuration.pollMin, longest: configuration.pollMax), times: times,
            deadline: configuration.limits(of: model)?.limits.deadline ?? configuration.deadline,
            patience: FetchPace.Patience(
                attempts: configuration.retryAttempts, time: configuration.retryPatience),
            writesSidecar: configuration.writesSidecar || configuration.writesXMP,
            chance: chance)
    }

    /// The wait before the next try, with its jitter drawn.
    func delay(after failures: Int, asked: Duration? = nil) -> Duration {
        retry.delay(after: failures, chance: .random(in: 0..<1), asked: asked)
    }
}

/// Where the daemon says what happens: one line for each event.
package struct Log: Sendable {
    let write: @Sendable (Configuration.LogLevel, String) -> Void

    package init(_ write: @escaping @Sendable (Configuration.LogLevel, String) -> Void) { self.write = write }

    func info(_ text: String) { write(.info, text) }
    func warning(_ text: String) { write(.warning, text) }
    func error(_ text: String) { write(.error, text) }
}

/// Everything that decides which job is worked on runs here, one step at a time.
@globalActor package actor WorkerActor {
    package static let shared = WorkerActor()
}

/// What the parts of the worker share.
@WorkerActor
final class WorkerSession {
    let store: JobStore
    /// Replaced as a whole by a reload.
    var context: WorkerContext
    let wakeSignal = WakeSignal()
    var isStopping = false
    /// Jobs whose answer could not be recorded before jobd stopped.
    var unrecorded: [String] = []
    private let start = ContinuousClock.now
    private var jitter = Jitter(seed: .random(in: 0 ... .max))

    init(_ store: JobStore, _ context: WorkerContext) { (self.store, self.context) = (store, context) }

    var now: Moment { (ContinuousClock.now - start).wholeMilliseconds + 1 }

    /// Drawn from 0..<1.
    func chance() -> Double { .random(in: 0..<1, using: &jitter) }

    /// A shared store went back in time.
    func tell(_ setAside: SetAside?) {
        guard let setAside else { return }
        context.log.error("\(setAside.words); submissions are paused until jobctl resume")
    }

    func instant(_ moment: Moment) -> ContinuousClock.Instant { start + .milliseconds(moment - 1) }
}
