internal import Catalogue
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Policy

/// Takes jobs out of the queue: the limits of number, rate, money and memory are kept in the same
/// transaction.
struct Claim: Sendable {
    /// How many may leave now, and which.
    let choice: SubmissionGate.Choice
    /// How many more of one entry of `models` may leave now.
    let allowanceByLimit: [String: Int]
    let configuration: Configuration
    /// How many bytes of inputs are on the wire already.
    var bytesUnderway = 0

    /// How many bytes of inputs are on the wire at once; one input may go whatever its size.
    static let mostBytes = 32 << 20

    struct Result: Sendable {
        var jobs: [Job] = []
        /// Jobs whose input breaks its schema: they never leave.
        var refused: [Job] = []
        /// Which budget stands in the way, in words.
        var budget: String?
        /// Models that no budget could hold back, as their price is not known.
        var unpriced: Set<String> = []
        /// When the next job's time comes.
        var nextDue: Timestamp?
        /// Whether any job could leave, and it was looked which.
        var hasLooked = false
        /// Whether the queue was looked at, and not one job of it.
        var saysOfBudget = false
        /// The job that was asked for by its id does not wait any more.
        var isGone = false

        var bytes: Int { jobs.reduce(0) { $0 + $1.input.utf8.count } }
    }

    func run(_ database: JobDatabase) throws -> Result {
        var taking = Taking(try Budget(database, configuration), allowanceByLimit)
        taking.result.nextDue = try database.promoteDue(retriesWithin: configuration.retryMax)
        guard choice.most > 0 else { return taking.result }
        taking.result.hasLooked = true
        taking.result.saysOfBudget = choice.only == nil
        if let only = choice.only {
            let job = try database.ready(id: only)
            taking.result.isGone = job == nil
            if let job { try take(job, &taking, database) }
        } else {
            let spared = Set(choice.spared)
            for job in try candidates(database) where !spared.contains(job.id) {
                guard try take(job, &taking, database) else { break }
            }
            if choice.takesSpared {
                for id in choice.spared where taking.result.jobs.isEmpty {
                    if let job = try database.ready(id: id) { try take(job, &taking, database) }
                }
            }
        }
        taking.result.budget = taking.budget.obstacle
        return taking.result
    }

    /// What one claim has come to.
    private struct Taking {
        var result = Result()
        var rest: [String: Int]
        var budget: Budget
        /// Looked up once a claim: what was refreshed counts from the next one on.
        var schemas: [String: Schema?] = [:]

        init(_ budget: Budget, _ rest: [String: Int]) { (self.budget, self.rest) = (budget, rest) }
    }

    /// Takes one job, unless something holds it back. Answers false where no other has room either.
    ///
    /// Inputs are read one at a time. The first that does not fit ends the claim: it is the next one's first.
    @discardableResult
    private func take(_ place: ReadyJob, _ taking: inout Taking, _ database: JobDatabase) throws -> Bool {
        guard taking.result.jobs.count < choice.most else { return false }
        let limit = configuration.limits(of: place.model)?.name
        if let limit, let left = taking.rest[limit], left <= 0 { return true }
        guard let job = try database.find(place.id) else { return true }
        let schema =
            try taking.schemas[job.model]
            ?? .known(job.model, stored: database.storedModel(job.model)?.document)
        taking.schemas[job.model] = .some(schema)
        let underway = bytesUnderway + taking.result.bytes
        if underway > 0, underway + job.input.utf8.count > Self.mostBytes { return false }
        let isReadable = try database.hasReadableInput(job.id)
        if let fault = isReadable ? Self.fault(in: job, schema) : "the input is not UTF-8" {
            taking.result.refused.append(
                try database.record(.refused(message: fault), for: job.id, in: .queued).withoutInput)
            return true
        }
        let price = price(of: job, schema)
        guard taking.budget.admits(price) else { return true }
        if price == nil, taking.budget.isSet { taking.result.unpriced.insert(job.model) }
        taking.result.jobs.append(
            try database.record(.submitting(priceUSD: price), for: job.id, in: .queued))
        if let limit, let left = taking.rest[limit] { taking.rest[limit] = left - 1 }
        return true
    }

    /// The first jobs of each model that may send, in the order of sending, or the last ones from the last.
    private func candidates(_ database: JobDatabase) throws -> [ReadyJob] {
        let models = try database.readyModels().filter { model in
            configuration.limits(of: model).flatMap { allowanceByLimit[$0.name] }.map { $0 > 0 } ?? true
        }
        let limit = choice.most + choice.spared.count
        let jobs = try models.flatMap {
            try database.ready(model: $0, limit: limit, fromTheEnd: choice.fromTheEnd)
        }
        .sorted { ($1.priority, $0.id) < ($0.priority, $1.id) }
        return choice.fromTheEnd ? jobs.reversed() : jobs
    }

    /// Why a job that came by SQL cannot be sent; nil where it can.
    private static func fault(in job: Job, _ schema: Schema?) -> String? {
        guard job.validation == .pending else { return nil }
        let input: JSON
        do throws(JSONError) { input = try JSON(parsing: job.input, .strict) } catch {
            return "the input is malformed JSON: \(error)"
        }
        let violations = schema?.violations(in: input) ?? []
        return violations.isEmpty
            ? nil : violations.map { "\($0.path): \($0.message)" }.joined(separator: "; ")
    }

    private func price(of job: Job, _ schema: Schema?) -> Double? {
        guard let price = configuration.limits(of: job.model)?.limits.priceUSD ?? schema?.basePriceUSD,
            let input = try? JSON(parsing: job.input)
        else { return nil }
        return price * Schema.estimatedUnits(for: input, schema: schema, priceUnit: schema?.priceUnit)
    }
}

/// What may still be spent.
private struct Budget {
    private let limits: [(name: String, limit: Double)]
    private var spent: [Double]
    private(set) var obstacle: String?
    var isSet: Bool { !limits.isEmpty }

    init(_ database: JobDatabase, _ configuration: Configuration) throws {
        var limits: [(String, Double)] = []
        var spent: [Double] = []
        if let day = configuration.budgetPerDay {
            limits.append(("budget.day_usd", day))
            spent.append(try database.spentToday())
        }
        if let total = configuration.budgetInTotal {
            limits.append(("budget.total_usd", total))
            spent.append(try database.spent(since: nil))
        }
        self.limits = limits
        self.spent = spent
    }

    /// Whether `price` still fits; then it counts as spent. A job of unknown price counts nothing, and waits
    /// like others once the budget is spent.
    mutating func admits(_ price: Double?) -> Bool {
        let price = price ?? 0
        for (index, (name, limit)) in limits.enumerated() where spent[index] + price > limit + 1e-9 {
            let cents = Money.rounded
            obstacle =
                "\(name) is \(cents(limit)): \(cents(spent[index])) is spent, and the next job would take \(cents(price))"
            return false
        }
        for index in limits.indices { spent[index] += price }
        return true
    }
}
