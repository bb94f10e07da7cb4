package import Configuration
package import Downloader
internal import JobModel
internal import JobStore
package import Outputs
internal import Policy
package import Provider

/// What the worker works with. A reload replaces it as a whole; what is under way keeps what it began with.
package struct WorkerContext: Sendable {
    package let configuration: Configuration
    /// Whose requests are asked for.
    let origin: String
    let client: any RemoteService
    package let downloader: Downloader
    package let outputName: OutputName
    package let outputs: OutputPlaces
    package let hasToken: Bool
    package let log: Log

    package init(
        configuration: Configuration, client: any RemoteService, downloader: Downloader,
        outputName: OutputName, outputs: OutputPlaces, hasToken: Bool, log: Log
    ) {
        self.configuration = configuration
        origin = configuration.apiOrigin
        self.client = client
        self.downloader = downloader
        self.outputName = outputName
        self.outputs = outputs
        self.hasToken = hasToken
        self.log = log
    }

    private var retry: RetryPolicy {
        RetryPolicy(shortest: configuration.retryMin, longest: configuration.retryMax)
    }

    /// What a job of `model` goes by at `now`, with the chance of its waits drawn.
    func rules(for model: String) -> RemoteJob.Rules {
        RemoteJob.Rules(
            now: 0, wall: .now, origin: origin, retry: retry,
            poll: PollPolicy(shortest: configuration.pollMin, longest: configuration.pollMax), spread: nil,
            deadline: configuration.limits(of: model)?.limits.deadline ?? configuration.deadline,
            patience: FetchPace.Patience(
                attempts: configuration.retryAttempts, time: configuration.retryPatience),
            writesSidecar: configuration.writesSidecar, chance: 0)
    }

    /// A wait before the next try, with its jitter drawn.
    func delay(after failures: Int, asked: Duration? = nil) -> Duration {
        retry.delay(after: failures, chance: .random(in: 0..<1), asked: asked)
    }
}
