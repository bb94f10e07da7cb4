import Configuration
import Scratch
import Testing

@testable import Policy

/// The limits of number and rate, by what is at RunComfy and what has left.
@Suite struct InFlightTests {
    private var inFlight = InFlight()

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

    private func admission(
        at now: Moment = 0, allowance: Int = 100, _ change: (inout Configuration) -> Void = { _ in }
    ) -> Admission { Admission(configuration(change), inFlight, allowance: allowance, at: now) }

    /// How many jobs of `model` may leave before something holds them back.
    private func room(_ model: String, _ admission: Admission) -> Int {
        var admission = admission
        return (0...).first { _ in
            if admission.hold(of: model) != nil { return true }
            admission.admit(model, label: nil, price: nil)
            return false
        } ?? 0
    }

    @Test mutating func `a job counts once until it is removed`() {
        for (job, model) in [(1, "a"), (1, "a"), (2, "b")] as [(Int64, String)] { inFlight.add(job, model) }
        #expect(admission().room == 8)
        for job in [1, 1, 9] as [Int64] { inFlight.remove(job, "a") }
        #expect(admission().room == 9)
    }

    @Test mutating func `more in flight than a reload allows leaves no room and no less`() {
        for job in 1...5 as ClosedRange<Int64> { inFlight.add(job, "a") }
        let admission = admission { $0.maxInFlight = 3 }
        #expect(admission.room == 0 && admission.hold(of: "a") == .inFlight(entry: nil, limit: 3))
    }

    @Test func `the gate lets out no more than it says`() {
        let admission = admission(allowance: 2)
        #expect(admission.room == 2 && room("a", admission) == 2)
        #expect(self.admission(allowance: 0).hold(of: "a") == .submitting(limit: 4))
    }

    @Test mutating func `a model counts for its own entry and not for the prefix`() {
        for (job, model) in [(1, "a/x"), (2, "a/y"), (3, "a/y")] as [(Int64, String)] {
            inFlight.add(job, model)
        }
        let admission = admission {
            $0.models = ["a/*": limits(inFlight: 4), "a/x": limits(inFlight: 1)]
        }
        #expect(room("a/y", admission) == 2)
        #expect(admission.hold(of: "a/x") == .inFlight(entry: "a/x", limit: 1))
        #expect(admission.hold(of: "a/x")?.key == "models.\"a/x\".max_in_flight")
        #expect(admission.hold(of: "a/y") == nil && admission.room == 7)
    }

    @Test mutating func `an entry that a reload adds counts what is there`() {
        inFlight.add(1, "a/x")
        inFlight.add(2, "a/y")
        inFlight.noteSent("a/x", at: 5)
        #expect(room("a/x", admission(at: 10) { $0.models = ["a/x": limits(inFlight: 2)] }) == 1)
        let new = admission(at: 10) { $0.models = ["a*": limits(inFlight: 5, perMinute: 2)] }
        #expect(room("a/y", new) == 1)
    }

    @Test mutating func `a rate opens a minute after the oldest submission`() {
        let limited: (inout Configuration) -> Void = { $0.submitPerMinute = 2 }
        inFlight.noteSent("a", at: 1000)
        let open = admission(at: 1000, limited)
        #expect(open.room == 1 && open.opensAt == nil)
        inFlight.noteSent("b", at: 3000)
        let closed = admission(at: 3000, limited)
        #expect(closed.room == 0 && closed.opensAt == 61_000)
        #expect(closed.hold(of: "c") == .perMinute(entry: nil, limit: 2, sent: 2, opensAt: 61_000))
        #expect(admission(at: 60_999, limited).room == 0)
        let again = admission(at: 61_000, limited)
        #expect(again.room == 1 && again.opensAt == nil)
        #expect(admission(at: 61_000).room == 10)
    }

    @Test mutating func `the rate of an entry holds back that entry alone`() {
        inFlight.noteSent("a/x", at: 10)
        inFlight.noteSent("b", at: 20)
        let admission = admission(at: 30) {
            $0.models = ["a/*": limits(perMinute: 1), "b": limits(perMinute: 0)]
        }
        #expect(admission.room == 10 && room("b", admission) == 10 && room("a/y", admission) == 0)
        #expect(admission.opensAt == 60_010)
    }

    @Test mutating func `what was admitted counts at once`() {
        var admission = admission(at: 7) {
            $0.submitPerMinute = 1
            $0.models = ["a": limits(inFlight: 1)]
        }
        admission.admit("a", label: nil, price: nil)
        #expect(admission.hold(of: "a") == .inFlight(entry: "a", limit: 1))
        #expect(admission.hold(of: "b") == .perMinute(entry: nil, limit: 1, sent: 1, opensAt: 60_007))
    }

    @Test func `what is older than a minute is forgotten`() {
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
    @Test mutating func `a random life keeps its count`() {
        var jobs: [Int64: String] = [:]
        var chance = SeededNumbers(5)
        let models = ["a/x", "a/y", "b"]
        for _ in 0..<2000 {
            let job = Int64.random(in: 1...30, using: &chance)
            if let model = jobs[job], Bool.random(using: &chance) {
                inFlight.remove(job, model)
                jobs[job] = nil
            } else {
                let model = jobs[job] ?? models[Int(job) % 3]
                inFlight.add(job, model)
                jobs[job] = model
            }
            let admission = admission {
                $0.maxInFlight = 100
                $0.models = ["a/*": limits(inFlight: 50)]
            }
            #expect(admission.room == 100 - jobs.count)
            #expect(room("a/x", admission) == 50 - jobs.values.count { $0.hasPrefix("a/") })
        }
    }
}
