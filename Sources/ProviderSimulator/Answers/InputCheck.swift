internal import Catalogue
internal import JSON

/// What the service says about an input that breaks its model's schema.
enum InputCheck {
    /// The input schema of a model; nil for a model that is not in the catalogue.
    static func schema(of model: String) -> JSON? {
        let document = Schema.builtIn(model)?.document
        return document?["input_schema"] ?? document
    }

    static func problems(
        model: String, input: JSON, acceptsData: Bool = true
    ) -> [(path: [String], message: String)] {
        guard let schema = Schema.builtIn(model), var checked = input.object else { return [] }
        var problems: [(path: [String], message: String)] = []
        if acceptsData {
            for property in schema.properties where property.file != nil {
                guard let value = checked[property.name] else { continue }
                checked[property.name] = withoutData(value, at: [property.name], &problems)
            }
        }
        let violations = schema.violations(in: .object(checked))
        return problems + violations.map { (path: steps(of: $0.path), message: $0.message) }
    }

    /// Replaces each `data:` URI of a file property by an address: schemas know only addresses.
    private static func withoutData(
        _ value: JSON, at path: [String], _ problems: inout [(path: [String], message: String)]
    ) -> JSON {
        if let items = value.array {
            return .array(
                items.enumerated().map { withoutData($1, at: path + [String($0)], &problems) })
        }
        guard let text = value.string, text.hasPrefix("data:") else { return value }
        if let message = DataURI.fault(in: text) { problems.append((path, message)) }
        return "https://data.invalid/"
    }

    /// `$.images[2]` as `images` and `2`.
    private static func steps(of path: String) -> [String] {
        path.dropFirst().split { ".[]".contains($0) }.map(String.init)
    }
}

/// A file inside an input, `data:image/png;base64,…`, within the bounds that RunComfy's own nodes keep.
private enum DataURI {
    private static let mostBytes = ["image": 6 << 20, "video": 32 << 20, "audio": 32 << 20]

    /// What is wrong with it; nil if nothing is.
    static func fault(in text: String) -> String? {
        let halves = text.utf8.dropFirst(5).split(separator: UInt8(ascii: ","), maxSplits: 1)
        let head = halves.first.map { String(Substring($0)) } ?? ""
        let kind = head.split(separator: "/").first.map(String.init) ?? ""
        guard halves.count == 2, head.hasSuffix(";base64"), let most = mostBytes[kind] else {
            return "must be data:TYPE;base64,DATA of an image, a video or an audio file"
        }
        let digits = halves[1]
        let padding = digits.suffix(2).count { $0 == UInt8(ascii: "=") }
        if digits.count % 4 != 0 { return "is not complete base64" }
        let bytes = digits.count / 4 * 3 - padding
        return bytes > most ? "has \(bytes) bytes; at most \(most) are allowed" : nil
    }
}
