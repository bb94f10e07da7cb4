/// What is wrong with an `output_name` of the configuration.
package enum OutputNameError: Error, Equatable, CustomStringConvertible {
    case empty
    case unknownField(String)
    case unclosedField
    case strayBrace
    case absolute
    case badComponent(String)
    case tooLong

    package var description: String {
        switch self {
        case .empty: "the template is empty"
        case .unknownField(let name):
            "unknown field {\(name)}: the fields are "
                + OutputNameField.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
        case .unclosedField: "a { has no }"
        case .strayBrace: "a } has no {"
        case .absolute: "the template must be relative: set output_dir for the place"
        case .badComponent(let text) where text.isEmpty: "a part between two slashes is empty"
        case .badComponent(let text): "\"\(text)\" cannot be part of a file's path"
        case .tooLong: "the template is too long for a file's name"
        }
    }
}
