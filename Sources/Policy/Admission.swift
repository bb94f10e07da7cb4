package import Configuration
internal import JobModel

/// Whether a job may leave now, as far as numbers, rates and money say. What was admitted counts at once.
package struct Admission: Sendable {
    package typealias Moment = InFlight.Moment

    /// What keeps a job from leaving: a limit that is used up, with its key. Those of an entry of `models`
    /// hold back its jobs alone.
    package enum Hold: Equatable, Sendable {
        case inFlight(entry: String?, limit: Int)
        case perMinute(entry: String?, limit: Int, sent: Int, opensAt: Moment)
        /// The submission gate lets nothing more out.
        case submitting(limit: Int)
        case budget(Budget, price: Double?)

        package var key: String {
            switch self {
            case .inFlight: key("max_in_flight")
            case .perMinute: key("submit_per_minute")
            case .submitting: "max_submitting"
            case .budget(let budget, _): budget.key
            }
        }

        private func key(_ name: String) -> String {
            entry.map { "models.\"\($0)\".\(name)" } ?? name
        }

        /// The entry of `models` that the limit is of.
        package var entry: String? {
            switch self {
            case .inFlight(let entry, _), .perMinute(let entry, _, _, _): entry
            case .submitting, .budget: nil
            }
        }

        /// Whether no job may leave, whatever its model and its price.
        package var isForAll: Bool {
            if case .budget = self { false } else { entry == nil }
        }
    }

    /// The limits of all jobs, or of those of one entry, and how much of them is used up.
    private struct Limits {
        var entry: String?
        let inFlight: Int?
        /// 0 means no limit.
        let perMinute: Int
        var flying = 0
        var sent = 0
        /// When the first of those that were sent is a minute old.
        var opensAt: Moment?

        var isFull: Bool { inFlight.map { flying >= $0 } ?? false }
        var isSpent: Bool { perMinute > 0 && sent >= perMinute }
        var room: Int { min((inFlight ?? .max) - flying, perMinute > 0 ? perMinute - sent : .max) }
    }

    private let configuration: Configuration
    private let now: Moment
    private var all: Limits
    private var entries: [String: Limits] = [:]
    /// How many more the gate lets out.
    private var most: Int
    package private(set) var budgets: [Budget] = []

    /// - Parameter most: how many the gate lets out.
    package init(_ configuration: Configuration, _ flights: InFlight, most: Int, at now: Moment) {
        (self.configuration, self.most, self.now) = (configuration, most, now)
        all = Limits(inFlight: configuration.maxInFlight, perMinute: configuration.submitPerMinute)
        entries = .init(
            uniqueKeysWithValues: configuration.models.map { name, limits in
                let perMinute = limits.submitPerMinute ?? 0
                return (name, Limits(entry: name, inFlight: limits.maxInFlight, perMinute: perMinute))
            })
        for (model, count) in flights.counts { use(model) { $0.flying += count } }
        for (model, var window) in flights.departures {
            window.advance(to: now)
            use(model) {
                $0.sent += window.count
                $0.opensAt = [$0.opensAt, window.opensAt].compactMap(\.self).min()
            }
        }
    }

    private mutating func use(_ model: String, _ change: (inout Limits) -> Void) {
        change(&all)
        guard let entry = configuration.limits(of: model)?.name else { return }
        change(&entries[entry, default: Limits(inFlight: nil, perMinute: 0)])
    }

    /// How many jobs may leave whose models have no limits of their own.
    package var room: Int { max(0, min(most, all.room)) }

    /// When time alone lets more through.
    package var opensAt: Moment? {
        ([all] + entries.values).filter(\.isSpent).compactMap(\.opensAt).min()
    }

    /// What holds back every job of `model`: its own limits, or those of all.
    package func hold(of model: String) -> Hold? {
        let own = configuration.limits(of: model).flatMap { entries[$0.name] }
        let limits = [own, all].compactMap(\.self)
        if let full = limits.first(where: \.isFull) {
            return .inFlight(entry: full.entry, limit: full.inFlight ?? 0)
        }
        if let spent = limits.first(where: \.isSpent) {
            return .perMinute(
                entry: spent.entry, limit: spent.perMinute, sent: spent.sent, opensAt: spent.opensAt ?? now)
        }
        return most > 0 ? nil : .submitting(limit: configuration.maxSubmitting)
    }

    /// Reads what is spent of the budgets that are set.
    package mutating func readBudgets(_ spent: (Budget.Period) throws -> Double) rethrows {
        budgets = try Budget.Period.allCases.compactMap { period in
            try period.limit(configuration).map {
                Budget(period: period, limit: $0, spent: try spent(period))
            }
        }
    }

    /// The budget that a job of this price does not fit. One of unknown price counts nothing, and
    /// waits like others once a budget is spent.
    package func hold(price: Double?) -> Hold? {
        budgets.first { !$0.covers(price ?? 0) }.map { .budget($0, price: price) }
    }

    /// A job of `model` leaves.
    package mutating func admit(_ model: String, price: Double?) {
        most -= 1
        let opensAt = now + RateWindow.minute
        use(model) {
            ($0.flying, $0.sent, $0.opensAt) = ($0.flying + 1, $0.sent + 1, $0.opensAt ?? opensAt)
        }
        for index in budgets.indices { budgets[index].spent += price ?? 0 }
    }
}

/// Money that may be spent in some time, and what is spent of it.
package struct Budget: Equatable, Sendable {
    package enum Period: CaseIterable, Sendable {
        case day, total

        package func limit(_ configuration: Configuration) -> Double? {
            self == .day ? configuration.budgetPerDay : configuration.budgetInTotal
        }
    }

    package let period: Period
    package let limit: Double
    package internal(set) var spent: Double

    package var key: String { period == .day ? "budget.day_usd" : "budget.total_usd" }

    /// Why a job of this price waits, for the log and the pause. It begins with the key.
    package func words(against price: Double?) -> String {
        let (limit, spent, price) = (Money.rounded(limit), Money.rounded(spent), Money.rounded(price ?? 0))
        return "\(key) is \(limit): \(spent) is spent, and the next job would take \(price)"
    }

    /// Sums of binary fractions end in noise.
    func covers(_ price: Double) -> Bool { spent + price <= limit + 1e-9 }
}
