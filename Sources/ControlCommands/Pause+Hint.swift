internal import JobModel

extension Pause {
    /// What a person can do about it.
    var hint: String {
        switch reason {
        case .hand: "jobctl resume"
        case .token, .balance, .outage: "jobd tries again by itself; jobctl resume tries now"
        case .budget:
            // Its words begin with the key that stands in the way.
            detail.hasPrefix("budget.day_usd")
                ? "raise budget.day_usd, or wait for the next day (UTC)" : "raise budget.total_usd"
        }
    }
}
