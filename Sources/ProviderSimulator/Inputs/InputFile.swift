internal import Catalogue
internal import JSON
internal import System

/// A file that an input names.
struct InputFile: Sendable {
    /// Where in the input, such as `$.images[0]`.
    let path: String
    /// An address, or a `data:` URI.
    let address: String
    /// What the model's schema demands of it.
    let demand: FileDemand?

    /// The files of an input; of a model without a schema, every text that is an address.
    static func files(model: String, input: JSON) -> [InputFile] {
        let texts = texts(in: input, at: "$")
        guard let schema = Schema.builtIn(model), let object = input.object else {
            return texts.filter { isAddress($0.text) }.map {
                InputFile(path: $0.path, address: $0.text, demand: nil)
            }
        }
        let byPath = Dictionary(texts.map { ($0.path, $0.text) }) { first, _ in first }
        let plain = InputCheck.withoutData(object, schema).input
        return schema.check(.object(plain)).files.map {
            InputFile(path: $0.path, address: byPath[$0.path] ?? $0.url, demand: $0.demand)
        }
    }

    /// What came of it, once its bytes are here.
    func judge(_ bytes: [UInt8]) -> FetchedInput {
        var fetched = FetchedInput(path: path, bytes: bytes.count, sha256: SHA256.hexadecimal(of: bytes))
        guard let demand else { return fetched }
        guard let content = InputContent(bytes), demand.kind == nil || content.kind == demand.kind else {
            fetched.fault = "\(path) is not a valid \(demand.kind ?? "media") file"
            return fetched
        }
        let facts = FileFacts(
            bytes: Int64(bytes.count), width: content.size?.width, height: content.size?.height)
        fetched.fault = demand.faults(in: facts).first.map { "\(path) \($0)" }
        return fetched
    }

    private static func isAddress(_ text: String) -> Bool {
        !text.utf8.contains { $0 <= 0x20 }
            && ["https://", "http://", "data:"].contains { text.utf8.starts(with: $0.utf8) }
    }

    private static func texts(in value: JSON, at path: String) -> [(path: String, text: String)] {
        if let text = value.string { return [(path, text)] }
        if let items = value.array {
            return items.enumerated().flatMap { texts(in: $1, at: "\(path)[\($0)]") }
        }
        return (value.object?.members ?? []).flatMap { texts(in: $0.value, at: "\(path).\($0.key)") }
    }
}

/// What came of fetching a file of an input.
struct FetchedInput: Sendable {
    let path: String
    var bytes = 0
    var sha256: String?
    /// Why the model cannot work with it, in words.
    var fault: String?

    var json: JSON {
        .object([
            "path": .string(path), "bytes": .integer(bytes), "sha256": .optional(sha256),
            "fault": .optional(fault),
        ])
    }

    init(path: String, bytes: Int = 0, sha256: String? = nil, fault: String? = nil) {
        (self.path, self.bytes, self.sha256, self.fault) = (path, bytes, sha256, fault)
    }

    /// A line of the ledger has them.
    init?(_ json: JSON) {
        guard let path = json["path"]?.string, let bytes = json["bytes"]?.integer else { return nil }
        self.init(
            path: path, bytes: Int(bytes), sha256: json["sha256"]?.string, fault: json["fault"]?.string)
    }
}
