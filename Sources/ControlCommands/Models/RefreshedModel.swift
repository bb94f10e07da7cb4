internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobStore

/// What a refresh has found out about one model.
struct RefreshedModel {
    enum Change: String {
        case new, changed, unchanged
        /// The service does not have it.
        case gone
        /// What the service says of it is of no use here.
        case skipped
    }

    let model: String
    let change: Change
    /// What is different, or why it is gone or passed over.
    var words: [String] = []
    /// What is to be stored.
    var document: String?

    /// No entry of a catalogue is as large.
    private static let mostBytes = 1 << 20

    init(gone model: String, _ reason: String) {
        (self.model, change, words) = (model, .gone, [reason])
    }

    /// Holds an entry of the catalogue against what is known of its model.
    init(_ entry: JSON, asked: String?, in store: JobDatabase?) throws {
        let name = entry["model_id"]?.string
        model = asked ?? name ?? entry["display_name"]?.string ?? "an entry without a name"
        let text = entry.text
        guard let schema = Self.read(entry, text), name == model else {
            change = .skipped
            words = [Self.fault(of: entry, text, asked)]
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
        // The schema in the program has no descriptions of the catalogue's.
        if change == .changed, words.isEmpty { words = ["texts only"] }
    }

    private static func read(_ entry: JSON, _ text: String) -> Schema? {
        guard let name = entry["model_id"]?.string, ModelID.isSound(name), text.utf8.count <= mostBytes,
            let schema = try? Schema(modelID: name, document: entry), !schema.isEmpty
        else { return nil }
        return schema
    }

    private static func fault(of entry: JSON, _ text: String, _ asked: String?) -> String {
        guard let name = entry["model_id"]?.string, ModelID.isSound(name) else {
            return "its \"model_id\" is none"
        }
        if let asked, asked != name { return "the service calls it \(name)" }
        if text.utf8.count > mostBytes { return "its entry is larger than \(ByteText.of(Int64(mostBytes)))" }
        return entry["input_schema"]?.object == nil
            ? "the service gives no schema of it" : "its schema names no key"
    }

    func json(isStored: Bool) -> JSON {
        .object([
            "model": .string(model), "change": .string(change.rawValue),
            "changes": .array(words.map(JSON.string)), "stored": .bool(isStored && document != nil),
        ])
    }
}
