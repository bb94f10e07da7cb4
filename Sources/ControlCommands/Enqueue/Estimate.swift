/// What several jobs come to. A price that is not known is counted as one, never as nothing.
struct Estimate: Equatable {
    private(set) var jobs = 0
    private(set) var dollars = 0.0
    private(set) var unpriced = 0

    mutating func add(_ price: Double?) {
        jobs += 1
        if let price { dollars += price } else { unpriced += 1 }
    }

    /// Whether more is bought, or more of what nobody knows, than `other` says.
    func exceeds(_ other: Estimate) -> Bool {
        dollars > other.dollars + 1e-9 || unpriced > other.unpriced
    }

    var counted: String { NumberText.of(jobs, "job") }

    /// `about $3.2`, with what is not known beside it.
    var words: String {
        if unpriced == 0 { return "about \(Price.text(dollars))" }
        if unpriced == jobs { return jobs == 1 ? "its price is not known" : "their prices are not known" }
        return "about \(Price.text(dollars)), and \(unpriced) of unknown price"
    }
}
