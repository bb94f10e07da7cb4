/// The description of a command, from which parsing, `--help` and the manual pages are made.
package struct Command: Sendable {
    package struct Example: Sendable {
        package let command: String
        package let meaning: String

        package init(_ command: String, _ meaning: String) {
            self.command = command
            self.meaning = meaning
        }
    }

    package let name: String
    /// One line, in lower case, without a full stop.
    package let summary: String
    /// As in the usage line: `MODEL [KEY=VALUE …]`.
    package let operands: String
    /// Paragraphs.
    package let discussion: [String]
    package let options: [Option]
    package let examples: [Example]

    package init(
        _ name: String, _ summary: String, operands: String = "", discussion: [String] = [],
        options: [Option] = [], examples: [Example] = []
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.discussion = discussion
        self.options = options
        self.examples = examples
    }

    /// The text of `--help`.
    package func help(program: String, common: [Option], width: Int) -> String {
        let title = name.isEmpty ? program : "\(program) \(name)"
        var text =
            "\(title) - \(summary)\n\nusage: \(title) [options]\(operands.isEmpty ? "" : " \(operands)")\n"
        for paragraph in discussion { text += "\n" + Paragraph.wrap(paragraph, width: width) + "\n" }
        for (heading, options) in [("options", options), ("everywhere", common)] where !options.isEmpty {
            text += "\n\(heading):\n" + Self.list(options.map { ($0.signature, $0.help) }, width: width)
        }
        if !examples.isEmpty {
            text += "\nexamples:\n"
            for example in examples { text += "  # \(example.meaning)\n  \(example.command)\n" }
        }
        return text
    }

    /// Two columns, the second wrapped.
    ///
    /// - Parameter left: the width of the first column, to align several lists.
    package static func list(_ rows: [(String, String)], width: Int, left: Int? = nil) -> String {
        let left = left ?? min(30, rows.map { DisplayWidth.of($0.0) }.max() ?? 0)
        let indentation = String(repeating: " ", count: left + 4)
        return rows.map { name, text in
            let lines = Paragraph.wrap(text, width: max(30, width - left - 4)).split(separator: "\n")
            let gap = left - DisplayWidth.of(name)
            let first =
                gap >= 0 ? "  \(name)\(String(repeating: " ", count: gap))  " : "  \(name)\n\(indentation)"
            return first + lines.joined(separator: "\n" + indentation) + "\n"
        }.joined()
    }
}
