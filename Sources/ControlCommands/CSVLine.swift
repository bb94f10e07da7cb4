internal import CommandLineTool
internal import JSON

/// One line of CSV, as RFC 4180 quotes it.
struct CSVLine {
    /// On a terminal, nothing that was written by others may steer it.
    let isTerminal: Bool

    static func heading(of columns: [String]) -> String { columns.joined(separator: ",") + "\n" }

    func text(of values: [JSON]) -> String { values.map(cell).joined(separator: ",") + "\n" }

    private func cell(_ value: JSON) -> String {
        switch value {
        case .null: return ""
        case .bool, .number: return value.text
        case .array, .object: return quoted(value.text)
        case .string(let text):
            let isFormula = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
            return quoted(isFormula ? "'" + text : text)
        }
    }

    private func quoted(_ text: String) -> String {
        let text = isTerminal ? SafeText.escape(text) : text
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else {
            return text
        }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
