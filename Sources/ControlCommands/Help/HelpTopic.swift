internal import CommandLineTool

/// A subject of several verbs: `jobctl help TOPIC`, and a section of the manual page.
struct HelpTopic {
    enum Piece {
        case text(String)
        /// Terms and their meanings.
        case list([(String, String)])
        /// Lines to type, or to write into a file.
        case code([String])
    }

    let name: String
    let summary: String
    let pieces: [Piece]

    init(_ name: String, _ summary: String, _ pieces: Piece...) {
        (self.name, self.summary, self.pieces) = (name, summary, pieces)
    }

    static let all = [states, selections, times, output, exitCodes, hosts, templates, sql, money, pauses]

    func text(width: Int) -> String {
        let body = pieces.map { piece in
            switch piece {
            case .text(let words): Paragraph.wrap(words, width: width) + "\n"
            case .list(let rows): Command.list(rows, width: width)
            case .code(let lines): lines.map { "    \($0)\n" }.joined()
            }
        }
        return "\(name) - \(summary)\n\n" + body.joined(separator: "\n")
    }

    func describe(on page: inout ManualPage) {
        page.subsection("\(name): \(summary)")
        for piece in pieces {
            switch piece {
            case .text(let words): page.paragraph(words)
            case .list(let rows): for (term, meaning) in rows { page.item(term, meaning) }
            case .code(let lines): page.verbatim(lines)
            }
        }
    }
}
