internal import Care
internal import Configuration
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup
internal import System

/// Brings the `.xmp` beside files up to date when another program has changed with SQL what is picked.
/// (`jobctl pick` does it by itself, as it also works while no jobd runs.)
actor RatingUpkeep: BackgroundTask {
    private static let batch = 100

    private let directory: StateDirectory
    private let store: JobStore
    private let log: LogWriter
    let wakeSignal = WakeSignal()
    var configuration: Configuration
    var isEnding = false

    init(_ directory: StateDirectory, _ store: JobStore, _ configuration: Configuration, _ log: LogWriter) {
        (self.directory, self.store, self.configuration, self.log) = (directory, store, configuration, log)
    }

    func run() async {
        while !isEnding {
            do { try await describeChanged() } catch {
                log.write(.warning, "what another program has picked is not in the .xmp files yet: \(error)")
            }
            if !isEnding { await wakeSignal.wait(until: nil) }
        }
    }

    private func describeChanged() async throws {
        while !isEnding, case let changed = try await store.read({ try $0.changedPicks(limit: Self.batch) }),
            !changed.isEmpty
        {
            for (id, changes) in changed {
                let (job, outputs) = try await store.read { (try $0.find(id), try $0.outputs(of: id)) }
                if let job {
                    OutputPlaces(directory, configuration).describe(outputs, of: job) { [log] file, error in
                        log.write(
                            .warning,
                            "\(file.absolutePath) cannot be written: \(error); jobctl pick \(id) tries again")
                    }
                }
                try await store.write { try $0.forgetChangedPick(of: id, changes: changes) }
            }
        }
    }
}
