internal import Care
internal import CommandLineTool
internal import Configuration
internal import HTTP
internal import Inputs
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup
internal import System
internal import Worker

/// Removes what is older than the configured retention. Without retention it never wakes up.
actor Janitor: BackgroundTask {
    private static let interval = Duration.seconds(6 * 3600)
    /// Between two batches, so that paid jobs go first.
    private static let batchPause = Duration.milliseconds(50)

    private let directory: StateDirectory
    private let store: JobStore
    private let log: LogWriter
    let wakeSignal = WakeSignal()
    var configuration: Configuration
    /// Checked after each batch.
    var isEnding = false
    private var clock = ClockWatch()
    /// Up to which job nothing was left to remove, so that what was pruned long ago is not read every time.
    /// Once a day everything is looked at: a job that others needed may no longer be needed.
    private var pruned: [Pruning.Parts: EndedJob] = [:]
    private var runs = 0

    init(_ directory: StateDirectory, _ store: JobStore, _ configuration: Configuration, _ log: LogWriter) {
        self.directory = directory
        self.store = store
        self.configuration = configuration
        self.log = log
    }

    func run() async {
        // What a killed jobctl has left.
        try? InputPruning(InputFolder(directory)).sweep()
        while !isEnding {
            let retention = configuration.retention
            let ages: [(Duration?, Pruning.Parts)] = [
                (retention.files, .init(files: true)), (retention.inputs, .init(inputs: true)),
                (retention.rows, .init(rows: true)),
            ]
            let jump = clock.jump()
            if jump > ClockWatch.toleratedJump, retention != Configuration.Retention() {
                let span = TimeText.span(milliseconds: UInt64(jump.wholeMilliseconds))
                log.write(.warning, "retention waits: the clock went forward by \(span)")
            }
            for case (let age?, let parts) in ages where jump <= ClockWatch.toleratedJump {
                do { try await prune(parts, olderThan: age) } catch {
                    log.write(.error, "retention waits: \(error)")
                }
            }
            runs += 1
            if runs % 4 == 0 { pruned = [:] }
            // The configuration may have been reloaded in the meantime.
            if isEnding || configuration.retention != retention { continue }
            await wakeSignal.wait(until: retention == Configuration.Retention() ? nil : .now + Self.interval)
        }
    }

    private func prune(_ parts: Pruning.Parts, olderThan age: Duration) async throws {
        let pruning = Pruning(
            parts, before: .now + (.zero - age), places: OutputPlaces(directory, configuration),
            by: "retention")
        var done = Pruning.Tally()
        var last = pruned[parts]
        while !isEnding {
            let jobs = try await store.read { [last] in try pruning.next(after: last, in: $0) }
            if jobs.isEmpty { break }
            last = jobs.last
            // A batch with nothing to remove needs no transaction.
            let isDue = try await store.read { database in
                try jobs.contains { try !pruning.count($0.id, in: database).isEmpty }
            }
            guard isDue else { continue }
            if pruning.removesWords, done == Pruning.Tally() {
                await changeSearchIndex { try SearchIndex.announcePruning(in: $0) }
            }
            let announced = try await store.write { try pruning.announce(jobs, in: $0) }
            let removal = await BlockingPool.onThread { pruning.removeFiles(announced) }
            done += try await store.write { try pruning.finish(removal, in: $0) }
            await wakeSignal.wait(until: .now + Self.batchPause)
        }
        if pruning.removesWords, done.rows + done.inputs > 0 {
            await changeSearchIndex { try SearchIndex.finishPruning(in: $0) }
            try await pruneCopies()
        }
        if let fault = done.faults.first {
            log.write(
                .warning,
                "retention: \(NumberText.of(done.faults.count, "file")) could not be removed; "
                    + "the first: \(fault)"
            )
        }
        if done.faults.isEmpty { pruned[parts] = last }
        guard done.rows + done.inputs + done.files > 0 else { return }
        let files = "\(NumberText.of(done.files, "file")) (\(ByteText.of(done.bytes)))"
        let (jobs, inputs) = (NumberText.of(done.rows, "job"), NumberText.of(done.inputs, "input"))
        log.write(.info, "retention: forgot \(jobs), \(inputs) and \(files)")
    }

    /// Removes the local input files that no job needs any more. If somebody adds some just now: next time.
    private func pruneCopies() async throws {
        let folder = InputFolder(directory)
        guard let pruning = try? InputPruning(folder) else { return }
        let (copies, last) = try await store.read { try InputPruning.unneeded(in: folder, $0) }
        guard !copies.isEmpty else { return }
        let done = try await store.write { try pruning.remove(copies, since: last, in: $0) }
        let files = "\(NumberText.of(done.files, "local input file")) (\(ByteText.of(done.bytes)))"
        log.write(.info, "retention: removed \(files)")
    }

    /// Removes what was pruned from the index of `jobctl search`, too, if there is one.
    private func changeSearchIndex(_ change: @escaping @Sendable (StateDirectory) throws -> Void) async {
        let directory = directory
        let failure: String? = await BlockingPool.onThread {
            do { try change(directory) } catch { return "\(error)" }
            return nil
        }
        guard let failure else { return }
        log.write(
            .warning,
            "retention: pruned words may still be in \(directory.searchIndex); you may delete it: \(failure)"
        )
    }
}

/// Notices jumps of the wall clock: by a clock that is wrong, everything looks old.
struct ClockWatch {
    /// More than the small steps by which clocks are corrected.
    static let toleratedJump = Duration.seconds(3600)

    private var wall = Timestamp.now
    private var steady = ContinuousClock.now

    /// How far the wall clock has jumped forward since the last call; negative if it jumped back.
    mutating func jump() -> Duration {
        let (wall, steady) = (Timestamp.now, ContinuousClock.now)
        defer { (self.wall, self.steady) = (wall, steady) }
        return (wall - self.wall) - (steady - self.steady)
    }
}
