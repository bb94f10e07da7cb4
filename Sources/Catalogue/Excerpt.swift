import JSON

/// Shows a value in a message: short, on one line, and without control characters.
enum Excerpt {
    /// In characters of the value. A longer one is cut.
    static let length = 60

    /// The words after "not" in a refusal.
    static func describing(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let digits): plain(digits)
        case .string(let text): "the string " + quoted(text)
        case .array: "an array"
        case .object: "an object"
        }
    }

    static func quoted(_ text: String, by quote: Unicode.Scalar = "\"") -> String {
        "\(quote)\(plain(text, escaping: quote))\(quote)"
    }

    /// The text, with escapes for characters that could break a line, hide text or reorder it.
    static func plain(_ text: String, escaping quote: Unicode.Scalar? = nil, length: Int = length) -> String {
        var shown = ""
        var left = length
        for scalar in text.unicodeScalars {
            if left == 0 { return shown + "…" }
            left -= 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                if scalar == quote || quote != nil && scalar == "\\" { shown += "\\" }
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// As many values as fit on a few lines, and how many more there are.
    static func list(_ values: [JSON]) -> String {
        var shown = ""
        for (index, value) in values.enumerated() {
            if shown.utf8.count > 4 * length { return shown + " and \(values.count - index) more" }
            if index > 0 { shown += ", " }
            shown += value.string.map { quoted($0) } ?? describing(value)
        }
        return shown
    }
}
