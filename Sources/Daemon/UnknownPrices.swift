internal import Catalogue
internal import Configuration
internal import JobStore
internal import Policy

/// The models that a budget does not hold back, since nobody knows what they cost.
struct UnknownPrices {
    let configuration: Configuration
    let database: JobDatabase?

    /// Of those that are known here, and of those that jobs wait for.
    func models() throws -> [String] {
        guard configuration.budgetPerDay != nil || configuration.budgetInTotal != nil else { return [] }
        let catalogue = ModelCatalogue(configuration) { try database?.storedModel($0)?.document }
        let stored = try database?.storedModels().map(\.model) ?? []
        let models = try Schema.builtIn.map(\.modelID) + stored + (database?.readyModels() ?? [])
        return try Set(models).filter { try catalogue.unitPrice(of: $0, catalogue.schema(of: $0)) == nil }
            .sorted()
    }
}
