internal import Configuration
internal import JobStore

/// What runs beside the dispatcher and never holds up a job: hooks, retention, metrics and what the service
/// manager is told.
struct Attendants: Sendable {
    private let hooks: Hooks
    private let janitor: Janitor
    private let metrics: Metrics
    private let report: StatusReport

    init(
        _ directory: StateDirectory, _ store: JobStore, _ configuration: Configuration, _ log: LogWriter,
        _ manager: ServiceManager
    ) async throws {
        hooks = Hooks(store, configuration, log)
        janitor = Janitor(directory, store, configuration, log)
        metrics = try await Metrics(directory, store, configuration, log)
        report = StatusReport(store, manager)
    }

    /// Something has changed in the store.
    func wake() {
        hooks.wake()
        metrics.wake()
        report.wake()
    }

    func reload(_ configuration: Configuration) async {
        await hooks.reload(configuration)
        await janitor.reload(configuration)
        await metrics.reload(configuration)
    }

    func run() async {
        await withTaskGroup { group in
            group.addTask { await hooks.run() }
            group.addTask { await janitor.run() }
            group.addTask { await metrics.run() }
            group.addTask { await report.run() }
        }
    }

    /// Ends `run`, once all that happened was told where `all` says so.
    func finish(all: Bool) async {
        report.finish()
        await janitor.finish()
        await hooks.finish(all: all)
        await metrics.finish()
    }
}
