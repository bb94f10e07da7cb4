internal import JSON

extension Schema {
    /// What is known of a model: the document that was stored at run time, else the schema in the program.
    ///
    /// - Parameter isUnreadable: called where the document cannot be read, and is passed over.
    package static func known(
        _ modelID: String, stored document: String?, isUnreadable: () -> Void = {}
    ) -> Schema? {
        guard let document else { return builtIn(modelID) }
        if let json = try? JSON(parsing: document), let schema = try? Schema(modelID: modelID, document: json)
        {
            return schema
        }
        isUnreadable()
        return builtIn(modelID)
    }
}
