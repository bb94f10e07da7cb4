import Configuration
import Testing

@testable import Worker

@Suite struct TrafficTests {
    private func configuration(_ change: (inout Configuration) -> Void = { _ in }) -> Configuration {
        var configuration = Configuration()
        configuration.maxInFlight = 10
        change(&configuration)
        return configuration
    }

    private func limits(inFlight: Int? = nil, perMinute: Int? = nil) -> Configuration.ModelLimits {
        var limits = Configuration.ModelLimits()
        (limits.maxInFlight, limits.submitPerMinute) = (inFlight, perMinute)
        return limits
    }

    @Test func aJobCountsOnceFromItsEntryToItsLeaving() {
        var traffic = Traffic()
        traffic.enter(1, "a")
        traffic.enter(1, "a")
        traffic.enter(2, "b")
        #expect(traffic.inFlight == 2)
        traffic.leave(1, "a")
        traffic.leave(1, "a")
        traffic.leave(9, "a")
        #expect(traffic.inFlight == 1)
        #expect(traffic.allowance(configuration(), at: 0).total == 9)
    }

    @Test func moreInFlightThanAReloadAllowsLeavesNothingAndNoLess() {
        var traffic = Traffic()
        for job in Int64(1)...5 { traffic.enter(job, "a") }
        #expect(traffic.allowance(configuration { $0.maxInFlight = 3 }, at: 0).total == 0)
    }

    @Test func aModelCountsForItsOwnEntryAndNotForThePrefix() {
        var traffic = Traffic()
        traffic.enter(1, "a/x")
        traffic.enter(2, "a/y")
        traffic.enter(3, "a/y")
        let allowance = traffic.allowance(
            configuration { $0.models = ["a/*": limits(inFlight: 4), "a/x": limits(inFlight: 1)] }, at: 0)
        #expect(allowance.byEntry == ["a/*": 2, "a/x": 0])
    }

    @Test func whatAReloadNamesAnewCountsWhatIsThere() {
        var traffic = Traffic()
        traffic.enter(1, "a/x")
        traffic.enter(2, "a/y")
        traffic.depart("a/x", at: 5)
        let old = configuration { $0.models = ["a/x": limits(inFlight: 2)] }
        #expect(traffic.allowance(old, at: 10).byEntry == ["a/x": 1])
        let new = configuration { $0.models = ["a*": limits(inFlight: 5, perMinute: 2)] }
        #expect(traffic.allowance(new, at: 10).byEntry == ["a*": 1])
    }

    @Test func aRateOpensAMinuteAfterTheOldestDeparture() {
        var traffic = Traffic()
        let limited = configuration { $0.submitPerMinute = 2 }
        traffic.depart("a", at: 1000)
        #expect(traffic.allowance(limited, at: 1000) == .init(total: 1))
        traffic.depart("b", at: 3000)
        #expect(traffic.allowance(limited, at: 3000) == .init(total: 0, opensAt: 61_000))
        #expect(traffic.allowance(limited, at: 60_999).total == 0)
        #expect(traffic.allowance(limited, at: 61_000) == .init(total: 1))
        #expect(traffic.allowance(configuration(), at: 61_000).total == 10)
    }

    @Test func theRateOfAnEntryHoldsBackThatEntryAlone() {
        var traffic = Traffic()
        traffic.depart("a/x", at: 10)
        traffic.depart("b", at: 20)
        let allowance = traffic.allowance(
            configuration { $0.models = ["a/*": limits(perMinute: 1), "b": limits(perMinute: 0)] }, at: 30)
        #expect(allowance.total == 10)
        #expect(allowance.byEntry == ["a/*": 0])
        #expect(allowance.opensAt == 60_010)
    }

    @Test func whatIsOlderThanAMinuteIsForgotten() {
        var window = RateWindow()
        for moment in Int64(0)..<10_000 {
            window.note(moment * 100)
            window.advance(to: moment * 100)
            #expect(window.count <= 600)
        }
        window.advance(to: 10_000_000)
        #expect(window.count == 0 && window.opensAt == nil)
    }

    /// Whatever comes and goes, the count is that of the jobs that came and did not go.
    @Test func aRandomLifeKeepsItsCount() {
        var traffic = Traffic()
        var jobs: [Int64: String] = [:]
        var shuffler = Shuffler(state: 5)
        let models = ["a/x", "a/y", "b"]
        for _ in 0..<5000 {
            let job = Int64.random(in: 1...30, using: &shuffler)
            if let model = jobs[job], Bool.random(using: &shuffler) {
                traffic.leave(job, model)
                jobs[job] = nil
            } else {
                let model = jobs[job] ?? models[Int(job) % 3]
                traffic.enter(job, model)
                jobs[job] = model
            }
            #expect(traffic.inFlight == jobs.count)
            let entry = traffic.allowance(
                configuration { $0.models = ["a/*": limits(inFlight: 100)] }, at: 0
            ).byEntry["a/*"]
            #expect(entry == 100 - jobs.values.count { $0.hasPrefix("a/") })
        }
    }
}
