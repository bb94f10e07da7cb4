internal import CommandLineTool
internal import Configuration
internal import Glibc
internal import HTTP
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup
internal import System
internal import Worker

/// Writes metrics into a file for node_exporter when something has changed, but not often.
actor Metrics: BackgroundTask {
    private static let interval = Duration.seconds(10)

    private let directory: StateDirectory
    private let store: JobStore
    private let log: LogWriter
    let wakeSignal = WakeSignal()
    private let startedAt = Timestamp.now
    var configuration: Configuration
    private var tally: MetricsTally
    var isEnding = false
    private var hasComplained = false

    init(
        _ directory: StateDirectory, _ store: JobStore, _ configuration: Configuration, _ log: LogWriter
    ) async throws {
        self.directory = directory
        self.store = store
        self.configuration = configuration
        self.log = log
        tally = MetricsTally(after: try await store.read { try $0.lastEventID() })
    }

    func run() async {
        while true {
            if let name = configuration.metricsFile { await write(to: directory.absolute(name)) }
            if isEnding { return }
            let next = ContinuousClock.now + Self.interval
            await wakeSignal.wait(until: nil)
            // All changes until then are written together.
            while configuration.metricsFile != nil, !isEnding, ContinuousClock.now < next {
                await wakeSignal.wait(until: next)
            }
        }
    }

    private func write(to path: String) async {
        do {
            let page = try await page()
            try Self.replace(path, with: page)
            hasComplained = false
        } catch {
            if !hasComplained { log.write(.error, "metrics_file \(path) cannot be written: \(error)") }
            hasComplained = true
        }
    }

    private func page() async throws -> String {
        let (tally, counts, pauses, spent) = try await store.read { [tally] database in
            var tally = tally
            try tally.catchUp(database)
            return (
                tally, try database.unfinishedCounts(), try database.pauses().map(\.reason),
                try database.spent(.day)
            )
        }
        self.tally = tally
        var page = MetricsPage()
        page.add("jobd_up", .gauge, "Whether jobd runs.", [("", isEnding ? 0 : 1)])
        page.add(
            "jobd_build_info", .gauge, "The version of jobd.", [("version=\"\(Release.version)\"", 1)])
        page.add(
            "jobd_start_time_seconds", .gauge, "When jobd started, in seconds since 1970.",
            [("", Double(startedAt.milliseconds) / 1000)])
        page.add(
            "jobd_jobs", .gauge, "Jobs that have not ended.",
            JobState.allCases.filter { !$0.hasEnded }.map {
                ("state=\"\($0.rawValue)\"", Double(counts[$0] ?? 0))
            })
        page.add(
            "jobd_submissions_paused", .gauge, "Whether submissions are paused, and why.",
            Pause.Reason.allCases.map { ("reason=\"\($0.rawValue)\"", pauses.contains($0) ? 1 : 0) })
        page.add(
            "jobd_spent_today_usd", .gauge, "Spent since midnight UTC, as the budget counts it.",
            [("", Money.rounded(spent))])
        if let free = FreeSpace.bytes(at: OutputPlaces(directory, configuration).current.path) {
            page.add("jobd_outputs_free_bytes", .gauge, "Free space where outputs go.", [("", Double(free))])
        }
        page.add(tally)
        return page.text
    }

    /// A reader sees the whole old file or the whole new one. Everyone may read it: it holds no inputs.
    private static func replace(_ path: String, with page: String) throws {
        let temporary = path + ".new"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
        let file = try FileDescriptor(opening: temporary, flags: flags, mode: 0o644)
        do throws(SystemError) {
            try file.write(Array(page.utf8))
            try file.setMode(0o644)
            if unsafe rename(temporary, path) != 0 { throw .last }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }
}
