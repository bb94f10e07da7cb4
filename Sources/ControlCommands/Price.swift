internal import Catalogue
internal import JSON
internal import JobModel

/// What a job will probably cost.
enum Price {
    /// The model's price times the outputs or seconds that the input asks for; nil where no price is known.
    ///
    /// - Parameter configured: `price_usd` of the configuration, which stands above the schema's.
    static func estimate(_ job: Job, _ schema: Schema?, configured: Double? = nil) -> Double? {
        guard let input = try? JSON(parsing: job.input) else { return nil }
        return estimate(input, schema, configured: configured)
    }

    static func estimate(_ input: JSON, _ schema: Schema?, configured: Double?) -> Double? {
        guard let price = configured ?? schema?.basePriceUSD else { return nil }
        return price * Schema.estimatedUnits(for: input, schema: schema, priceUnit: schema?.priceUnit)
    }

    static func text(_ dollars: Double) -> String { Money.text(dollars) }
}

extension Price {
    /// What a model asks for one output, or for one second of it; nil where no price is known.
    static func text(of schema: Schema) -> String? {
        schema.basePriceUSD.map { text($0) + (schema.priceUnit.map { "/\($0)" } ?? "") }
    }
}
