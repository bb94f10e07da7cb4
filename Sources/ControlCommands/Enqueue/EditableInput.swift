internal import Catalogue
internal import CommandLineTool
internal import JSON

/// An input as text for an editor: JSON, with comments that say what each key takes.
struct EditableInput {
    private let model: String
    private let schema: Schema?

    init(_ model: String, _ schema: Schema?) { (self.model, self.schema) = (model, schema) }

    func text(of input: JSONObject) -> String {
        var blocks = input.members.map { member in
            var value: [UInt8] = []
            member.value.write(into: &value, indentation: 1)
            let line = "\(JSON.string(member.key).text): \(String(decoding: value, as: UTF8.self)),"
            return comments(on: schema?[member.key]) + ["  " + SafeText.escapeJSON(line)]
        }
        // Keys that are not set yet are in comments, so that they are not sent.
        for property in schema?.properties ?? [] where input[property.name] == nil {
            let value = (property.defaultValue ?? property.choices.first)?.text ?? "…"
            let line = "\(JSON.string(property.name).text): \(value),"
            blocks.append(comments(on: property) + ["  // " + SafeText.escapeJSON(line)])
        }
        let heading = [
            "// The input of \(SafeText.escape(model)). "
                + "When you save it and leave the editor, it is checked and enqueued.",
            "// If it is unchanged or empty, nothing is enqueued. Comments like this one are not sent.",
        ]
        let body = blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
        return heading.joined(separator: "\n") + "\n{\n" + body + (body.isEmpty ? "" : "\n") + "}\n"
    }

    private func comments(on property: Property?) -> [String] {
        guard let property, let schema else { return [] }
        let words = PropertyWords(property)
        let required = schema.required.containsExactly(property.name) ? "required" : ""
        var lines = [[words.type, words.limits, required].filter { !$0.isEmpty }.joined(separator: ", ")]
        if !property.choices.isEmpty {
            // A choice is not broken between lines: its blanks are replaced until the lines are made.
            let choices = property.choices.map { $0.text.replacing(" ", with: "\u{1F}") }
            lines.append("one of " + choices.joined(separator: ", "))
        }
        if !words.files.isEmpty { lines.append("each file: " + words.files) }
        if let text = property.description, !text.isEmpty { lines.append(text) }
        return lines.flatMap { line in
            Paragraph.wrap(line, width: 70).split(separator: "\n").map {
                "  // " + SafeText.escape(String($0).replacing("\u{1F}", with: " "))
            }
        }
    }
}
