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

    /// In cents, and in hundredths of them where they say something.
    static func text(_ dollars: Double) -> String {
        let hundredths = Int64((min(dollars, 1e12) * 10_000).rounded())
        var digits = String(hundredths % 10_000 + 10_000).dropFirst()
        while digits.count > 2, digits.last == "0" { digits.removeLast() }
        return "$\(hundredths / 10_000).\(digits)"
    }

    /// To hundredths of a cent.
    static func rounded(_ dollars: Double) -> Double { (dollars * 10_000).rounded() / 10_000 }
}

extension Price {
    /// What a model asks for one output, or for one second of it; nil where no price is known.
    static func text(of schema: Schema) -> String? {
        schema.basePriceUSD.map { text($0) + (schema.priceUnit.map { "/\($0)" } ?? "") }
    }
}
