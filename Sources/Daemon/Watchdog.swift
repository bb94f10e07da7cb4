internal import JobStore
internal import System
internal import Worker

/// Tells the service manager that jobd is alive, each time all parts that must not hang have answered.
final class Watchdog: Sendable {
    private let manager: ServiceManager
    private let dispatcher: Dispatcher
    private let store: JobStore
    private let services: Services
    private let end = WakeSignal()
    private let hasEnded = Locked(false)

    init(_ manager: ServiceManager, _ dispatcher: Dispatcher, _ store: JobStore, _ services: Services) {
        self.manager = manager
        self.dispatcher = dispatcher
        self.store = store
        self.services = services
    }

    /// Ends `run`.
    func finish() {
        hasEnded.withLock { $0 = true }
        end.wake()
    }

    func run() async {
        guard let interval = manager.watchdogInterval else { return }
        while true {
            await end.wait(until: .now + interval)
            if hasEnded.withLock({ $0 }) { return }
            await dispatcher.comeRound()
            // An error is an answer, too.
            _ = try? await store.read { try $0.version() }
            await services.answer()
            manager.isAlive()
        }
    }
}
