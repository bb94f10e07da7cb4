internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy

/// What jobs will probably cost: by the configuration's prices first, then by the schemas', as jobd counts
/// it.
struct PriceList {
    private let models: ModelCatalogue

    init(_ session: Session, _ store: JobDatabase?, _ configuration: Configuration?) {
        models = session.models(in: store, configuration)
    }

    func estimate(_ item: Order.Item) -> Double? {
        models.price(of: item.input, item.job.model, item.schema)
    }

    func estimate(_ line: Batch.Line) -> Double? {
        models.price(of: line.input, line.job.model, line.schema)
    }

    /// The same for a job that is to be bought again.
    func estimate(_ job: Job) -> Double? { (try? models.price(of: job)) ?? nil }
}
