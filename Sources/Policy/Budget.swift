package import Configuration
package import JobModel

/// A sum that may be spent in a period, by all jobs or by those with certain labels, and what is spent of it.
package struct Budget: Equatable, Sendable {
    /// The entry of `budget.labels`; nil for the budget of all jobs.
    package let entry: LabelPattern?
    package let period: SpendingPeriod
    package let limit: Double
    package internal(set) var spent: Double

    /// Every budget of the configuration: those of all jobs first, then those of labels.
    package static func all(
        _ configuration: Configuration, _ spent: (SpendingPeriod, LabelPattern?) throws -> Double
    ) rethrows -> [Budget] {
        let entries = configuration.labelBudgets.sorted { $0.key < $1.key }
            .map { (entry: LabelPattern?.some(LabelPattern($0.key)), limits: $0.value) }
        return try ([(nil, configuration.budget)] + entries).flatMap { entry, limits in
            try SpendingPeriod.allCases.compactMap { period in
                try limits[period].map {
                    Budget(entry: entry, period: period, limit: $0, spent: try spent(period, entry))
                }
            }
        }
    }

    package var key: String {
        "budget." + (entry.map { "labels.\"\($0.text)\"." } ?? "") + "\(period.rawValue)_usd"
    }

    /// What is left of it; negative if more than that is spent.
    package var left: Double { limit - spent }

    func applies(to label: String?) -> Bool { entry?.matches(label) ?? true }

    /// Why a job of this price waits, for the log and the pause. Begins with the key.
    package func words(against price: Double?) -> String {
        "\(key) is \(Money.text(limit)): \(Money.text(spent)) is spent, and the next job would take "
            + Money.text(price ?? 0)
    }

    /// It as what holds back a job of this price.
    package func hold(against price: Double?, at now: Timestamp) -> BudgetHold {
        let occasion = "\(key) \(limit) \(period.days(at: now).first ?? "")"
        return BudgetHold(labels: entry, key: key, occasion: occasion, words: words(against: price))
    }

    /// Sums of binary fractions are not exact.
    func covers(_ price: Double) -> Bool { spent + price <= limit + 1e-9 }
}

extension Configuration.BudgetLimits {
    package subscript(period: SpendingPeriod) -> Double? {
        switch period {
        case .day: perDay
        case .month: perMonth
        case .total: inTotal
        }
    }
}

extension Configuration {
    /// Whether anything limits what is spent.
    package var hasBudget: Bool {
        ([budget] + labelBudgets.values).contains { limits in
            SpendingPeriod.allCases.contains { limits[$0] != nil }
        }
    }
}
