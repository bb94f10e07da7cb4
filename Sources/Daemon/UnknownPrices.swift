internal import Catalogue
internal import Configuration
internal import JobStore

/// The models that a budget does not hold back, since nobody knows what they cost.
struct UnknownPrices {
    let configuration: Configuration
    let database: JobDatabase?

    /// Of those that are known here, and of those that jobs wait for.
    func models() throws -> [String] {
        guard configuration.budgetPerDay != nil || configuration.budgetInTotal != nil else { return [] }
        let stored = try database?.storedModels() ?? []
        var prices: [String: Double?] = [:]
        for schema in Schema.builtIn { prices[schema.modelID] = schema.basePriceUSD }
        for entry in stored {
            prices[entry.model] = .some(Schema.known(entry.model, stored: entry.document)?.basePriceUSD)
        }
        for model in try database?.readyModels() ?? [] where prices[model] == nil {
            prices[model] = .some(nil)
        }
        return prices.filter { model, price in
            price == nil && configuration.limits(of: model)?.limits.priceUSD == nil
        }.keys.sorted()
    }
}
