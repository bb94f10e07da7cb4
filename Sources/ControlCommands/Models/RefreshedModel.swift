internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobStore

/// What a refresh found out about one model.
struct RefreshedModel {
    enum Change: String {
        case new, changed, unchanged
        /// The service does not have it.
        case gone
        /// Its entry in the catalogue cannot be used.
        case skipped
    }

    let model: String
    let change: Change
    /// What is different, or why it is gone or skipped.
    var words: [String] = []
    /// The entry to store.
    var document: String?

    /// Larger than any entry of the catalogue.
    private static let mostBytes = 1 << 20

    init(gone model: String, _ reason: String) {
        (self.model, change, words) = (model, .gone, [reason])
    }

    /// Compares an entry of the catalogue with what is known about its model.
    init(_ entry: JSON, asked: String?, in store: JobDatabase?) throws {
        let name = entry["model_id"]?.string ?? entry["display_name"]?.string
        model = asked ?? name ?? "an entry without a name"
        let text = entry.text
        let schema: Schema
        do throws(Unusable) { schema = try Self.schema(of: entry, text, asked) } catch {
            (change, words) = (.skipped, [error.reason])
            return
        }
        document = text
        let stored = try store?.storedModel(model)?.document
        guard let old = Schema.known(model, stored: stored) else {
            change = .new
            words = [schema.priceText].compactMap { $0 }
            return
        }
        let isSame = old.document == schema.document
        words = isSame ? [] : SchemaDifference.words(from: old, to: schema)
        change = isSame ? .unchanged : .changed
        // Schemas built into the program lack the catalogue's descriptions.
        if change == .changed, words.isEmpty { words = ["only descriptions"] }
    }

    private struct Unusable: Error {
        let reason: String
    }

    private static func schema(of entry: JSON, _ text: String, _ asked: String?) throws(Unusable) -> Schema {
        guard let name = entry["model_id"]?.string, ModelID.isSound(name) else {
            throw Unusable(reason: "its \"model_id\" is not a model id")
        }
        if let asked, asked != name { throw Unusable(reason: "the service calls it \(name)") }
        if text.utf8.count > mostBytes {
            throw Unusable(reason: "its entry is larger than \(ByteText.of(Int64(mostBytes)))")
        }
        guard let schema = try? Schema(modelID: name, document: entry), !schema.isEmpty else {
            let hasSchema = entry["input_schema"]?.object != nil
            throw Unusable(
                reason: hasSchema ? "its schema names no key" : "the service gives no schema for it")
        }
        return schema
    }

    func json(isStored: Bool) -> JSON {
        .object([
            "model": .string(model), "change": .string(change.rawValue),
            "changes": .array(words.map(JSON.string)), "stored": .bool(isStored && document != nil),
        ])
    }
}
