internal import Configuration
internal import JobModel
internal import JobStore
internal import System

/// Work beside the dispatcher that never delays a job. `run` returns after `finish`.
protocol BackgroundTask: Actor {
    var configuration: Configuration { get set }
    var isEnding: Bool { get set }
    nonisolated var wakeSignal: WakeSignal { get }

    func run() async
}

extension BackgroundTask {
    nonisolated func wake() { wakeSignal.wake() }

    func reload(_ configuration: Configuration) {
        self.configuration = configuration
        wake()
    }

    func finish() {
        isEnding = true
        wake()
    }
}

/// All background tasks: hooks, retention, metrics, upkeep, and the status for the service manager.
struct BackgroundTasks: Sendable {
    private let hooks: Hooks
    private let janitor: Janitor
    private let metrics: Metrics
    private let report: StatusReport
    private let storage: StorageUpkeep
    private let ratings: RatingUpkeep

    private var configured: [any BackgroundTask] { [hooks, janitor, metrics, storage, ratings] }

    init(
        _ services: Services, _ store: JobStore, _ configuration: Configuration, _ manager: ServiceManager
    ) async throws {
        let (directory, log) = (services.directory, services.log)
        storage = StorageUpkeep(services, store, configuration)
        hooks = await Hooks(directory, store, configuration, log)
        janitor = Janitor(directory, store, configuration, log)
        metrics = try await Metrics(directory, store, configuration, log)
        report = StatusReport(store, manager)
        ratings = RatingUpkeep(directory, store, configuration, log)
    }

    /// Something has changed in the store.
    func wake() {
        hooks.wake()
        metrics.wake()
        report.wake()
        storage.wake()
        ratings.wake()
    }

    /// A person is needed, and the store cannot be written.
    func tell(_ trouble: Trouble) { hooks.tell(trouble) }

    func reload(_ configuration: Configuration) async {
        for task in configured { await task.reload(configuration) }
    }

    func run() async {
        await withTaskGroup { group in
            for task in configured { group.addTask { await task.run() } }
            group.addTask { await report.run() }
        }
    }

    /// Ends `run`; with `all`, only after the hooks have been told everything that happened.
    func finish(all: Bool) async {
        report.finish()
        await janitor.finish()
        await storage.finish()
        await ratings.finish()
        await hooks.finish(all: all)
        await metrics.finish()
    }
}
