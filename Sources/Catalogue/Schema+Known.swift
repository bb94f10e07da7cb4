internal import JSON

extension Schema {
    /// What is known of a model: the document that was stored at run time, else the schema in the program.
    /// One that cannot be read is passed over.
    package static func known(_ modelID: String, stored document: String?) -> Schema? {
        document.flatMap { try? Schema(modelID: modelID, stored: $0) } ?? builtIn(modelID)
    }

    /// Reads a document as it was stored.
    package init(modelID: String, stored document: String) throws {
        self = try Schema(modelID: modelID, document: try JSON(parsing: document))
    }
}
