internal import Catalogue
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders
internal import Policy

/// Looks up models for orders: in the store, and among those built into the program.
struct ModelLookup: ModelSource {
    private let session: Session
    let store: JobDatabase?
    private let catalogue: ModelCatalogue

    init(session: Session, store: JobDatabase?, configuration: Configuration? = nil) {
        (self.session, self.store) = (session, store)
        catalogue = session.models(in: store, configuration)
    }

    func schema(of model: String) throws -> Schema? { try catalogue.schema(of: model) }
    func knownModels() throws -> [String] { try session.knownModels(in: store) }
    func nearModel(to typed: String) throws -> String? { try session.nearModel(to: typed, in: store) }
    func fullName(of typed: String) throws -> String { try session.fullName(of: typed, in: store) }

    func price(of order: Order) -> Double? { catalogue.price(of: order.input, order.model, order.schema) }

    func holder(of key: String) throws -> Int64? { try store?.keyHolder(key) }

    func source(of reference: Reference) throws -> Source? {
        guard let store, let id = try reference.id ?? store.keyHolder(reference.source),
            let job = try store.find(id)
        else { return nil }
        let input = (try? JSON(parsing: job.input)) ?? .null
        let asked = Schema.outputsAskedFor(by: input, schema: try schema(of: job.model))
        return Source(
            id: id, job.state, asked: asked, made: job.state == .completed ? try store.outputs(of: id) : [])
    }

    /// For a job that is bought again.
    func price(of job: Job) -> Double? { (try? catalogue.price(of: job)) ?? nil }
}
