internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Policy

/// A model with a schema, and where the schema is from.
struct KnownModel {
    let schema: Schema
    /// When it was refreshed or imported; nil for the one in the program.
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

    /// What stands in the table: for people how long ago, for programs when.
    func origin(_ screen: Screen) -> String {
        guard let updatedAt else { return "built in" }
        return screen.isTerminal
            ? TimeText.relative(updatedAt.milliseconds, now: Timestamp.now.milliseconds)
            : updatedAt.description
    }

    /// Whether all words stand somewhere in what the model is called.
    func matches(_ words: [String]) -> Bool {
        let categories = (schema.document["categories"]?.array ?? []).compactMap(\.string)
        let names = ([schema.modelID, schema.displayName ?? ""] + categories).map { $0.lowercased() }
        return words.allSatisfy { word in names.contains { $0.contains(word.lowercased()) } }
    }
}

extension Session {
    /// What is known here of the models, and what they cost by `configuration`.
    func models(in store: JobDatabase?, _ configuration: Configuration? = nil) -> ModelCatalogue {
        ModelCatalogue(configuration, isUnreadable: noteUnreadable) { try store?.storedModel($0)?.document }
    }

    private func noteUnreadable(_ model: String) {
        note("note: the stored schema of \(model) cannot be read, and is passed over")
    }

    func knownModel(_ model: String, in store: JobDatabase?) throws -> KnownModel? {
        known(model, try store?.storedModel(model))
    }

    private func known(_ model: String, _ stored: StoredModel?) -> KnownModel? {
        var updatedAt = stored?.updatedAt
        let schema = Schema.known(model, stored: stored?.document) {
            noteUnreadable(model)
            updatedAt = nil
        }
        return schema.map { KnownModel(schema: $0, updatedAt: updatedAt) }
    }

    /// All models with a schema, by name.
    func catalogue(in store: JobDatabase?) throws -> [KnownModel] {
        let stored = try store?.storedModels() ?? []
        let entries = Dictionary(stored.map { ($0.model, $0) }) { $1 }
        return Set(Schema.builtIn.map(\.modelID) + entries.keys).sorted().compactMap {
            known($0, entries[$0])
        }
    }
}

extension Schema {
    /// The price of one output, or of one second of it; nil if no price is known.
    var priceText: String? {
        basePriceUSD.map { Money.text($0) + (priceUnit.map { "/\($0)" } ?? "") }
    }
}
