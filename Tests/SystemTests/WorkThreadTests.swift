import Glibc
import Testing

@testable import System

@Suite struct WorkThreadTests {
    private let thread = WorkThread()
    private let done = Locked<[Int]>([])

    private func note(_ number: Int) -> WorkThread.Work { { [done] in done.withLock { $0.append(number) } } }

    @Test func `work is done in its order, on the thread`() {
        for number in 0..<1000 { thread.async(note(number)) }
        let isCurrent = Locked(false)
        thread.sync { [thread] in isCurrent.withLock { $0 = thread.isCurrent } }
        #expect(done.withLock { $0 } == Array(0..<1000))
        #expect(isCurrent.withLock { $0 } && !thread.isCurrent)
    }

    @Test func `later work is done in the order of its times, and not before`() {
        let isOver = Monitor(false)
        let start = SuspendingClock.now
        thread.after(.milliseconds(40)) {
            isOver.withLock { $0 = true }; isOver.wakeOne()
        }
        thread.after(.milliseconds(30), note(3))
        thread.after(.milliseconds(10), note(1))
        thread.after(.milliseconds(30), note(4))
        thread.after(.milliseconds(20), note(2))
        thread.after(.zero, note(0))
        isOver.wait { $0 ? () : nil }
        #expect(SuspendingClock.now - start >= .milliseconds(40))
        #expect(done.withLock { $0 } == [0, 1, 2, 3, 4])
    }

    @Test func `what is cancelled is not done`() {
        let timer = thread.after(.milliseconds(5), note(1))
        thread.cancel(timer)
        thread.cancel(timer)
        let isOver = Monitor(false)
        thread.after(.milliseconds(20)) {
            isOver.withLock { $0 = true }; isOver.wakeOne()
        }
        isOver.wait { $0 ? () : nil }
        #expect(done.withLock { $0 } == [])
    }

    @Test func `a file is read while other work goes on, until the end of watching`() throws {
        let ends = try FileDescriptor.pipe()
        let seen = Monitor("")
        thread.watch(ends.output) {
            let bytes = (try? ends.output.read(16)) ?? []
            seen.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
            seen.wakeOne()
        }
        for _ in 0..<3 {
            try ends.input.write(Array("x".utf8))
            thread.async(note(0))
        }
        seen.wait { $0 == "xxx" ? () : nil }
        thread.sync { [thread] in thread.endWatching() }
        try ends.input.write(Array("y".utf8))
        thread.sync {}
        thread.sync {}
        #expect(seen.withLock { $0 } == "xxx")
    }

    @Test func `work that was added is done although nobody has the thread any more`() {
        let isOver = Monitor(0)
        for _ in 0..<100 {
            WorkThread().async {
                isOver.withLock { $0 += 1 }
                isOver.wakeOne()
            }
        }
        isOver.wait { $0 == 100 ? () : nil }
    }

    @Test func `a child process is started with no signal blocked`() throws {
        // It is started on a thread that blocks all of them.
        let ending = Locked<ChildProcess.Ending?>(nil)
        thread.sync {
            let child = try? ChildProcess(["sh", "-c", "kill -TERM $$; exit 3"], resetting: [SIGTERM])
            ending.withLock { $0 = child?.wait() }
        }
        #expect(ending.withLock { $0 } == .signal(SIGTERM))
    }
}

@Suite struct BlockingPoolTests {
    @Test func `no more work runs at once than there are threads, and all of it is done`() async {
        let pool = BlockingPool(width: 3)
        let counts = Locked((now: 0, most: 0, done: 0))
        await withTaskGroup { group in
            for _ in 0..<60 {
                group.addTask {
                    await pool.run {
                        counts.withLock {
                            $0.now += 1; $0.most = max($0.most, $0.now)
                        }
                        usleep(1000)
                        counts.withLock {
                            $0.now -= 1; $0.done += 1
                        }
                    }
                }
            }
        }
        let (_, most, done) = counts.withLock { $0 }
        #expect(done == 60 && (1...3).contains(most))
    }

    @Test func `a thread without work ends, and another takes its place`() async throws {
        let pool = BlockingPool(width: 2)
        for _ in 0..<2 {
            #expect(await pool.run { 1 } == 1)
            #expect(await pool.run { 2 } == 2)
            while pool.threads > 0 { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    @Test func `errors are thrown to the caller`() async {
        await #expect(throws: SystemError.self) {
            try await BlockingPool(width: 1).run { () throws(SystemError) in throw SystemError(ENOSPC) }
        }
    }
}
