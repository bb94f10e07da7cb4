internal import Catalogue
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore

/// Takes jobs out of the queue: the limits of number, rate and money are kept in the same transaction.
struct Claim: Sendable {
    /// How many may leave now.
    let allowance: Int
    /// How many more of one entry of `models` may leave now.
    let allowanceByLimit: [String: Int]
    let configuration: Configuration

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
    }

    func run(_ database: JobDatabase) throws -> Result {
        var result = Result()
        result.nextDue = try database.promoteDue()
        guard allowance > 0 else { return result }
        var rest = allowanceByLimit
        var budget = try Budget(database, configuration)
        // Looked up once a claim: what was refreshed counts from the next one on.
        var schemas: [String: Schema?] = [:]
        for job in try candidates(database) where result.jobs.count < allowance {
            let limit = configuration.limits(of: job.model)?.name
            if let limit, let left = rest[limit], left <= 0 { continue }
            let schema =
                try schemas[job.model]
                ?? .known(job.model, stored: database.storedModel(job.model)?.document)
            schemas[job.model] = .some(schema)
            let isReadable = try database.hasReadableInput(job.id)
            if let fault = isReadable ? Self.fault(in: job, schema) : "the input is not UTF-8" {
                result.refused.append(try database.record(.refused(message: fault), for: job.id, in: .queued))
                continue
            }
            let price = price(of: job, schema)
            guard budget.admits(price) else { continue }
            if price == nil, budget.isSet { result.unpriced.insert(job.model) }
            result.jobs.append(try database.record(.submitting(priceUSD: price), for: job.id, in: .queued))
            if let limit, let left = rest[limit] { rest[limit] = left - 1 }
        }
        result.budget = budget.obstacle
        return result
    }

    /// The first jobs of each model that may send, in the order of sending.
    private func candidates(_ database: JobDatabase) throws -> [Job] {
        let models = try database.readyModels().filter { model in
            configuration.limits(of: model).flatMap { allowanceByLimit[$0.name] }.map { $0 > 0 } ?? true
        }
        return try models.flatMap { try database.ready(model: $0, limit: allowance) }
            .sorted { ($1.priority, $0.id) < ($0.priority, $1.id) }
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
            spent.append(try database.spent(since: database.now.startOfDay))
        }
        if let total = configuration.budgetInTotal {
            limits.append(("budget.total_usd", total))
            spent.append(try database.spent(since: nil))
        }
        self.limits = limits
        self.spent = spent
    }

    /// Whether `price` still fits; then it counts as spent. A job of unknown price counts nothing.
    mutating func admits(_ price: Double?) -> Bool {
        guard let price else { return true }
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
