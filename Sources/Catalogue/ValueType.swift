internal import JSON

/// The types that a schema can demand.
package enum ValueType: String, Sendable {
    case integer, number, string, boolean, array, object, null

    /// Nil for an unknown word: then the type cannot be checked.
    init?(word: String) {
        switch word {
        case "float": self = .number
        default: self.init(rawValue: word)
        }
    }

    /// The type of a choice.
    init(of value: JSON) {
        self =
            switch value {
            case .null: .null
            case .bool: .boolean
            case .number(let digits): DecimalNumber.isInteger(digits) ? .integer : .number
            case .string: .string
            case .array: .array
            case .object: .object
            }
    }

    func admits(_ value: JSON) -> Bool {
        switch (self, value) {
        case (.integer, .number(let digits)): DecimalNumber.isInteger(digits)
        case (.number, .number), (.string, .string), (.boolean, .bool), (.array, .array), (.object, .object),
            (.null, .null):
            true
        default: false
        }
    }

    /// The types in a sentence.
    static func phrase(_ types: [ValueType]) -> String {
        let phrases = types.map(\.phrase)
        let last = phrases.last ?? "a value"
        return phrases.count < 2 ? last : phrases.dropLast().joined(separator: ", ") + " or " + last
    }

    private var phrase: String {
        switch self {
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .boolean: "true or false"
        case .array: "an array"
        case .object: "an object"
        case .null: "null"
        }
    }
}
