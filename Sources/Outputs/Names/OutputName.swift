/// The template `output_name`: where an output goes below `output_dir`.
///
/// Whatever the fields hold, the result is a relative path of as many components as the template has, none of
/// them empty, `.` or `..`, each short enough for a suffix such as `-12` to fit behind it.
package struct OutputName: Sendable {
    /// One component: literal text and fields.
    private typealias Component = [Part]

    private enum Part: Sendable {
        case literal(String)
        case field(OutputNameField)
    }

    /// File systems hold 255 bytes; the rest is for the suffix of a taken name.
    private static let longestComponent = 240
    private static let mostComponents = 12

    private let components: [[Part]]

    package init(parsing template: String) throws(OutputNameError) {
        if template.isEmpty { throw .empty }
        // Byte by byte: a slash with an accent is one character to Swift, and still a slash to the kernel.
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

    /// The directory of an output, relative to `output_dir`, before its content is known: it ends above the
    /// first component that needs the extension. Empty for `output_dir` itself.
    package func directory(_ fields: OutputNameFields) -> String {
        let known = components.dropLast().prefix { component in
            !component.contains { part in
                if case .field(.fileExtension) = part { true } else { false }
            }
        }
        return known.map { Self.render($0, fields, "") }.joined(separator: "/")
    }

    /// The name to try when `path` is taken: `-2`, `-3` before its extension.
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

    /// Where the parts are too long together, the longest field gives way, so that the id and the extension
    /// stay.
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
            // In small steps, so that two long fields share the loss.
            let room = max(1, texts[index].utf8.count - min(excess, 8))
            texts[index] = PathText.trimmed(PathText.cut(texts[index], bytes: room)) ?? "_"
        }
    }
}
