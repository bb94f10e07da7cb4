internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Startup

/// What jobs will probably cost: by the configuration's prices first, then by the schemas', as jobd counts
/// it.
struct PriceList {
    private let session: Session
    private let store: JobDatabase?
    private let configuration: Configuration?

    init(_ session: Session, _ store: JobDatabase?, _ configuration: Configuration?) {
        (self.session, self.store, self.configuration) = (session, store, configuration)
    }

    func estimate(_ item: Order.Item) -> Double? {
        Price.estimate(item.input, item.schema, configured: configured(item.job.model))
    }

    func estimate(_ line: Batch.Line) -> Double? {
        Price.estimate(line.input, line.schema, configured: configured(line.job.model))
    }

    /// The same for a job that is to be bought again.
    func estimate(_ job: Job) -> Double? {
        let schema = (try? session.schema(of: job.model, in: store)) ?? nil
        return Price.estimate(job, schema, configured: configured(job.model))
    }

    private func configured(_ model: String) -> Double? {
        configuration?.limits(of: model)?.limits.priceUSD
    }
}
