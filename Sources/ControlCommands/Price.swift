internal import Catalogue
internal import JobModel

/// Prices as people read them.
enum Price {
    static func text(_ dollars: Double) -> String { Money.text(dollars) }

    /// What a model asks for one output, or for one second of it; nil where no price is known.
    static func text(of schema: Schema) -> String? {
        schema.basePriceUSD.map { text($0) + (schema.priceUnit.map { "/\($0)" } ?? "") }
    }
}
