internal import JSON

/// What the service says to an input that its model's schema does not allow.
enum InputCheck {
    static func schema(of model: String) -> JSON? { nil }

    static func problems(model: String, input: JSON) -> [(path: [String], message: String)] { [] }
}
