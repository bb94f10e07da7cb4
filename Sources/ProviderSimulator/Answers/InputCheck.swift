internal import Catalogue
internal import JSON

/// What the service says to an input that its model's schema does not allow.
enum InputCheck {
    /// The schema as the model's page gives it; nil for a model that is not in the catalogue.
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

    /// The value of a file property with an address for each `data:` URI: schemas know only addresses.
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
