internal import JSON

/// The ways in which an output may name its files.
enum OutputShape: String, CaseIterable {
    case string, array, objects, image, images, video, videos, audio, audios, both, file
    case imageObject = "image-object"
    case imageObjects = "image-objects"
    case nested

    static var names: String { allCases.map { "shape-" + $0.rawValue }.joined(separator: ", ") }

    /// The service's own shape.
    static func usual(_ plan: OutputPlan, count: Int) -> OutputShape {
        if plan.kind == .video { return count == 1 ? .video : .videos }
        return plan.count == 1 && count == 1 ? .image : .images
    }

    func output(_ urls: [String]) -> JSON {
        let first = urls.first.map(JSON.string) ?? .null
        let all = JSON.array(urls.map(JSON.string))
        let objects = urls.map { JSON.object(["url": .string($0)]) }
        switch self {
        case .string: return first
        case .array: return all
        case .objects: return .array(objects)
        case .image, .video, .audio, .file: return .object(JSONObject([.init(key: rawValue, value: first)]))
        case .images, .videos, .audios: return .object(JSONObject([.init(key: rawValue, value: all)]))
        case .imageObject: return .object(["image": objects.first ?? .null])
        case .imageObjects: return .object(["images": .array(objects)])
        case .both: return .object(["image": first, "images": all])
        case .nested: return .object(["result": .object(["images": all])])
        }
    }
}
