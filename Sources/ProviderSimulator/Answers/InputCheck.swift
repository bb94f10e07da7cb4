internal import Catalogue
internal import JSON

/// What the service says to an input that its model's schema does not allow.
enum InputCheck {
    /// The schema as the model's page gives it; nil for a model that is not in the catalogue.
    static func schema(of model: String) -> JSON? {
        let document = Schema.builtIn(model)?.document
        return document?["input_schema"] ?? document
    }

    static func problems(model: String, input: JSON) -> [(path: [String], message: String)] {
        let violations = Schema.builtIn(model)?.violations(in: input) ?? []
        return violations.map { (path: steps(of: $0.path), message: $0.message) }
    }

    /// `$.images[2]` as `images` and `2`.
    private static func steps(of path: String) -> [String] {
        path.dropFirst().split { ".[]".contains($0) }.map(String.init)
    }
}
