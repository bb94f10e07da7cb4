package import Configuration
package import JobModel

/// Decides by numbers, rates and money whether a job may be sent now. An admitted job counts at once.
package struct Admission: Sendable {
    /// The limit that holds a job back. That of an entry of `models` holds back the jobs of this entry alone.
    package enum Hold: Equatable, Sendable {
        case inFlight(entry: String?, limit: Int)
        case perMinute(entry: String?, limit: Int, sent: Int, opensAt: Moment)
        /// The submission gate lets no more jobs through.
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

        /// The entry of `models` that sets the limit.
        package var entry: String? {
            switch self {
            case .inFlight(let entry, _), .perMinute(let entry, _, _, _): entry
            case .submitting, .budget: nil
            }
        }

        /// Whether it holds back every job, whatever its model and price.
        package var isForAll: Bool {
            if case .budget = self { false } else { entry == nil }
        }
    }

    /// The limits of all jobs, or of those of one entry, and how far they are used up.
    private struct Limits {
        var entry: String?
        let inFlight: Int?
        /// 0 means no limit.
        let perMinute: Int
        var flying = 0
        var sent = 0
        /// When the first of the sent jobs is a minute old.
        var opensAt: Moment?

        var isFull: Bool { inFlight.map { flying >= $0 } ?? false }
        var isSpent: Bool { perMinute > 0 && sent >= perMinute }
        var room: Int { min((inFlight ?? .max) - flying, perMinute > 0 ? perMinute - sent : .max) }
    }

    private let configuration: Configuration
    private let now: Moment
    private var all: Limits
    private var entries: [String: Limits] = [:]
    /// How many more jobs the gate lets through.
    private var allowance: Int
    package private(set) var budgets: [Budget] = []

    /// - Parameter allowance: how many jobs the gate lets through.
    package init(_ configuration: Configuration, _ inFlight: InFlight, allowance: Int, at now: Moment) {
        (self.configuration, self.allowance, self.now) = (configuration, allowance, now)
        all = Limits(inFlight: configuration.maxInFlight, perMinute: configuration.submitPerMinute)
        entries = .init(
            uniqueKeysWithValues: configuration.models.map { name, limits in
                let perMinute = limits.submitPerMinute ?? 0
                return (name, Limits(entry: name, inFlight: limits.maxInFlight, perMinute: perMinute))
            })
        for (model, count) in inFlight.counts { use(model) { $0.flying += count } }
        for (model, var window) in inFlight.sent {
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

    /// How many jobs may be sent in all. An entry of `models` may allow fewer of its jobs.
    package var room: Int { max(0, min(allowance, all.room)) }

    /// When the first rate that is used up lets another job through.
    package var opensAt: Moment? {
        ([all] + entries.values).filter(\.isSpent).compactMap(\.opensAt).min()
    }

    /// What holds back every job of `model`.
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
        return allowance > 0 ? nil : .submitting(limit: configuration.maxSubmitting)
    }

    /// Reads how much of each budget is spent.
    package mutating func readBudgets(
        _ spent: (SpendingPeriod, LabelPattern?) throws -> Double
    ) rethrows {
        budgets = try Budget.all(configuration, spent)
    }

    /// The first budget that a job of this label and price would exceed. A job of unknown price counts as
    /// free: it waits only if more than the budget is spent already.
    package func hold(label: String?, price: Double?) -> Hold? {
        budgets.first { $0.applies(to: label) && !$0.covers(price ?? 0) }.map { .budget($0, price: price) }
    }

    /// A job of `model` is sent.
    package mutating func admit(_ model: String, label: String?, price: Double?) {
        allowance -= 1
        let opensAt = now + RateWindow.minute
        use(model) {
            ($0.flying, $0.sent, $0.opensAt) = ($0.flying + 1, $0.sent + 1, $0.opensAt ?? opensAt)
        }
        for index in budgets.indices where budgets[index].applies(to: label) {
            budgets[index].spent += price ?? 0
        }
    }
}
