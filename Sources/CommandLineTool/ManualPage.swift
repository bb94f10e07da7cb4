/// A manual page in the format of man(7), built part by part.
package struct ManualPage {
    package private(set) var text: String

    /// - Parameter date: the date of the sources, `2026-01-31`.
    package init(_ name: String, section: Int, date: String, version: String, summary: String) {
        let title = Self.escape(name.uppercased())
        let safeDate = date.filter { $0.isNumber || $0 == "-" }
        text = """
            .TH \(title) \(section) "\(safeDate)" "jobd \(Self.escape(version))" "jobd"
            .SH NAME

            """ + Self.wrapped("\(name) - \(summary)")
    }

    /// The first paragraph after a heading needs no request.
    private var isAfterHeading = false

    package mutating func section(_ title: String) {
        text += ".SH \(Self.escape(title.uppercased()))\n"
        isAfterHeading = true
    }

    package mutating func subsection(_ title: String) {
        text += ".SS \(Self.escape(title))\n"
        isAfterHeading = true
    }

    package mutating func paragraph(_ words: String) {
        startParagraph()
        text += Self.wrapped(words)
    }

    private mutating func startParagraph() {
        if !isAfterHeading { text += ".PP\n" }
        isAfterHeading = false
    }

    private static func wrapped(_ words: String) -> String {
        // Escaped first, because an escape is longer than its character.
        Paragraph.wrap(written(words), width: 72).split(separator: "\n").map { line(String($0)) + "\n" }
            .joined()
    }

    /// A term and its meaning.
    package mutating func item(_ term: String, _ meaning: String) {
        text += ".TP\n\\fB\(Self.escape(term))\\fR\n" + Self.wrapped(meaning)
        isAfterHeading = false
    }

    /// Lines that are not filled.
    package mutating func verbatim(_ lines: [String]) {
        startParagraph()
        text += ".nf\n.RS 4\n" + lines.map { Self.escape($0) + "\n" }.joined() + ".RE\n.fi\n"
    }

    package mutating func synopsis(_ program: String, _ rest: String) {
        text += ".SH SYNOPSIS\n\\fB\(Self.escape(program))\\fR \(Self.escape(rest))\n"
    }

    package mutating func options(_ options: [Option]) {
        for option in options {
            item(option.signature.split(separator: " ").joined(separator: " "), option.help)
        }
    }

    package mutating func examples(_ examples: [Command.Example]) {
        verbatim(examples.flatMap { ["# " + $0.meaning, $0.command] })
    }

    package mutating func exitStatus() {
        section("exit status")
        for code in ExitCode.allCases { item(String(code.rawValue), code.meaning) }
    }

    private static func escape(_ text: String) -> String { line(written(text)) }

    /// Keeps a line that begins with a dot from being a request.
    private static func line(_ text: String) -> String { text.hasPrefix(".") ? "\\&" + text : text }

    /// Escapes what has a meaning in roff.
    private static func written(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "\"": result += "\\(dq"
            case "…": result += "..."
            default: result.append(character)
            }
        }
        return result
    }
}

extension Command {
    /// The sections about the command, from the synopsis to the examples.
    package func describe(program: String, on page: inout ManualPage) {
        page.synopsis(program, "[options]" + (operands.isEmpty ? "" : " \(operands)"))
        if !discussion.isEmpty { page.section("description") }
        for paragraph in discussion { page.paragraph(paragraph) }
        if !options.isEmpty { page.section("options") }
        page.options(options)
        if !examples.isEmpty {
            page.section("examples")
            page.examples(examples)
        }
    }
}
