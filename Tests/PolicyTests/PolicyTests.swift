import Glibc
import Scratch
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

    private func times(_ seconds: Double...) -> RunTimes { RunTimes(seconds.map { .seconds($0) }) }

    @Test func `every wait is in its bounds`() {
        let known = [
            nil, times(), times(0, 0, 0), times(1, 1, 2), times(60, 600, 601), times(1, 2, 3, 1_000_000),
        ]
        for times in known {
            for elapsed in [0, 1, 10, 59, 100, 5000, 1_000_000] {
                for chance in [0, 0.5, 0.999] {
                    let wait = policy.wait(elapsed: .seconds(elapsed), times: times, chance: chance)
                    #expect(wait >= .milliseconds(500) && wait <= .seconds(15))
                }
            }
        }
    }

    @Test func `the first look is as early as the jobs end, and spread out while nothing is known`() {
        for known in [nil, times(), times(7, 7)] {
            #expect(
                [0, 0.25, 1].map { policy.first(times: known, chance: $0) }
                    == [.zero, .milliseconds(125), .milliseconds(500)])
        }
        #expect(policy.first(times: times(0, 0, 0), chance: 0.5) == .zero)
        #expect(policy.first(times: times(0.02, 0.02, 0.02), chance: 0) == .milliseconds(20))
        #expect(policy.first(times: times(60, 60, 60), chance: 0) == .seconds(15))
        // Slow ones among many fast ones change little.
        let fast = RunTimes([.seconds(5000)] + (1...20).map { _ in .milliseconds(20) } + [.seconds(5000)])
        #expect(policy.first(times: fast, chance: 0) == .milliseconds(500))
    }

    @Test func `what is known of the model says when to look first`() {
        let times = times(8, 9, 10, 11, 12)
        let first = policy.first(times: times, chance: 0.5)
        #expect(first >= .seconds(8) && first < .seconds(9.5))
        // From then on it looks a few times while the others end.
        let next = policy.wait(elapsed: .seconds(10), times: times, chance: 0.5)
        #expect(next > .milliseconds(500) && next < .seconds(1))
    }

    @Test func `looks are rare while no job ends`() {
        let two = times(9.9, 10, 10.1, 49.9, 50, 50.1)
        let wide = PollPolicy(shortest: .milliseconds(100), longest: .seconds(100))
        #expect(wide.wait(elapsed: .zero, times: two, chance: 0) > .seconds(9.8))
        #expect(wide.wait(elapsed: .seconds(10.2), times: two, chance: 0) > .seconds(2))
    }

    @Test func `what takes longer than any is looked at ever less often`() {
        let waits = [10, 20, 40, 60].map { seconds in
            policy.wait(elapsed: .seconds(seconds), times: nil, chance: 0.5)
        }
        #expect(waits == [.seconds(2), .seconds(4), .seconds(8), .seconds(12)])
        let late = [3, 12, 22].map { policy.wait(elapsed: .seconds($0), times: times(1, 1, 2), chance: 0.5) }
        #expect(late == [.milliseconds(500), .seconds(2), .seconds(4)])
    }

    // MARK: - Against a look every two seconds

    /// Runs 300 jobs, eight at once, that take as long as `draw` says. Returns the mean time between a job's
    /// end and the look that finds it, in seconds, and the looks a job.
    ///
    /// - Parameter isTold: whether the service says how long a job took.
    private func follow(
        _ draw: (inout SeededNumbers, Int) -> Double, isTold: Bool,
        wait: (Duration, RunTimes, Double) -> Duration
    ) -> (delay: Double, looks: Double) {
        var numbers = SeededNumbers(7)
        let took = (0..<300).map { Duration.seconds(max(0.1, draw(&numbers, $0))) }
        var (running, known) = ([(next: Duration, job: Int, start: Duration, last: Duration)](), RunTimes())
        var (begun, looks, late) = (0, 0, Duration.zero)
        func begin(at now: Duration) {
            guard begun < took.count else { return }
            running.append((now + wait(.zero, known, .random(in: 0..<1, using: &numbers)), begun, now, now))
            begun += 1
        }
        for _ in 1...8 { begin(at: .zero) }
        while let place = running.indices.min(by: { running[$0].next < running[$1].next }) {
            let (now, job, start, last) = running.remove(at: place)
            looks += 1
            guard now - start >= took[job] else {
                let next = now + wait(now - start, known, .random(in: 0..<1, using: &numbers))
                running.append((next, job, start, now))
                continue
            }
            late += now - start - took[job]
            known.add(isTold ? took[job] : (last + now) / 2 - start)
            begin(at: now)
        }
        return (late / .seconds(took.count), Double(looks) / Double(took.count))
    }

    private static func normal(_ numbers: inout SeededNumbers) -> Double {
        (1...12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &numbers) }
    }

    private struct Course: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// The mean delay may be so many times that of a look every two seconds.
        let most: Double
        let draw: @Sendable (inout SeededNumbers, Int) -> Double
    }

    private static let courses = [
        Course(testDescription: "fast", most: 0.5) { numbers, _ in 2 + 0.2 * normal(&numbers) },
        Course(testDescription: "even", most: 0.5) { numbers, _ in .random(in: 3.75..<6.25, using: &numbers)
        },
        Course(testDescription: "narrow", most: 0.4) { numbers, _ in 20 + 0.5 * normal(&numbers) },
        Course(testDescription: "wide", most: 2.2) { numbers, _ in 30 * exp(0.5 * normal(&numbers)) },
        Course(testDescription: "two peaks", most: 2.2) { numbers, _ in
            Bool.random(using: &numbers) ? 40 + 4 * normal(&numbers) : 90 + 8 * normal(&numbers)
        },
        Course(testDescription: "long", most: 8) { numbers, _ in 600 + 150 * normal(&numbers) },
        Course(testDescription: "drifting", most: 0.5) { numbers, job in
            (10 + Double(job) / 20) * .random(in: 0.9..<1.1, using: &numbers)
        },
    ]

    @Test(arguments: courses, [true, false])
    private func `the end of a job is found soon, with about as many looks as one every two seconds`(
        course: Course, isTold: Bool
    ) {
        let ours = follow(course.draw, isTold: isTold) { elapsed, times, chance in
            elapsed == .zero
                ? policy.first(times: times, chance: chance)
                : policy.wait(elapsed: elapsed, times: times, chance: chance)
        }
        let fixed = follow(course.draw, isTold: isTold) { _, _, _ in .seconds(2) }
        #expect(ours.looks < (isTold ? 1.05 : 1.25) * fixed.looks && ours.looks < 60)
        #expect(ours.delay < course.most * fixed.delay)
    }
}

@Suite struct RunTimesTests {
    @Test func `too few say nothing`() {
        var times = RunTimes()
        #expect(times.nextLook(after: .zero) == nil)
        times.add(.seconds(1))
        times.add(.seconds(2))
        #expect(times.nextLook(after: .zero) == nil && times.wait(beyondAll: .seconds(5)) == nil)
        times.add(.seconds(3))
        #expect(times.nextLook(after: .zero) != nil && times.wait(beyondAll: .seconds(5)) != nil)
    }

    @Test func `one straggler changes little`() throws {
        var times = RunTimes((1...20).map { .seconds($0) })
        let before = try #require(times.nextLook(after: .zero))
        times.add(.seconds(5000))
        let after = try #require(times.nextLook(after: .zero))
        #expect(after >= before && after < before + .seconds(1))
    }

    @Test func `what is long ago is forgotten`() throws {
        var times = RunTimes()
        for _ in 0..<100 { times.add(.seconds(1000)) }
        for _ in 0..<32 { times.add(.seconds(1)) }
        #expect(times.nextLook(after: .zero) == .seconds(1) && times.nextLook(after: .seconds(1)) == nil)
    }

    @Test func `a clock that jumped back tells nothing`() {
        var times = RunTimes()
        for _ in 0..<5 { times.add(.seconds(-4)) }
        #expect(times.median == nil)
    }
}
