import JSON

/// Why `KEY=VALUE` on a command line cannot be read.
package enum ArgumentError: Error, Equatable, CustomStringConvertible {
    case noEqualsSign(String)
    case noKey(String)
    case noArray(key: String)
    case malformedJSON(key: String, reason: String)
    case ambiguous(key: String, value: String, candidates: [String])

    /// Whether the word can be read, and its value is at fault.
    package var isInput: Bool {
        switch self {
        case .noEqualsSign, .noKey, .noArray: false
        case .malformedJSON, .ambiguous: true
        }
    }

    package var description: String {
        switch self {
        case .noEqualsSign(let argument):
            "\(Excerpt.quoted(argument)) is no KEY=VALUE"
        case .noKey(let argument):
            "\(Excerpt.quoted(argument)) has no key before its \"=\""
        case .noArray(let key):
            "\(Excerpt.plain(key)):= takes a JSON array of the values here"
        case .malformedJSON(let key, let reason):
            "the value of \(Excerpt.plain(key)) is not JSON: \(Excerpt.plain(reason, length: 200)); "
                + "for plain text write \(Excerpt.plain(key))=TEXT"
        case .ambiguous(let key, let value, let candidates):
            "\(Excerpt.plain(key))=\(Excerpt.plain(value)) could be "
                + Excerpt.list(candidates.map(JSON.string))
        }
    }
}
