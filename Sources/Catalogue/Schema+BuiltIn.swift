internal import JSON

extension Schema {
    /// The schemas in the program, sorted by model; a newer one may be in the database.
    package static let builtIn: [Schema] = [seedance, edit, editSequential, sequential].compactMap { $0 }

    /// Reads only this one: reading all of them takes a third of the time of a `jobctl enqueue`.
    package static func builtIn(_ modelID: String) -> Schema? {
        switch modelID {
        case "bytedance/seedance-v1.5-pro/image-to-video": seedance
        case "bytedance/seedream-4-0/edit": edit
        case "bytedance/seedream-4-0/edit-sequential": editSequential
        case "bytedance/seedream-4-0/sequential": sequential
        default: nil
        }
    }

    private static let seedance = schema(
        PackageResources.bytedance__seedance_v1_5_pro__image_to_video_json)
    private static let edit = schema(PackageResources.bytedance__seedream_4_0__edit_json)
    private static let editSequential = schema(
        PackageResources.bytedance__seedream_4_0__edit_sequential_json)
    private static let sequential = schema(PackageResources.bytedance__seedream_4_0__sequential_json)

    private static func schema(_ bytes: [UInt8]) -> Schema? {
        guard let document = try? JSON(parsing: bytes), let modelID = document["model_id"]?.string else {
            return nil
        }
        return try? Schema(modelID: modelID, document: document)
    }

    /// What is known of a model: the document that was stored at run time, or else the built-in schema.
    ///
    /// - Parameter isUnreadable: called if the document cannot be read, and is ignored.
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
