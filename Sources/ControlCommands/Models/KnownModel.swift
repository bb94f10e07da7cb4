internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Policy

/// A model with a schema.
struct KnownModel {
    let schema: Schema
    /// When the schema was refreshed or imported; nil if it is built in.
    let updatedAt: Timestamp?

    var price: String? { schema.priceText }

    var json: JSONObject {
        [
            "model": .string(schema.modelID), "display_name": .optional(schema.displayName),
            "stored": .bool(updatedAt != nil), "updated_at": .optional(updatedAt?.description),
            "base_price_usd": .optional(schema.basePriceUSD), "price_unit": .optional(schema.priceUnit),
            "pricing_note": .optional(schema.pricingNote),
            "required": .array(schema.required.map(JSON.string)), "document": schema.document,
        ]
    }

    /// Where the schema is from: for people how long ago, for programs when.
    func origin(_ screen: Screen) -> String {
        guard let updatedAt else { return "built in" }
        return screen.isTerminal
            ? TimeText.relative(updatedAt.milliseconds, now: Timestamp.now.milliseconds)
            : updatedAt.description
    }

    /// Whether each word is in the name of the model or of one of its categories.
    func matches(_ words: [String]) -> Bool {
        let categories = (schema.document["categories"]?.array ?? []).compactMap(\.string)
        let names = ([schema.modelID, schema.displayName ?? ""] + categories).map { $0.lowercased() }
        return words.allSatisfy { word in names.contains { $0.contains(word.lowercased()) } }
    }
}

extension Session {
    /// The known models, with the prices of `configuration`.
    func models(in store: JobDatabase?, _ configuration: Configuration? = nil) -> ModelCatalogue {
        ModelCatalogue(configuration, isUnreadable: noteUnreadable) { try store?.storedModel($0)?.document }
    }

    /// A hint after a model was not found.
    static func modelHint(didYouMean near: String?) -> String {
        near.map { "did you mean \($0)?" }
            ?? "jobctl models lists the known ones; jobctl models refresh asks RunComfy for more"
    }

    private func noteUnreadable(_ model: String) {
        note("note: the stored schema of \(model) cannot be read, and is ignored")
    }

    func knownModel(_ model: String, in store: JobDatabase?) throws -> KnownModel? {
        knownModel(model, stored: try store?.storedModel(model))
    }

    private func knownModel(_ model: String, stored: StoredModel?) -> KnownModel? {
        var updatedAt = stored?.updatedAt
        let schema = Schema.known(model, stored: stored?.document) {
            noteUnreadable(model)
            updatedAt = nil
        }
        return schema.map { KnownModel(schema: $0, updatedAt: updatedAt) }
    }

    /// All models with a schema, sorted by name.
    func catalogue(in store: JobDatabase?) throws -> [KnownModel] {
        let stored = try store?.storedModels() ?? []
        let known = Dictionary(uniqueKeysWithValues: stored.map { ($0.model, $0) })
        return Set(Schema.builtIn.map(\.modelID) + known.keys).sorted().compactMap {
            knownModel($0, stored: known[$0])
        }
    }
}

extension Schema {
    /// The price of one output, or of one second of it; nil if no price is known.
    var priceText: String? {
        basePriceUSD.map { Money.unitPrice($0) + (priceUnit.map { "/\($0)" } ?? "") }
    }
}
