internal import JSON

/// A step from a value to one inside it. A path becomes text only if there is something to report.
enum PathStep {
    case key(String)
    case index(Int)

    private static let longest = 1000

    /// The path as JSONPath; only the end of one that is far too long.
    static func text(_ steps: [PathStep]) -> String {
        var shown: [String] = []
        var length = 0
        for step in steps.reversed() {
            let text = step.text
            length += text.utf8.count
            if length > longest { return "$…" + shown.reversed().joined() }
            shown.append(text)
        }
        return "$" + shown.reversed().joined()
    }

    private var text: String {
        switch self {
        case .index(let index): "[\(index)]"
        case .key(let name): Self.text(of: name)
        }
    }

    static func text(of name: String) -> String {
        let isPlain = name.utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "_") }
        if isPlain, !name.isEmpty, name.utf8.count <= Excerpt.length { return "." + name }
        return "[\(Excerpt.quoted(name, by: "'"))]"
    }
}
