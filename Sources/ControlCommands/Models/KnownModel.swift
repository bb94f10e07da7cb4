internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// A model with a schema, and where the schema is from.
struct KnownModel {
    let schema: Schema
    /// When it was refreshed or imported; nil for the one in the program.
    let updatedAt: Timestamp?

    var price: String? { Price.text(of: schema) }

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
    func knownModel(_ model: String, in store: JobDatabase?) throws -> KnownModel? {
        let stored = try store?.storedModel(model)
        return stored.flatMap(read)
            ?? Schema.builtIn(model).map { KnownModel(schema: $0, updatedAt: nil) }
    }

    private func read(_ stored: StoredModel) -> KnownModel? {
        do {
            let schema = try Schema(modelID: stored.model, stored: stored.document)
            return KnownModel(schema: schema, updatedAt: stored.updatedAt)
        } catch {
            note("note: the stored schema of \(stored.model) cannot be read, and is passed over")
            return nil
        }
    }

    /// All models with a schema, by name. What was stored stands before what is in the program.
    func catalogue(in store: JobDatabase?) throws -> [KnownModel] {
        var models: [String: KnownModel] = [:]
        for schema in Schema.builtIn { models[schema.modelID] = KnownModel(schema: schema, updatedAt: nil) }
        for entry in try store?.storedModels() ?? [] {
            if let model = read(entry) { models[entry.model] = model }
        }
        return models.values.sorted { $0.schema.modelID < $1.schema.modelID }
    }
}
