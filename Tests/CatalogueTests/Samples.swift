import Catalogue
import JSON
import Testing

/// The four models, and a small input of each that its schema allows.
enum Sample: String, CaseIterable {
    case edit = "bytedance/seedream-4-0/edit"
    case editSequential = "bytedance/seedream-4-0/edit-sequential"
    case sequential = "bytedance/seedream-4-0/sequential"
    case video = "bytedance/seedance-v1.5-pro/image-to-video"

    func schema() throws -> Schema { try #require(Schema.builtIn(rawValue)) }

    var input: String {
        switch self {
        case .edit: #"{"prompt": "a cat", "images": ["https://example.com/a.png"]}"#
        case .editSequential: #"{"text": "2 cats", "images": ["https://example.com/a.png"]}"#
        case .sequential: #"{"text": "2 cats"}"#
        case .video: #"{"prompt": "it purrs", "first_frame_image_url": "https://example.com/a.png"}"#
        }
    }

    /// The sample with one key set to a JSON text.
    func input(_ key: String, _ value: String) throws -> JSON {
        var object = try #require(try JSON(parsing: input).object)
        object[key] = try JSON(parsing: value)
        return .object(object)
    }

    /// The violations of the sample with one key set to a JSON text.
    func violations(_ key: String, _ value: String) throws -> [String] {
        try schema().violations(in: input(key, value)).map(\.description)
    }
}

func violations(_ input: String, _ schema: Schema) throws -> [String] {
    schema.violations(in: try JSON(parsing: input)).map(\.description)
}

/// A schema whose `input_schema` is the given text.
func schema(_ inputSchema: String) throws -> Schema {
    try Schema(modelID: "a/b", document: try JSON(parsing: #"{"input_schema": \#(inputSchema)}"#))
}

/// A schema with one property `p`.
func property(_ definition: String) throws -> Schema { try schema(#"{"properties": {"p": \#(definition)}}"#) }

/// `count` times the text, as a JSON string.
func text(_ character: String, _ count: Int) -> String {
    JSON.string(String(repeating: character, count: count)).text
}

/// A list of so many images.
func images(_ count: Int) -> String {
    JSON.array((0..<count).map { .string("https://example.com/\($0).png") }).text
}

extension Schema {
    func read(_ arguments: [String]) throws(ArgumentError) -> JSONObject {
        try ArgumentReader(schema: self).read(arguments)
    }
}
