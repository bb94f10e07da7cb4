internal import Care
internal import CommandLineTool
internal import Configuration
internal import Dispatch
internal import HTTP
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup
internal import System
internal import Worker

/// Forgets what the configuration's retention calls old. Where it names nothing, nothing ever wakes it.
actor Janitor {
    private static let pause = Duration.seconds(6 * 3600)
    /// Between two batches: what was paid for goes first.
    private static let breath = Duration.milliseconds(50)

    private let directory: StateDirectory
    private let store: JobStore
    private let log: LogWriter
    private let wakeSignal = WakeSignal()
    private var configuration: Configuration
    private var isEnding = false
    private var clock = ClockWatch()

    init(_ directory: StateDirectory, _ store: JobStore, _ configuration: Configuration, _ log: LogWriter) {
        self.directory = directory
        self.store = store
        self.configuration = configuration
        self.log = log
    }

    func reload(_ configuration: Configuration) {
        self.configuration = configuration
        wakeSignal.wake()
    }

    /// Ends `run` after the batch that is under way.
    func finish() {
        isEnding = true
        wakeSignal.wake()
    }

    func run() async {
        while !isEnding {
            let retention = configuration.retention
            let ages: [(Duration?, Pruning.Parts)] = [
                (retention.files, .init(files: true)), (retention.inputs, .init(inputs: true)),
                (retention.rows, .init(rows: true)),
            ]
            let jump = clock.jump()
            if jump > ClockWatch.longestJump, retention != Configuration.Retention() {
                log.write(
                    .warning,
                    "retention waits: the clock went forward by \(TimeText.span(milliseconds: UInt64(jump.wholeMilliseconds)))"
                )
            }
            for case (let age?, let parts) in ages where jump <= ClockWatch.longestJump {
                do { try await prune(parts, olderThan: age) } catch {
                    log.write(.error, "retention waits: \(error)")
                }
            }
            // A reload while it worked rang when nobody slept.
            if isEnding || configuration.retention != retention { continue }
            await wakeSignal.wait(until: retention == Configuration.Retention() ? nil : .now + Self.pause)
        }
    }

    private func prune(_ parts: Pruning.Parts, olderThan age: Duration) async throws {
        let pruning = Pruning(
            parts, before: .now + (.zero - age), places: OutputPlaces(directory, configuration),
            by: "retention")
        var done = Pruning.Tally()
        var place: EndedJob?
        while !isEnding {
            let from = place
            let jobs = try await store.read { try pruning.next(after: from, in: $0) }
            guard let last = jobs.last else { break }
            place = last
            // What a batch has nothing of needs no transaction.
            let isDue = try await store.read { database in
                try jobs.contains { try pruning.count($0.id, in: database) != Pruning.Tally() }
            }
            guard isDue else { continue }
            if pruning.removesWords, done == Pruning.Tally() {
                await words { try SearchIndex.announcePruning(in: $0) }
            }
            let announced = try await store.write { try pruning.announce(jobs, in: $0) }
            let removal = await Self.onThread { pruning.removeFiles(announced) }
            done += try await store.write { try pruning.finish(removal, in: $0) }
            await wakeSignal.wait(until: .now + Self.breath)
        }
        if pruning.removesWords, done.rows + done.inputs > 0 {
            await words { try SearchIndex.finishPruning(in: $0) }
        }
        if let fault = done.faults.first {
            log.write(.warning, "retention: \(done.faults.count) files stay; the first: \(fault)")
        }
        guard done.rows + done.inputs + done.files > 0 else { return }
        log.write(
            .info,
            "retention: forgot \(done.rows) jobs, \(done.inputs) inputs and \(done.files) files (\(ByteText.of(done.bytes)))"
        )
    }

    /// What was pruned is not to be found in the index of `jobctl search` either, where there is one.
    private func words(_ change: @escaping @Sendable (StateDirectory) throws -> Void) async {
        let directory = directory
        let failure: String? = await Self.onThread {
            do { try change(directory) } catch { return "\(error)" }
            return nil
        }
        guard let failure else { return }
        log.write(
            .warning,
            "retention: words may still be in \(directory.searchIndex), which may be removed: \(failure)")
    }

    /// Disks make wait; tasks' threads are few.
    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: body()) }
        }
    }
}
