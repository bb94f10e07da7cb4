import Configuration
import JobModel
import Policy
import SQL
import Scratch
import System
import Testing

@testable import ControlCommands
@testable import JobStore
@testable import Worker

/// What `jobctl explain` says of each queued job, held against what the claim then does with it.
@Suite struct ExplainedClaimTests {
    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `what is explained is what the claim does`(seed: UInt64) throws {
        var world = try ClaimWorld(seed: seed)
        for round in 1...12 {
            try world.turn()
            let faults = try world.database.transaction { try world.compare() }
            try #require(faults.isEmpty, "seed \(seed), round \(round): \(faults.joined(separator: "; "))")
        }
        #expect(world.reasons.count >= 6, "\(world.reasons)")
    }
}

/// Jobs, limits and a clock that change by chance; jobd's memory beside its database.
private struct ClaimWorld {
    let database: JobDatabase
    /// Each reason that was given so far.
    var reasons: Set<Explanation.Reason> = []
    private let scratch = ScratchDirectory()
    private let clock = Locked(Timestamp(milliseconds: 1_700_000_000_000))
    private var chance: SeededNumbers
    private var configuration = Configuration()
    private var gate = SubmissionGate()
    private var inFlight = InFlight()
    private var requests = 0

    private static let checked = "bytedance/seedream-4-0/sequential"
    private static let models = ["a/x", "a/y", "b", checked]

    init(seed: UInt64) throws {
        chance = SeededNumbers(seed)
        database = try JobDatabase(
            StateDirectory(path: scratch["state"], origin: .option), .create,
            clock: { [clock] in clock.withLock { $0 } })
        let document = #"{"base_price_usd":0.2,"input_schema":{"properties":{"n":{"type":"integer"}}}}"#
        try database.store(models: [("b", document)])
    }

    private var now: Timestamp { clock.withLock { $0 } }
    private var moment: Moment { now.milliseconds }

    private mutating func pick<Value>(_ values: Value...) -> Value {
        values[Int.random(in: 0..<values.count, using: &chance)]
    }

    // MARK: - What happens between two claims

    mutating func turn() throws {
        let step = Duration.milliseconds(Int.random(in: 0...40_000, using: &chance))
        clock.withLock { $0 = $0 + step }
        try database.transaction {
            for _ in 0..<Int.random(in: 0...5, using: &chance) { try add() }
            for job in try database.unfinished() { try land(job) }
            try database.resume()
            gate = SubmissionGate()
            switch Int.random(in: 0..<10, using: &chance) {
            case 0: try database.pause(.hand, "by hand")
            case 1:
                try database.pause(.outage, "an outage")
                gate.closeFromBefore(.outage)
            default: break
            }
        }
        reload()
    }

    private mutating func add() throws {
        var job = NewJob(model: pick(Self.models[0], Self.models[1], "b", Self.checked), input: "")
        job.input = pick(#"{"n":1,"text":"x"}"#, #"{"n":4,"text":"x"}"#, #"{"n":"none"}"#)
        job.priority = pick(-1, 0, 0, 2)
        job.label = pick(nil, nil, "red", "reddish", "blue")
        job.isHeld = pick(true, false, false, false, false, false)
        // By SQL, or by jobctl with and without a check.
        job.validation = pick(.pending, .passed, .waived)
        job.notBefore = pick(nil, nil, nil, now + .seconds(30))
        let id = try database.enqueue(job).job.id
        if pick(false, false, false, false, false, true) { try spoil(id) }
    }

    /// Makes of an input what no UTF-8 is, as only another program can.
    private func spoil(_ id: Int64) throws {
        try database.connection.run(
            "UPDATE jobs SET input = CAST(x'7B2261223A22FF227D' AS TEXT) WHERE id = ?1", id)
    }

    /// What may become of a job that has left.
    private mutating func land(_ job: Job) throws {
        let event: JobEvent?
        switch job.state {
        case .submitting:
            requests += 1
            event = pick(
                .accepted(requestID: "r\(requests)"), .unanswered(reason: "none"), nil,
                .notBought(reason: "busy", tryAgainAt: now + .seconds(pick(1, 20))))
        case .inQueue, .inProgress:
            event = pick(.succeeded(finishedAt: nil, costUSD: pick(nil, 0.3)), nil, nil)
        default: event = nil
        }
        guard let event else { return }
        let landed = try database.record(event, for: job.id, in: job.state)
        if landed.state != .inQueue { inFlight.remove(job.id, job.model) }
    }

    private mutating func reload() {
        configuration = Configuration()
        configuration.maxInFlight = pick(1, 3, 6, 12)
        configuration.maxSubmitting = pick(1, 2, 4)
        configuration.submitPerMinute = pick(0, 0, 2, 5)
        configuration.budget.perDay = pick(nil, nil, 0, 0.5, 2)
        configuration.budget.perMonth = pick(nil, nil, nil, 3)
        configuration.budget.inTotal = pick(nil, nil, 1, 5)
        for entry in ["red", "red*", "*"] where pick(false, false, true) {
            var limits = Configuration.BudgetLimits()
            (limits.perDay, limits.inTotal) = (pick(nil, 0.4, 1), pick(nil, nil, 2))
            configuration.labelBudgets[entry] = limits
        }
        for entry in ["a/*", "a/x", "b"] where Bool.random(using: &chance) {
            var limits = Configuration.ModelLimits()
            limits.maxInFlight = pick(nil, 0, 1, 3)
            limits.submitPerMinute = pick(nil, 0, 1, 3)
            limits.priceUSD = pick(nil, 0.1, 1)
            configuration.models[entry] = limits
        }
    }

    // MARK: - The comparison

    /// What differs: before the first claim, and after those that follow until nothing more moves.
    mutating func compare() throws -> [String] {
        let told = try explain()
        let first = try claim()
        var faults = told.faults + held(told, against: first.result, room: first.room)
        while case let more = try claim(), !more.result.jobs.isEmpty || !more.result.refused.isEmpty {}
        let after = try explain()
        faults += after.faults
        for (job, reason) in after.jobs where !job.isBehind(first.room, of: after.jobs) {
            if reason == .due || reason == .order { faults.append("\(job.id) stays, though it is \(reason)") }
        }
        return faults
    }

    private struct Told {
        var jobs: [(job: Job, reason: Explanation.Reason)] = []
        var faults: [String] = []
    }

    private func admission() throws -> (SubmissionGate.Choice, Admission) {
        let underway = try database.underway().reduce(0) { $1.state == .submitting ? $0 + Int($1.count) : $0 }
        let choice = gate.choice(limit: configuration.maxSubmitting, underway: underway, at: moment)
        return (choice, Admission(configuration, inFlight, allowance: choice.allowance, at: moment))
    }

    /// What is said of each queued job, in the order of sending; and where the two count differently.
    private mutating func explain() throws -> Told {
        let models = ModelCatalogue(configuration) { [database] in try database.storedModel($0)?.document }
        let context = try ExplanationContext(
            database, models, configuration, at: "config.json", setting: [], isRunning: true)
        var told = Told()
        var filter = JobFilter()
        filter.states = [.queued]
        for job in try database.jobs(filter) {
            told.jobs.append((job, try Explainer(job: job, context: context).explanation().reason))
        }
        told.jobs.sort { ($1.job.priority, $0.job.id) < ($0.job.priority, $1.job.id) }
        reasons.formUnion(told.jobs.map(\.reason))
        guard gate.reason == nil, let known = try context.admission() else { return told }
        let (_, own) = try admission()
        for model in Self.models {
            let holds = [known.hold(of: model), own.hold(of: model)]
            if holds[0] != holds[1] { told.faults.append("\(model): what is said and what counts: \(holds)") }
        }
        return told
    }

    private mutating func claim() throws -> (result: Claim.Result, room: Int) {
        let (choice, admission) = try admission()
        let claim = Claim(
            choice: choice, admission: admission, configuration: configuration,
            pause: gate.reason.flatMap { Pause.Reason(rawValue: $0.rawValue) })
        let result = try claim.run(database)
        for job in result.jobs {
            inFlight.add(job.id, job.model)
            inFlight.noteSent(job.model, at: moment)
            gate.sent(job.id, choice)
        }
        return (result, admission.room)
    }

    private func held(_ told: Told, against result: Claim.Result, room: Int) -> [String] {
        let (taken, refused) = (Set(result.jobs.map(\.id)), Set(result.refused.map(\.id)))
        var faults: [String] = []
        for (index, (job, reason)) in told.jobs.enumerated() {
            let went = told.jobs[..<index].contains {
                taken.contains($0.job.id) || refused.contains($0.job.id) || $0.reason == .budget
            }
            let isRight =
                switch reason {
                case .due: taken.contains(job.id)
                // Those before it had their turn.
                case .order: !refused.contains(job.id) && went
                case .input: !taken.contains(job.id)
                case .outage: !refused.contains(job.id) && taken.count <= 1
                default: !taken.contains(job.id) && !refused.contains(job.id)
                }
            if !isRight {
                faults.append(
                    "\(job.id) of \(job.model) is \(reason): \(told.jobs.map(\.reason)), taken \(taken)")
            }
        }
        return faults
    }
}

extension Job {
    /// Whether so many others of its model are before it that a claim does not reach it.
    fileprivate func isBehind(_ room: Int, of jobs: [(job: Job, reason: Explanation.Reason)]) -> Bool {
        jobs.prefix { $0.job.id != id }.count { $0.job.model == model } >= room
    }
}
