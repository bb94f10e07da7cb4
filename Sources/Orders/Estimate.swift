internal import CommandLineTool
internal import JobModel

/// The estimated price of several jobs. Unknown prices are counted, never taken as zero.
package struct Estimate: Equatable {
    package private(set) var jobs = 0
    package private(set) var dollars = 0.0
    package private(set) var unpriced = 0

    package init() {}

    package mutating func add(_ price: Double?) {
        jobs += 1
        if let price { dollars += price } else { unpriced += 1 }
    }

    /// Whether the price is higher than that of `other`, or more prices are unknown.
    func exceeds(_ other: Estimate) -> Bool {
        dollars > other.dollars + 1e-9 || unpriced > other.unpriced
    }

    package var counted: String { NumberText.of(jobs, "job") }

    /// `about $3.20, and 2 of unknown price`
    package var words: String {
        if unpriced == 0 { return "about \(Money.text(dollars))" }
        if unpriced == jobs { return jobs == 1 ? "its price is not known" : "their prices are not known" }
        return "about \(Money.text(dollars)), and \(NumberText.of(unpriced)) of unknown price"
    }
}

/// The price above which a person is asked first.
package enum ConfirmationLimit {
    case none
    case above(Double)
    /// The configuration exists but cannot be read, for this reason.
    case unknown(String)

    /// Why the price needs attention, and whether to ask first; nil if it is within the limit.
    package func objection(to estimate: Estimate) -> (words: String, asks: Bool)? {
        switch self {
        case .none: return nil
        case .above(let limit):
            let words = "confirm_above_usd is \(Money.text(limit))"
            if estimate.dollars > limit + 1e-9 { return (words, true) }
            if estimate.unpriced == 0 { return nil }
            return (words + ", and some prices are not known: set models.MODEL.price_usd", true)
        case .unknown(let reason):
            // A single job is no mistyped batch, and must not depend on a file that is for jobd.
            return ("\(reason), so the limit for asking first is not known", estimate.jobs > 1)
        }
    }
}
