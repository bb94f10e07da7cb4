internal import Catalogue
internal import JSON
internal import JobModel

/// What a job will probably cost.
enum Price {
    /// The model's price times the outputs or seconds that the input asks for; nil where no price is known.
    static func estimate(_ job: Job, _ schema: Schema?) -> Double? {
        guard let schema, let price = schema.basePriceUSD, let input = try? JSON(parsing: job.input) else {
            return nil
        }
        return price * schema.estimatedUnits(for: input)
    }

    static func text(_ dollars: Double) -> String {
        let cents = (dollars * 10_000).rounded() / 10_000
        return "$\(cents)"
    }
}

extension Price {
    /// What a model asks for one output, or for one second of it; nil where no price is known.
    static func text(of schema: Schema) -> String? {
        schema.basePriceUSD.map { text($0) + (schema.priceUnit.map { "/\($0)" } ?? "") }
    }
}
