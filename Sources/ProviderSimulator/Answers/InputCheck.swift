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
        guard let schema = Schema.builtIn(model), let object = input.object else { return [] }
        let (checked, problems) = acceptsData ? withoutData(object, schema) : (object, [])
        let violations = schema.violations(in: .object(checked))
        return problems + violations.map { (path: steps(of: $0.path), message: $0.message) }
    }

    /// The input with an address in the place of each `data:` URI of a file property: schemas know only
    /// addresses.
    static func withoutData(
        _ input: JSONObject, _ schema: Schema
    ) -> (input: JSONObject, problems: [(path: [String], message: String)]) {
        var (plain, problems): (JSONObject, [(path: [String], message: String)]) = (input, [])
        for property in schema.properties where property.file != nil {
            guard let value = input[property.name] else { continue }
            plain[property.name] = withoutData(value, at: [property.name], &problems)
        }
        return (plain, problems)
    }

    private static func withoutData(
        _ value: JSON, at path: [String], _ problems: inout [(path: [String], message: String)]
    ) -> JSON {
        if let items = value.array {
            return .array(
                items.enumerated().map { withoutData($1, at: path + [String($0)], &problems) })
        }
        guard let text = value.string, DataURI.isMeant(text) else { return value }
        if let message = DataURI.fault(in: text) { problems.append((path, message)) }
        return "https://data.invalid/"
    }

    /// `$.images[2]` as `images` and `2`.
    private static func steps(of path: String) -> [String] {
        path.dropFirst().split { ".[]".contains($0) }.map(String.init)
    }
}
