internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy

/// What is spent of each budget.
struct BudgetChecks {
    let configuration: Configuration
    let store: JobDatabase?

    func all() -> [Diagnosis] {
        guard let store, let budgets = try? Budget.all(configuration, store.spent) else { return [] }
        return budgets.map { budget in
            let words = "\(budget.key): \(Money.text(budget.spent)) of \(Money.text(budget.limit)) is spent"
            return budget.left > 0 || budget.limit == 0
                ? .ok("budget", words) : .warning("budget", words, budget.hint)
        }
    }
}

extension Budget {
    /// How a job that waits for it comes to be sent.
    var hint: String { "raise \(key)" + (period.waitHint.map { ", or \($0)" } ?? "") }
}
