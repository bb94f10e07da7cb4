/// What a price is for.
package enum PriceUnit: String, Sendable {
    case output, second

    /// Nil for a unit that is not known.
    package init?(word: String?) { self.init(rawValue: word?.lowercased() ?? "") }
}
