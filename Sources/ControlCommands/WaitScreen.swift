internal import CommandLineTool
internal import Glibc
internal import JobModel
internal import JobStore

/// The lines of a wait on a terminal: drawn when something has changed or a second has passed, and removed at
/// the end.
final class WaitScreen {
    private let store: JobDatabase
    private let total: Int
    private let lines: ProgressLines
    /// The signals that end or stop the program: the lines are removed first. Ctrl-C is answered in words.
    private let signals: SignalPipe
    private let start = ContinuousClock.now
    private var unfinished: [Job] = []
    private var outputs: [Int64: [Output]] = [:]
    private var waits: [Int64: SourceWait] = [:]
    private var expected: [String: Duration] = [:]
    private var lastSecond: Int64?

    init(_ screen: Screen, _ store: JobDatabase, total: Int) throws {
        self.store = store
        self.total = total
        lines = ProgressLines(screen)
        signals = try SignalPipe(lines.isVisible ? [SIGINT, SIGTERM, SIGHUP, SIGTSTP] : [SIGINT])
    }

    deinit { lines.clear() }

    func clear() { lines.clear() }

    /// - Parameter unfinished: the jobs that have not ended yet.
    func update(_ unfinished: [Job]) throws {
        guard lines.isVisible else { return }
        let hasEnded = unfinished.count != self.unfinished.count
        self.unfinished = WaitProgress.order(unfinished)
        (outputs, waits) = ([:], [:])
        for job in self.unfinished.prefix(lines.room.rows) {
            if job.state == .downloading { outputs[job.id] = try store.outputs(of: job.id) }
            if job.state == .queued { waits[job.id] = try SourceWait(of: job, in: store) }
        }
        if hasEnded { expected = try store.medianRuns() }
        lastSecond = nil
    }

    private func draw() {
        let elapsed = ContinuousClock.now - start
        guard lines.isVisible, lastSecond != elapsed.components.seconds else { return }
        lastSecond = elapsed.components.seconds
        let progress = WaitProgress(
            total: total, unfinished: unfinished, outputs: outputs, waits: waits, expected: expected,
            now: store.now, elapsed: elapsed)
        lines.show(progress.lines(lines.room))
    }

    /// Waits a moment. Returns false if the person has interrupted.
    func pass() -> Bool {
        draw()
        return heed(within: 100)
    }

    /// Acts on signals. Returns false if the person has interrupted.
    func heed(within milliseconds: Int32 = 0) -> Bool {
        var file = pollfd(fd: signals.file, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&file, 1, milliseconds) > 0 else { return true }
        for number in signals.take() {
            clear()
            switch number {
            case SIGINT: return false
            case SIGTSTP:
                signals.stop()
                lastSecond = nil
            default: SignalPipe.die(of: number)
            }
        }
        return true
    }
}
