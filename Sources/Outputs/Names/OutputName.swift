/// The template `output_name`: the path of an output below `output_dir`.
///
/// Whatever the fields contain, the result is a relative path with as many components as the template. None
/// of them is empty, `.` or `..`, and each leaves room for a suffix such as `-12`.
package struct OutputName: Sendable {
    /// One component: literal text and fields.
    private typealias Component = [Part]

    private enum Part: Sendable {
        case literal(String)
        case field(OutputNameField)
    }

    /// File systems allow 255 bytes; the rest is for the suffix if a name is taken.
    private static let longestComponent = 240
    private static let mostComponents = 12

    private let components: [[Part]]

    package init(parsing template: String) throws(OutputNameError) {
        if template.isEmpty { throw .empty }
        // Byte by byte: to Swift, a slash with an accent is one character; to the kernel, it is a slash.
        if template.utf8.first == UInt8(ascii: "/") { throw .absolute }
        var components: [Component] = []
        for text in template.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            components.append(try Self.component(Substring(text)))
        }
        if components.count > Self.mostComponents { throw .tooLong }
        self.components = components
    }

    /// The path of an output, relative to `output_dir`.
    package func path(_ fields: OutputNameFields, fileExtension: String) -> String {
        components.map { Self.render($0, fields, fileExtension) }.joined(separator: "/")
    }

    /// The directory of an output, relative to `output_dir`, before its content is known: the components
    /// before the first that needs the extension. Empty for `output_dir` itself.
    package func directory(_ fields: OutputNameFields) -> String {
        let known = components.dropLast().prefix { component in
            !component.contains { part in
                if case .field(.fileExtension) = part { true } else { false }
            }
        }
        return known.map { Self.render($0, fields, "") }.joined(separator: "/")
    }

    /// The name to try if `path` is taken: with `-2`, `-3` before its extension.
    package static func alternative(to path: String, number: Int, fileExtension: String) -> String {
        guard path.hasSuffix("." + fileExtension) else { return "\(path)-\(number)" }
        return "\(path.dropLast(fileExtension.count + 1))-\(number).\(fileExtension)"
    }

    private static func component(_ text: Substring) throws(OutputNameError) -> Component {
        var parts: Component = []
        var rest = text.unicodeScalars
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            if rest[brace] == "}" { throw .strayBrace }
            if brace > rest.startIndex { parts.append(.literal(String(rest[..<brace]))) }
            rest = rest[rest.index(after: brace)...]
            guard let end = rest.firstIndex(of: "}") else { throw .unclosedField }
            let name = String(rest[..<end])
            guard let field = OutputNameField(rawValue: name) else { throw .unknownField(name) }
            parts.append(.field(field))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }

        let hasControls = text.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        if text.isEmpty || text == "." || text == ".." || hasControls { throw .badComponent(String(text)) }
        // Each field needs room for something.
        let least = parts.reduce(0) { sum, part in
            if case .literal(let text) = part { sum + text.utf8.count } else { sum + 16 }
        }
        if least > longestComponent { throw .tooLong }
        return parts
    }

    /// If the parts together are too long, the longest field is shortened, so that id and extension stay.
    private static func render(_ parts: Component, _ fields: OutputNameFields, _ fileExtension: String)
        -> String
    {
        var texts = parts.map { part in
            switch part {
            case .literal(let text): text
            case .field(let field): fields.value(of: field, fileExtension: fileExtension)
            }
        }
        let isField = parts.map { part in
            if case .field = part { true } else { false }
        }
        while true {
            let excess = texts.reduce(0) { $0 + $1.utf8.count } - longestComponent
            let candidates = texts.indices.filter { isField[$0] && texts[$0].utf8.count > 1 }
            guard excess > 0, let index = candidates.max(by: { texts[$0].utf8.count < texts[$1].utf8.count })
            else { return texts.joined() }
            // In small steps, so that two long fields are both shortened.
            let room = max(1, texts[index].utf8.count - min(excess, 8))
            texts[index] = PathText.trimmed(PathText.cut(texts[index], bytes: room)) ?? "_"
        }
    }
}

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
        case .absolute: "the template must be relative: use output_dir to choose the directory"
        case .badComponent(let text) where text.isEmpty: "a part between two slashes is empty"
        case .badComponent(let text): "\"\(text)\" cannot be part of a file path"
        case .tooLong: "the template is too long for a file name"
        }
    }
}
