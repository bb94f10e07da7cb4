internal import CommandLineTool
internal import JobModel

/// What several jobs come to. A price that is not known is counted as one, never as nothing.
package struct Estimate: Equatable {
    package private(set) var jobs = 0
    package private(set) var dollars = 0.0
    package private(set) var unpriced = 0

    package init() {}

    package mutating func add(_ price: Double?) {
        jobs += 1
        if let price { dollars += price } else { unpriced += 1 }
    }

    /// Whether more is bought, or more of what nobody knows, than `other` says.
    func exceeds(_ other: Estimate) -> Bool {
        dollars > other.dollars + 1e-9 || unpriced > other.unpriced
    }

    package var counted: String { NumberText.of(jobs, "job") }

    /// `about $3.2`, with what is not known beside it.
    package var words: String {
        if unpriced == 0 { return "about \(Money.text(dollars))" }
        if unpriced == jobs { return jobs == 1 ? "its price is not known" : "their prices are not known" }
        return "about \(Money.text(dollars)), and \(unpriced) of unknown price"
    }
}

/// From which sum on a person is asked first.
package enum ConfirmationLimit {
    case none
    case above(Double)
    /// The configuration is there, and cannot be read: why.
    case unknown(String)

    /// What the limit has to say of a sum, and whether to ask for it; nil where it may pass.
    package func objection(to estimate: Estimate) -> (words: String, asks: Bool)? {
        switch self {
        case .none: return nil
        case .above(let limit):
            let words = "confirm_above_usd is \(Money.text(limit))"
            if estimate.dollars > limit + 1e-9 { return (words, true) }
            if estimate.unpriced == 0 { return nil }
            return (words + ", and models.MODEL.price_usd is not set for what has no known price", true)
        case .unknown(let reason):
            // One job at a time is no slip of a finger, and what is enqueued must not hang on jobd's file.
            return ("\(reason); so it is not known which sum is to be asked for", estimate.jobs > 1)
        }
    }
}
