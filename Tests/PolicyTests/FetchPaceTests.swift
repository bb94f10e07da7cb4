import Testing

@testable import Policy

@Suite struct FetchPaceTests {
    private let start = SuspendingClock.now
    private let hour = FetchPace.Patience(attempts: 3, time: .seconds(3600))

    private func later(_ seconds: Int) -> SuspendingClock.Instant { start + .seconds(seconds) }

    @Test func `bytes that were kept are progress and reset the wait`() {
        var pace = FetchPace()
        for part in 1...40 {
            let kept = Int64(part) << 20
            let isProgress = pace.note(.trouble, kept: kept, of: 41 << 20, at: start)
            #expect(isProgress)
            #expect(pace.failures == 0)
        }
    }

    @Test func `a server that gives a byte a connection is not hammered`() {
        var pace = FetchPace()
        for kept in 1...50 {
            let isProgress = pace.note(.trouble, kept: Int64(kept), of: 1 << 20, at: start)
            #expect(isProgress)
            #expect(pace.failures == kept)
        }
    }

    @Test func `the same bytes once more are no progress`() {
        var pace = FetchPace()
        let wasProgress = pace.note(.trouble, kept: 1 << 20, of: nil, at: start)
        #expect(wasProgress)
        // Another address: it began from the start.
        for failures in 1...9 {
            let isProgress = pace.note(
                .trouble, kept: failures % 2 == 0 ? 1 << 20 : 70_000, of: nil, at: start)
            #expect(!isProgress)
            #expect(pace.failures == failures)
        }
    }

    @Test(arguments: [0, 1, 40, 16_000] as [Int64])
    func `a small file is asked for often enough, and no more`(total: Int64) {
        var pace = FetchPace()
        var kept: Int64 = 0
        var quick = 0
        while kept < total {
            kept += max(1, total / 16)
            _ = pace.note(.trouble, kept: kept, of: total, at: start)
            if pace.failures == 0 { quick += 1 }
        }
        #expect(quick <= 20)
        #expect(pace.failures == 0)
    }

    @Test func `bad answers end it only by number and time`() {
        var pace = FetchPace()
        _ = pace.note(.badAnswer, kept: 0, of: nil, at: start)
        #expect(!pace.isGivenUp(attempts: 100, hour, at: later(3599)))
        #expect(!pace.isGivenUp(attempts: 2, hour, at: later(7200)))
        #expect(pace.isGivenUp(attempts: 3, hour, at: later(3600)))
        // After a restart the attempts are known, and the time starts over.
        var next = FetchPace()
        _ = next.note(.badAnswer, kept: 0, of: nil, at: later(9000))
        #expect(!next.isGivenUp(attempts: 100, hour, at: later(9000)))
        #expect(next.isGivenUp(attempts: 3, FetchPace.Patience(attempts: 3, time: .zero), at: later(9000)))
    }

    @Test func `bytes that were kept restart the patience`() {
        var pace = FetchPace()
        _ = pace.note(.badAnswer, kept: 0, of: nil, at: start)
        _ = pace.note(.trouble, kept: 1, of: 1 << 20, at: later(3000))
        _ = pace.note(.badAnswer, kept: 1, of: 1 << 20, at: later(3001))
        #expect(!pace.isGivenUp(attempts: 3, hour, at: later(6600)))
        #expect(pace.isGivenUp(attempts: 3, hour, at: later(6601)))
    }

    @Test func `what is lost by giving way gets twice the time`() {
        var pace = FetchPace()
        #expect(pace.window(.seconds(60)) == .seconds(60))
        _ = pace.note(.gaveWay, kept: 500, of: nil, at: start)
        #expect(pace.window(.seconds(60)) == .seconds(60))
        for _ in 1...3 { _ = pace.note(.gaveWay, kept: 0, of: nil, at: start) }
        #expect(pace.window(.seconds(60)) == .seconds(480))
        for _ in 1...100 { _ = pace.note(.gaveWay, kept: 0, of: nil, at: start) }
        #expect(pace.window(.seconds(60)) == .seconds(60 * 4096))
    }
}
