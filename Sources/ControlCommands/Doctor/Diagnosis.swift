internal import CommandLineTool
internal import JSON

/// One line of `doctor`: what was checked, the result, and what to do.
struct Diagnosis {
    enum Verdict: String {
        case ok, warning, fault
    }

    let subject: String
    let verdict: Verdict
    let detail: String
    let hint: String?

    static func ok(_ subject: String, _ detail: String) -> Diagnosis {
        Diagnosis(subject: subject, verdict: .ok, detail: detail, hint: nil)
    }

    static func warning(_ subject: String, _ detail: String, _ hint: String?) -> Diagnosis {
        Diagnosis(subject: subject, verdict: .warning, detail: detail, hint: hint)
    }

    static func fault(_ subject: String, _ detail: String, _ hint: String?) -> Diagnosis {
        Diagnosis(subject: subject, verdict: .fault, detail: detail, hint: hint)
    }

    var json: JSON {
        .object([
            "check": .string(subject), "verdict": .string(verdict.rawValue), "detail": .string(detail),
            "hint": .optional(hint),
        ])
    }

    func show(on screen: Screen) throws {
        let words = [verdict.rawValue, subject, detail, hint ?? ""].map { SafeText.escape($0) }
        guard screen.isTerminal else { return try screen.write(words.joined(separator: "\t") + "\n") }
        let style: Style =
            switch verdict {
            case .ok: .good
            case .warning: .warning
            case .fault: .bad
            }
        let left = "\(screen.styled(words[0].padded(to: 7), style))  \(words[1].padded(to: 13))  "
        let indentation = "\n" + String(repeating: " ", count: 24)
        func wrapped(_ text: String) -> String {
            Paragraph.wrap(text, width: max(30, min(screen.width, 110) - 24))
                .split(separator: "\n").joined(separator: indentation)
        }
        try screen.write(
            left + wrapped(words[2]) + (hint == nil ? "" : indentation + wrapped("→ " + words[3])) + "\n")
    }
}
