import JobModel
import Testing

@testable import Policy

@Suite struct SubmissionGateTests {
    private let delay = { (failures: Int) in Duration.milliseconds(100 * failures) }
    private let worth = SubmissionGate.Worth(model: "m", price: nil)

    private func refuse(
        _ gate: inout SubmissionGate, _ job: Int64, _ reason: Pause.Reason = .token,
        at now: Int64 = 0
    ) -> Bool {
        gate.refused(job, reason, "HTTP 403", worth, at: now, delay)
    }

    /// Sends the one job that the gate asks for by name.
    private func sendSuspect(_ gate: inout SubmissionGate, at now: Int64) -> Int64? {
        let choice = gate.choice(limit: 4, underway: 0, at: now)
        if let only = choice.only { gate.sent(only, choice) }
        return choice.only
    }

    /// A gate at 150: job 1 was refused, job 2 was accepted, and job 1 was sent alone and refused again.
    private func gateWithSuspect(_ reason: Pause.Reason = .token) -> SubmissionGate {
        var gate = SubmissionGate()
        _ = refuse(&gate, 1, reason)
        _ = gate.accepted(2, worth, at: 100)
        #expect(sendSuspect(&gate, at: 100) == 1)
        _ = refuse(&gate, 1, reason, at: 150)
        return gate
    }

    @Test func `open it lets through what the limit leaves`() {
        let gate = SubmissionGate()
        #expect(gate.choice(limit: 4, underway: 0, at: 0).allowance == 4)
        #expect(gate.choice(limit: 4, underway: 3, at: 0).allowance == 1)
        #expect(gate.choice(limit: 4, underway: 9, at: 0).allowance == 0)
        #expect(gate.moments.isEmpty)
    }

    @Test func `several jobs in a row without an answer close it`() {
        var gate = SubmissionGate()
        for job in Int64(1)...3 { gate.noAnswer(job, limit: 4, at: 0, delay) }
        #expect(gate.reason == nil)
        gate.noAnswer(4, limit: 4, at: 1000, delay)
        #expect(gate.reason == .outage && gate.failures == 1)
        #expect(gate.moments.min() == 1100)
    }

    @Test func `one job alone never closes it`() {
        var gate = SubmissionGate()
        for _ in 0..<100 { gate.noAnswer(7, limit: 2, at: 0, delay) }
        #expect(gate.reason == nil)
    }

    @Test func `an answer in between restarts the count`() {
        var gate = SubmissionGate()
        for job in Int64(1)...3 { gate.noAnswer(job, limit: 4, at: 0, delay) }
        gate.settled(9)
        for job in Int64(4)...6 { gate.noAnswer(job, limit: 4, at: 0, delay) }
        #expect(gate.reason == nil)
    }

    @Test func `closed it lets one through at a time at growing distances`() {
        var gate = SubmissionGate()
        #expect(refuse(&gate, 1, .balance))
        #expect(gate.choice(limit: 4, underway: 0, at: 99).allowance == 0)
        #expect(gate.choice(limit: 4, underway: 1, at: 100).allowance == 0)
        let choice = gate.choice(limit: 4, underway: 0, at: 100)
        #expect(choice.allowance == 1 && choice.spared == [1])
        gate.sent(2, choice)
        #expect(refuse(&gate, 2, .balance, at: 200))
        #expect(gate.moments == [400, 400] && gate.failures == 2)
        gate.sent(3, gate.choice(limit: 4, underway: 0, at: 400))
        gate.noAnswer(3, limit: 4, at: 400, delay)
        // A lack of an answer does not rename what is wrong.
        #expect(gate.reason == .balance && gate.moments.min() == 700)
        gate.settled(4)
        #expect(gate.reason == nil)
    }

    @Test func `those on the wire together count as one failure`() {
        var gate = SubmissionGate()
        for job in Int64(1)...4 { #expect(refuse(&gate, job)) }
        #expect(gate.failures == 1 && gate.moments == [100, 100])
    }

    @Test func `what was tried comes again only where nothing else is there and later each time`() {
        var gate = SubmissionGate()
        _ = refuse(&gate, 1)
        for time in [100, 400, 900] as [Int64] {
            let choice = gate.choice(limit: 4, underway: 0, at: time)
            #expect(choice.spared == [1] && choice.takesSpared)
            gate.sent(1, choice)
            #expect(gate.isConvinced)
            _ = refuse(&gate, 1, at: time)
        }
        // Another job that comes by now need not wait as long as that one must.
        let choice = gate.choice(limit: 4, underway: 0, at: 1000)
        #expect(choice.allowance == 1 && !choice.takesSpared)
    }

    @Test func `where the first ones are refused the end of the queue is tried too`() {
        var gate = SubmissionGate()
        var ends: [Bool] = []
        for job in Int64(1)...6 {
            let choice = gate.choice(limit: 1, underway: 0, at: 10_000 * job)
            ends.append(choice.fromTheEnd)
            gate.sent(job, choice)
            _ = refuse(&gate, job, at: 10_000 * job)
        }
        #expect(ends == [false, false, true, false, true, false])
    }

    @Test func `a job that is refused between two that are taken is at fault itself`() {
        var gate = SubmissionGate()
        _ = refuse(&gate, 1)
        #expect(gate.accepted(2, worth, at: 100) == nil)
        #expect(gate.reason == nil)
        // Not before the wire is empty.
        #expect(gate.choice(limit: 4, underway: 1, at: 100).allowance == 0)
        #expect(sendSuspect(&gate, at: 100) == 1)
        #expect(!refuse(&gate, 1, at: 150))
        #expect(gate.reason == nil)
        let proof = gate.choice(limit: 4, underway: 0, at: 150)
        #expect(proof.allowance == 1 && proof.spared == [1] && !proof.takesSpared)
        gate.sent(3, proof)
        #expect(gate.accepted(3, worth, at: 200)?.job == 1)
        #expect(gate.reason == nil && gate.suspects.isEmpty)
    }

    @Test func `an account that turns bad in between is not held against the job`() {
        var gate = gateWithSuspect()
        gate.sent(3, gate.choice(limit: 4, underway: 0, at: 150))
        #expect(refuse(&gate, 3, at: 200))
        #expect(gate.reason == .token && gate.suspects.map(\.job) == [1, 3])
        // The account is mended: the first that is taken among those refused speaks for all of them.
        gate.sent(4, gate.choice(limit: 4, underway: 0, at: 5000))
        #expect(gate.accepted(4, worth, at: 5000) == nil)
        #expect(sendSuspect(&gate, at: 5000) == 1)
        #expect(gate.accepted(1, worth, at: 5100) == nil)
        #expect(gate.reason == nil && gate.suspects.isEmpty)
    }

    @Test func `a proof that comes late is none`() {
        var gate = gateWithSuspect()
        #expect(gate.accepted(3, worth, at: 100_000) == nil)
        #expect(gate.suspects.map(\.job) == [1])
    }

    @Test func `jobs that come one at a time and are taken convict it`() {
        var gate = SubmissionGate()
        _ = refuse(&gate, 1, .balance)
        var now: Int64 = 1_000_000
        for job in Int64(2)...3 {
            #expect(gate.accepted(job, worth, at: now) == nil)
            #expect(sendSuspect(&gate, at: now) == 1)
            _ = refuse(&gate, 1, .balance, at: now)
            _ = gate.foundNothing(gate.choice(limit: 4, underway: 0, at: now), isGone: false, at: now, delay)
            now += 1_000_000
        }
        #expect(gate.accepted(4, worth, at: now)?.job == 1)
    }

    @Test func `where several lack balance, one round convicts none of them`() {
        var gate = SubmissionGate()
        _ = refuse(&gate, 1, .balance)
        _ = refuse(&gate, 2, .balance, at: 10)
        #expect(gate.accepted(3, worth, at: 100) == nil)
        #expect(sendSuspect(&gate, at: 100) == 1)
        #expect(!refuse(&gate, 1, .balance, at: 110))
        #expect(gate.accepted(4, worth, at: 120) == nil)
        // The other has its turn then.
        #expect(sendSuspect(&gate, at: 120) == 2)
    }

    @Test func `a suspect that nothing is left to compare with pauses and is named`() {
        var gate = gateWithSuspect(.balance)
        let choice = gate.choice(limit: 4, underway: 0, at: 150)
        let suspect = gate.foundNothing(choice, isGone: false, at: 150, delay)
        #expect(suspect?.job == 1 && suspect?.answer == "HTTP 403" && gate.reason == .balance)
        // A look says nothing about money.
        #expect(gate.lookAnswered { _ in false } == nil)
    }

    @Test func `a look that is answered shows that the token is good`() {
        var gate = SubmissionGate()
        _ = refuse(&gate, 1)
        #expect(gate.lookAnswered { _ in false } == nil)
        _ = gate.accepted(2, worth, at: 100)
        #expect(gate.lookAnswered { _ in false } == nil)
        #expect(sendSuspect(&gate, at: 100) == 1)
        _ = refuse(&gate, 1, at: 150)
        _ = gate.foundNothing(gate.choice(limit: 4, underway: 0, at: 150), isGone: false, at: 150, delay)
        #expect(gate.lookAnswered { _ in true } == nil)
        #expect(gate.lookAnswered { _ in false }?.job == 1)
        #expect(gate.reason == nil)
    }

    @Test func `a look condemns no job while another can be sent as a proof`() {
        var gate = gateWithSuspect()
        #expect(gate.lookAnswered { _ in false } == nil)
        #expect(gate.suspects.map(\.job) == [1])
    }

    @Test func `a service that refuses every submission condemns nobody though looks are answered`() throws {
        var gate = SubmissionGate()
        _ = gate.accepted(1, worth, at: 0)
        for now in stride(from: Int64(0), to: 12_000_000, by: 400_000) {
            let choice = gate.choice(limit: 4, underway: 0, at: now)
            let fresh = ([2, 3, 4] as [Int64]).first { !choice.spared.contains($0) }
            let job = try #require(choice.only ?? fresh ?? choice.spared.first)
            gate.sent(job, choice)
            _ = refuse(&gate, job, at: now)
            #expect(gate.lookAnswered { _ in false } == nil)
        }
        #expect(gate.reason == .token)
    }

    @Test func `a look that is refused voids what was held against a job`() {
        var gate = gateWithSuspect()
        gate.lookRefused(.token, at: 160, delay)
        #expect(gate.reason == .token)
        #expect(gate.lookAnswered { _ in false } == nil)
    }

    @Test func `a cheap job that is taken says nothing of a dear one`() {
        var gate = SubmissionGate()
        let dear = SubmissionGate.Worth(model: "m", price: 2)
        let cheap = SubmissionGate.Worth(model: "m", price: 0.1)
        _ = gate.refused(1, .balance, "HTTP 402", dear, at: 0, delay)
        _ = gate.accepted(2, cheap, at: 100)
        let choice = gate.choice(limit: 4, underway: 0, at: 100)
        #expect(choice.only == nil && choice.spared == [1] && choice.allowance == 4)
        _ = gate.accepted(3, SubmissionGate.Worth(model: "m", price: 2.5), at: 200)
        #expect(sendSuspect(&gate, at: 200) == 1)
    }

    @Test func `a suspect that cannot be sent now holds up nobody`() {
        var gate = SubmissionGate()
        _ = refuse(&gate, 1)
        _ = gate.accepted(2, worth, at: 100)
        let choice = gate.choice(limit: 4, underway: 0, at: 100)
        #expect(gate.foundNothing(choice, isGone: false, at: 100, delay) == nil)
        #expect(gate.choice(limit: 4, underway: 0, at: 150).allowance == 4)
        #expect(gate.moments == [200])
        #expect(gate.choice(limit: 4, underway: 0, at: 200).only == 1)
        #expect(
            gate.foundNothing(gate.choice(limit: 4, underway: 0, at: 200), isGone: true, at: 200, delay)
                == nil)
        #expect(gate.reason == nil && gate.suspects.isEmpty)
    }

    @Test func `a pause from before is tried at once`() {
        var gate = SubmissionGate()
        for job in Int64(1)...5 {
            gate.sent(job, gate.choice(limit: 4, underway: 0, at: 10_000 * job))
            _ = refuse(&gate, job, at: 10_000 * job)
        }
        gate.closeFromBefore(.token)
        let choice = gate.choice(limit: 4, underway: 0, at: 1)
        #expect(choice.allowance == 1)
        gate.sent(1, choice)
        _ = refuse(&gate, 1, at: 10)
        #expect(gate.moments.min() == 110)
    }
}

/// Thousands of small worlds: whatever the order of things, what is promised holds.
@Suite struct SubmissionGateWalkTests {
    typealias Plan = GateWorld.Plan

    private func walk(_ seeds: Range<UInt64>, _ plan: Plan, _ check: (GateWorld, String) -> Void) {
        for seed in seeds {
            for (submitting, inFlight) in [(1, 1), (1, 4), (2, 3), (4, 4), (4, 32)] {
                var plan = plan
                (plan.submitting, plan.inFlight) = (submitting, inFlight)
                var world = GateWorld(plan, seed: seed)
                world.run()
                check(world, "seed \(seed), \(submitting) submitting, \(inFlight) in flight: \(plan)")
            }
        }
    }

    @Test(arguments: [Pause.Reason.token, .balance], [true, false])
    func `one or several poison jobs hold up nobody and are sent a handful of times`(
        reason: Pause.Reason, isFirst: Bool
    ) {
        for poison in 1...6 {
            let plan = Plan(healthy: 30, poison: poison, poisonIsFirst: isFirst, reason: reason)
            walk(0..<10, plan) { world, context in
                #expect(world.taken == 30 && world.healthyLeft == 0, "\(context)")
                #expect(world.healthyCondemned == 0, "\(context)")
                if isFirst {
                    #expect(world.poisonCondemned == poison, "\(context)")
                    #expect(world.tries(ofPoison: true) <= 6, "\(context)")
                }
            }
        }
    }

    @Test(arguments: [Pause.Reason.token, .balance])
    func `an account that turns bad and good again costs no healthy job`(reason: Pause.Reason) {
        for poison in [0, 1, 3] {
            let plan = Plan(
                healthy: 40, poison: poison, poisonIsFirst: false, spells: 60, mostSpells: 6, unreachable: 30,
                reason: reason, restarts: 3)
            walk(0..<16, plan) { world, context in
                #expect(world.healthyCondemned == 0, "\(context)")
                #expect(world.healthyLeft == 0, "\(context)")
                #expect(world.taken + world.doubted >= 40, "\(context)")
                let bound = 6 + 3 * (world.spells + world.restarts)
                #expect(world.tries(ofPoison: true) <= bound, "\(context)")
            }
        }
    }

    @Test func `where only poison is there nobody is blamed`() {
        walk(0..<8, Plan(healthy: 0, poison: 4)) { world, context in
            #expect(world.condemned.isEmpty, "\(context)")
            #expect(world.gate.reason == .token, "\(context)")
        }
    }
}
