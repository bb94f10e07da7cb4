internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import System
internal import Worker

/// Tells the service manager in one line what there is to do, when that has changed.
final class StatusReport: Sendable {
    private let store: JobStore
    private let manager: ServiceManager
    private let changes = WakeSignal()
    private let end = WakeSignal()
    private let hasEnded = Locked(false)

    private static let interval = Duration.seconds(3)

    init(_ store: JobStore, _ manager: ServiceManager) {
        self.store = store
        self.manager = manager
    }

    /// Something may have changed.
    func wake() { changes.wake() }

    /// Ends `run`.
    func finish() {
        hasEnded.withLock { $0 = true }
        changes.wake()
        end.wake()
    }

    func run() async {
        guard manager.isListening else { return }
        var told = ""
        while !hasEnded.withLock({ $0 }) {
            // A fault of the store is logged by those who need it.
            if let text = try? await store.read(Self.text), text != told {
                manager.status(text)
                told = text
            }
            await end.wait(until: .now + Self.interval)
            await changes.wait(until: nil)
        }
    }

    @Sendable private static func text(_ database: JobDatabase) throws -> String {
        let counts = try database.unfinishedCounts()
        let jobs = JobState.allCases.filter { !$0.hasEnded }.compactMap { state in
            counts[state].map { "\(NumberText.of($0)) \(state.rawValue)" }
        }
        let work = jobs.isEmpty ? "nothing to do" : jobs.joined(separator: ", ")
        let pauses = try database.pauses().map {
            "\($0.subject) (\($0.reason.words)): \($0.detail)"
        }
        return ([work] + pauses).joined(separator: "; ")
    }
}
