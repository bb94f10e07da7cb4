internal import CLinux
internal import Glibc

/// A thread that runs work in the order in which it is added, and some of it later. It sleeps until there is
/// something to do.
package final class WorkThread: Sendable {
    package typealias Work = @Sendable () -> Void

    /// Names work that is to run later.
    package struct Timer: Hashable, Sendable {
        fileprivate let number: Int
    }

    private let loop: WorkLoop

    /// - Parameter isStarted: whether it gets a thread at once; if not, whoever calls `run` is its thread.
    package init(isStarted: Bool = true) {
        let loop = WorkLoop()
        self.loop = loop
        if isStarted {
            do throws(SystemError) { try Threads.start { loop.run() } } catch {
                preconditionFailure("a thread cannot be created: \(error)")
            }
        }
    }

    deinit { loop.end() }

    /// Makes the calling thread the one that does the work, for ever.
    package func run() -> Never {
        loop.run()
        preconditionFailure("the thread has a reference to itself")
    }

    /// Whether the caller runs on this thread.
    package var isCurrent: Bool { loop.isCurrent }

    package func async(_ work: @escaping Work) { loop.add(.work(work)) }

    /// Runs a part of a task. The executor must outlive it.
    package func async(_ job: UnownedJob, on executor: UnownedTaskExecutor) {
        unsafe loop.add(.task(job, executor))
    }

    /// Runs a part of a task on an actor whose executor this thread is. The executor must outlive it.
    package func async(_ job: UnownedJob, on executor: UnownedSerialExecutor) {
        unsafe loop.add(.actor(job, executor))
    }

    /// Returns when the work is done. Not to be called on the thread itself.
    package func sync(_ work: @escaping Work) {
        let isDone = Monitor(false)
        async {
            work()
            isDone.withLock { $0 = true }
            isDone.wakeOne()
        }
        isDone.wait { $0 ? () : nil }
    }

    @discardableResult
    package func after(_ wait: Duration, _ work: @escaping Work) -> Timer {
        Timer(number: loop.add(work, after: wait))
    }

    /// The work does not run, unless it is running already.
    package func cancel(_ timer: Timer) { loop.cancel(timer.number) }

    /// Calls `handler` when something can be read. The file stays open until the end of all watching.
    package func watch(_ file: FileDescriptor, _ handler: @escaping Work) { loop.watch(file, handler) }

    /// Called on the thread itself, it ends the calls at once; else a handler may run once more.
    package func endWatching() { loop.endWatching() }
}

/// What the thread of a `WorkThread` runs. It outlives the `WorkThread` until all work is done that was added
/// to run at once.
private final class WorkLoop: Sendable {
    /// Parts of tasks are most of it: a closure for each would cost memory.
    @safe enum Piece {
        case work(WorkThread.Work)
        case task(UnownedJob, UnownedTaskExecutor)
        case actor(UnownedJob, UnownedSerialExecutor)

        func run() {
            switch self {
            case .work(let work): work()
            case .task(let job, let executor): unsafe job.runSynchronously(on: executor)
            case .actor(let job, let executor): unsafe job.runSynchronously(on: executor)
            }
        }
    }

    private struct Later {
        let time: SuspendingClock.Instant
        let number: Int
        let work: WorkThread.Work
    }

    private struct State: @unchecked Sendable {
        var ready: [Piece] = []
        /// The earliest last: there are few.
        var later: [Later] = []
        var lastNumber = 0
        var watched: [(file: FileDescriptor, handler: WorkThread.Work)] = []
        /// The thread sleeps, or is about to: whoever adds something wakes it.
        var sleeps = false
        var hasEnded = false
        var thread: pthread_t?
    }

    private enum Turn {
        case work([Piece])
        case sleep(
            until: SuspendingClock.Instant?, watching: [(file: FileDescriptor, handler: WorkThread.Work)])
        case end
    }

    private let state = Locked(State())
    private let wakeUp: FileDescriptor

    init() {
        do throws(SystemError) { wakeUp = try FileDescriptor(linux_event()) } catch {
            preconditionFailure("a thread cannot be woken: \(error)")
        }
    }

    var isCurrent: Bool {
        state.withLock { state in state.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    // MARK: - For others

    func add(_ piece: sending Piece) { change { $0.ready.append(piece) } }

    func add(_ work: @escaping WorkThread.Work, after wait: Duration) -> Int {
        let time = SuspendingClock.now + wait
        return change { state in
            state.lastNumber += 1
            let later = Later(time: time, number: state.lastNumber, work: work)
            let place = state.later.lastIndex { $0.time > time }.map { $0 + 1 } ?? 0
            state.later.insert(later, at: place)
            return state.lastNumber
        }
    }

    func cancel(_ number: Int) {
        // What is removed is freed outside the lock: it may own the last reference to anything.
        let removed = state.withLock { state in
            state.later.firstIndex { $0.number == number }.map { state.later.remove(at: $0) }
        }
        withExtendedLifetime(removed) {}
    }

    func watch(_ file: FileDescriptor, _ handler: @escaping WorkThread.Work) {
        change { $0.watched.append((file, handler)) }
    }

    func endWatching() {
        let watched = change { state in
            defer { state.watched = [] }
            return state.watched
        }
        withExtendedLifetime(watched) {}
    }

    func end() { change { $0.hasEnded = true } }

    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        let (result, mustWake) = state.withLock { state in
            let result = body(&state)
            defer { state.sleeps = false }
            return (result, state.sleeps)
        }
        if mustWake { linux_signal_event(wakeUp.number) }
        return result
    }

    // MARK: - For the thread

    func run() {
        state.withLock { $0.thread = pthread_self() }
        while true {
            switch nextTurn() {
            case .work(let pieces): for piece in pieces { piece.run() }
            case .sleep(let time, let watched): sleep(until: time, watched)
            case .end: return
            }
        }
    }

    private func nextTurn() -> Turn {
        state.withLock { state in
            if let next = state.later.last, case let now = SuspendingClock.now, next.time <= now {
                while let next = state.later.last, next.time <= now {
                    state.ready.append(.work(state.later.removeLast().work))
                }
            }
            if !state.ready.isEmpty {
                defer { state.ready = [] }
                return .work(state.ready)
            }
            if state.hasEnded { return .end }
            state.sleeps = true
            return .sleep(until: state.later.last?.time, watching: state.watched)
        }
    }

    /// Sleeps until the time has come, something was added, or a file can be read.
    private func sleep(
        until time: SuspendingClock.Instant?,
        _ watched: [(file: FileDescriptor, handler: WorkThread.Work)]
    ) {
        var files = ([wakeUp] + watched.map(\.file)).map { file in
            pollfd(fd: file.number, events: Int16(POLLIN), revents: 0)
        }
        let rest = time.map { max(.zero, SuspendingClock.now.duration(to: $0)).components }
        unsafe linux_poll(
            &files, files.count, rest.map { Int($0.seconds) } ?? -1,
            rest.map { Int($0.attoseconds / 1_000_000_000) } ?? 0)
        state.withLock { $0.sleeps = false }
        if files[0].revents != 0 { linux_clear_event(wakeUp.number) }
        for (file, watched) in zip(files.dropFirst(), watched) where file.revents != 0 { watched.handler() }
    }
}
