/// Why a document cannot serve as a model's schema.
package enum SchemaError: Error, Equatable, CustomStringConvertible {
    case notAnObject
    case noInputSchema

    package var description: String {
        switch self {
        case .notAnObject: "a model's schema must be a JSON object"
        case .noInputSchema: "the schema has no \"input_schema\" object"
        }
    }
}
