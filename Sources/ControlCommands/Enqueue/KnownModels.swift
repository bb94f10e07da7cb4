internal import Catalogue
internal import Configuration
internal import JobModel
internal import JobStore
internal import Orders

/// What this program knows of models: the schemas stored or built in, and the configuration's prices, which
/// stand above the schemas'.
struct KnownModels: ModelSource {
    let session: Session
    let store: JobDatabase?
    var configuration: Configuration?

    func schema(of model: String) throws -> Schema? { try session.schema(of: model, in: store) }
    func nearModel(to typed: String) throws -> String? { try session.nearModel(to: typed, in: store) }
    func fullName(of typed: String) throws -> String { try session.fullName(of: typed, in: store) }

    func price(of order: Order) -> Double? {
        Price.estimate(order.input, order.schema, configured: configured(order.model))
    }

    /// The same for a job that is to be bought again.
    func price(of job: Job) -> Double? {
        Price.estimate(job, (try? schema(of: job.model)) ?? nil, configured: configured(job.model))
    }

    private func configured(_ model: String) -> Double? {
        configuration?.limits(of: model)?.limits.priceUSD
    }
}
