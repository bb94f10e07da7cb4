import JSON

/// The types that a schema can ask for.
package enum ValueType: String, Sendable {
    case integer, number, string, boolean, array, object

    /// Nil for a word that is not known: then the type cannot be checked.
    init?(word: String) {
        switch word {
        case "float": self = .number
        default: self.init(rawValue: word)
        }
    }

    func admits(_ value: JSON) -> Bool {
        switch (self, value) {
        case (.integer, .number(let digits)): DecimalNumber.isInteger(digits)
        case (.number, .number), (.string, .string), (.boolean, .bool), (.array, .array), (.object, .object):
            true
        default: false
        }
    }

    /// The type in a sentence.
    var phrase: String {
        switch self {
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .boolean: "true or false"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
