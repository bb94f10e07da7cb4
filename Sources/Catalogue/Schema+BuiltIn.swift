import JSON

extension Schema {
    /// The schemas in the binary, sorted by model; a newer one may stand in the database.
    package static let builtIn: [Schema] = [
        PackageResources.bytedance__seedance_v1_5_pro__image_to_video_json,
        PackageResources.bytedance__seedream_4_0__edit_json,
        PackageResources.bytedance__seedream_4_0__edit_sequential_json,
        PackageResources.bytedance__seedream_4_0__sequential_json,
    ].compactMap { bytes in
        guard let document = try? JSON(parsing: bytes), let modelID = document["model_id"]?.string else {
            return nil
        }
        return try? Schema(modelID: modelID, document: document)
    }

    package static func builtIn(_ modelID: String) -> Schema? { builtIn.first { $0.modelID == modelID } }
}
