import Testing

@testable import Policy

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(shortest: .seconds(1), longest: .seconds(300))

    @Test func `the wait doubles up to its bound`() {
        let waits = (1...12).map { policy.delay(after: $0, chance: 1) }
        #expect(waits.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(waits.last == .seconds(300))
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func `chance takes a quarter at most`() {
        for failures in 1...20 {
            let (least, most) = (
                policy.delay(after: failures, chance: 0), policy.delay(after: failures, chance: 1)
            )
            #expect(least == most * 3 / 4)
        }
    }

    @Test func `any number of failures is bounded`() {
        for failures in [-1, 0, 63, 64, 1000, .max] {
            let wait = policy.delay(after: failures, chance: 0.5)
            #expect(wait >= .milliseconds(750) && wait <= .seconds(300))
        }
        let wide = RetryPolicy(shortest: .seconds(604_800), longest: .seconds(604_800))
        #expect(wide.delay(after: .max, chance: 1) == .seconds(604_800))
    }

    @Test
    func `a service that names a time is given it but no more than an hour and no less than the own wait`() {
        #expect(policy.delay(after: 1, chance: 1, asked: .seconds(20)) == .seconds(20))
        #expect(policy.delay(after: 1, chance: 1, asked: .zero) == .seconds(1))
        #expect(policy.delay(after: 9, chance: 1, asked: .seconds(2)) == .seconds(256))
        #expect(policy.delay(after: 1, chance: 1, asked: .seconds(999_999)) == .seconds(3600))
    }
}

@Suite struct PollPolicyTests {
    private let policy = PollPolicy(shortest: .milliseconds(500), longest: .seconds(15))

    @Test func `every wait is in its bounds`() {
        let spreads: [ClosedRange<Duration>?] = [
            nil, .zero ... .zero, .seconds(1) ... .seconds(2), .seconds(60) ... .seconds(600),
        ]
        for spread in spreads {
            for elapsed in [0, 1, 10, 59, 100, 5000, 1_000_000] {
                for chance in [0, 0.5, 0.999] {
                    let wait = policy.wait(elapsed: .seconds(elapsed), spread: spread, chance: chance)
                    #expect(wait >= .milliseconds(500) && wait <= .seconds(15))
                }
            }
        }
    }

    @Test func `what is known of the model says when to look first`() {
        let spread: ClosedRange<Duration> = .seconds(8) ... .seconds(12)
        let first = policy.wait(elapsed: .zero, spread: spread, chance: 0.5)
        #expect(first >= .seconds(8) && first < .seconds(8.2))
        // From then on it looks a few times while most of them end.
        let next = policy.wait(elapsed: .seconds(8), spread: spread, chance: 0.5)
        #expect(next == .seconds(1))
    }

    @Test func `what takes longer than any is looked at ever less often`() {
        let waits = [10, 20, 40, 60].map { seconds in
            policy.wait(elapsed: .seconds(seconds), spread: nil, chance: 0.5)
        }
        #expect(waits == [.seconds(2), .seconds(4), .seconds(8), .seconds(12)])
        let late = policy.wait(
            elapsed: .seconds(50), spread: .seconds(1) ... .seconds(2), chance: 0.5)
        #expect(late == .seconds(10))
    }
}

@Suite struct RunTimesTests {
    @Test func `too few say nothing`() {
        var times = RunTimes()
        #expect(times.spread == nil)
        times.add(.seconds(1))
        times.add(.seconds(2))
        #expect(times.spread == nil)
        times.add(.seconds(3))
        #expect(times.spread != nil)
    }

    @Test func `the spread leaves the stragglers out`() throws {
        var times = RunTimes()
        for second in 1...20 { times.add(.seconds(second)) }
        times.add(.seconds(5000))
        let spread = try #require(times.spread)
        #expect(spread.lowerBound >= .seconds(4) && spread.lowerBound <= .seconds(7))
        #expect(spread.upperBound <= .seconds(20))
    }

    @Test func `what is long ago is forgotten`() throws {
        var times = RunTimes()
        for _ in 0..<100 { times.add(.seconds(1000)) }
        for _ in 0..<32 { times.add(.seconds(1)) }
        #expect(times.spread == .seconds(1) ... .seconds(1))
    }

    @Test func `a clock that jumped back tells nothing`() {
        var times = RunTimes()
        for _ in 0..<5 { times.add(.seconds(-4)) }
        #expect(times.spread == nil)
    }
}
