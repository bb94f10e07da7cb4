import JobModel
import Policy
import Scratch

/// A queue, an account and a service in miniature, driven through the gate by a seeded chance: no clock, no
/// sockets.
struct GateWorld {
    struct Plan {
        var healthy = 20
        var poison = 1
        /// Whether the poison jobs have the highest priority; else they are anywhere.
        var poisonIsFirst = true
        var submitting = 4
        var inFlight = 4
        /// How often the account turns bad, in thousandths of the requests.
        var spells: UInt64 = 0
        var mostSpells = 0
        /// How often a request finds nobody, or is uncertain, in thousandths.
        var unreachable: UInt64 = 0
        var reason = Pause.Reason.token
        var looks = true
        /// How often jobd restarts, in thousandths of the turns.
        var restarts: UInt64 = 0
    }

    private struct Job {
        let isPoison: Bool
        var readyAt: Int64 = 0
        /// While another job that is no poison could have been sent.
        var tries = 0
        var isQueued = true
    }

    private enum Answer { case taken, refused, unreachable, uncertain, busy }

    let plan: Plan
    private(set) var gate = SubmissionGate()
    private var numbers: SeededNumbers
    private var jobs: [Job]
    private var wire: [(job: Int, at: Int64, answer: Answer)] = []
    private var flying: [Int64] = []
    private(set) var now: Int64 = 0
    private var isBad = false
    private var judgedInSpell = 0
    private(set) var spells = 0
    private(set) var restarts = 0
    private(set) var condemned: [Int] = []
    private(set) var taken = 0
    private(set) var doubted = 0

    init(_ plan: Plan, seed: UInt64) {
        (self.plan, numbers) = (plan, SeededNumbers(seed))
        jobs = (0..<plan.healthy + plan.poison).map { Job(isPoison: plan.poisonIsFirst && $0 < plan.poison) }
        if !plan.poisonIsFirst {
            var left = plan.poison
            while left > 0 {
                let place = Int(chance() % UInt64(jobs.count))
                if jobs[place].isPoison { continue }
                jobs[place] = Job(isPoison: true)
                left -= 1
            }
        }
    }

    private mutating func chance() -> UInt64 { numbers.next() }

    private static func delay(_ failures: Int) -> Duration {
        .milliseconds(min(1000 << min(failures - 1, 20), 300_000))
    }

    func tries(ofPoison isPoison: Bool) -> Int {
        jobs.filter { $0.isPoison == isPoison }.map(\.tries).max() ?? 0
    }
    var healthyCondemned: Int { condemned.count { !jobs[$0].isPoison } }
    var poisonCondemned: Int { condemned.count { jobs[$0].isPoison } }
    var healthyLeft: Int {
        jobs.count { $0.isQueued && !$0.isPoison } + wire.count { !jobs[$0.job].isPoison }
    }

    /// Runs until no healthy job waits, and the poison is dealt with as far as it can be; or gives up.
    mutating func run(most: Int = 20_000) {
        var idle = 0
        for _ in 0..<most where idle < 40 {
            turn()
            idle = healthyLeft == 0 ? idle + 1 : 0
        }
    }

    private mutating func turn() {
        if plan.restarts > 0, restarts < 5, wire.isEmpty, chance() % 1000 < plan.restarts {
            restarts += 1
            let stood = gate.reason
            gate = SubmissionGate()
            if let stood { gate.closeFromBefore(stood) }
        }
        while claim() {}
        let next =
            ([wire.map(\.at).min(), flying.min()] + gate.moments.filter { $0 > now }.map { Optional($0) }
            + jobs.filter { $0.isQueued && $0.readyAt > now }.map { Optional($0.readyAt) }).compactMap { $0 }
            .min()
        now = max(now + 1, next ?? now + 1000)
        land()
        for index in wire.indices.reversed() where wire[index].at <= now {
            let (job, _, answer) = wire.remove(at: index)
            hear(answer, of: job)
        }
    }

    /// What the dispatcher does in a turn. Answers whether anything came of it.
    private mutating func claim() -> Bool {
        var choice = gate.choice(limit: plan.submitting, underway: wire.count, at: now)
        choice.allowance = min(choice.allowance, plan.inFlight - flying.count - wire.count)
        guard choice.allowance > 0 else { return false }
        let ready = jobs.indices.filter { jobs[$0].isQueued && jobs[$0].readyAt <= now }
        var chosen: [Int] = []
        if let only = choice.only {
            chosen = ready.filter { $0 == Int(only) }
        } else {
            let others = ready.filter { !choice.spared.contains(Int64($0)) }
            chosen = Array((choice.fromTheEnd ? others.reversed() : others).prefix(choice.allowance))
            if chosen.isEmpty, choice.takesSpared {
                chosen = choice.spared.map { Int($0) }.filter { ready.contains($0) }.prefix(1).map { $0 }
            }
        }
        guard !chosen.isEmpty else {
            let isGone = choice.only.map { !jobs[Int($0)].isQueued || jobs[Int($0)].readyAt > now } ?? false
            let suspect = gate.foundNothing(choice, isGone: isGone, at: now, Self.delay)
            return choice.only != nil && suspect == nil
        }
        for job in chosen {
            jobs[job].isQueued = false
            if !jobs[job].isPoison || ready.contains(where: { !jobs[$0].isPoison }) { jobs[job].tries += 1 }
            gate.sent(Int64(job), choice)
            wire.append((job, now + 1 + Int64(chance() % 200), judge(job)))
        }
        return true
    }

    /// A fault of the account refuses two requests at least that would be taken else.
    private mutating func judge(_ job: Int) -> Answer {
        if chance() % 1000 < plan.unreachable { return [.unreachable, .uncertain, .busy][Int(chance() % 3)] }
        if jobs[job].isPoison { return .refused }
        if isBad {
            judgedInSpell += 1
            if judgedInSpell > 2, chance() % 4 == 0 { isBad = false }
        } else if spells < plan.mostSpells, chance() % 1000 < plan.spells {
            (isBad, judgedInSpell) = (true, 1)
            spells += 1
        }
        return isBad ? .refused : .taken
    }

    private mutating func hear(_ answer: Answer, of job: Int) {
        let id = Int64(job)
        let worth = SubmissionGate.Worth(model: "m", price: nil)
        switch answer {
        case .taken:
            taken += 1
            flying.append(now + 1 + Int64(chance() % 3000))
            if let guilty = gate.accepted(id, worth, at: now) { condemn(guilty) }
        case .refused:
            jobs[job].isQueued = true
            _ = gate.refused(id, plan.reason, "HTTP 403", worth, at: now, Self.delay)
        case .unreachable:
            wait(job)
            gate.noAnswer(id, limit: plan.submitting, at: now, Self.delay)
        case .uncertain:
            doubted += 1
            gate.noAnswer(id, limit: plan.submitting, at: now, Self.delay)
        case .busy:
            wait(job)
            gate.notBought(id, isBusy: true, at: now, Self.delay)
        }
    }

    private mutating func wait(_ job: Int) {
        jobs[job].isQueued = true
        jobs[job].readyAt = now + 1000
    }

    /// Looks at what the service has, and ends of it.
    private mutating func land() {
        let landed = flying.filter { $0 <= now }
        flying.removeAll { $0 <= now }
        guard plan.looks, !landed.isEmpty else { return }
        if isBad, plan.reason == .token {
            gate.lookRefused(plan.reason, at: now, Self.delay)
        } else if let guilty = gate.lookAnswered({ id in wire.contains { $0.job == Int(id) } }) {
            condemn(guilty)
        }
    }

    private mutating func condemn(_ guilty: SubmissionGate.Suspect) {
        condemned.append(Int(guilty.job))
        jobs[Int(guilty.job)].isQueued = false
    }
}
