internal import Catalogue
internal import JSON

/// A command with an input that fits the model's schema.
enum ExampleCommand {
    /// The required keys, and one optional key that has choices.
    static func text(for schema: Schema) -> String {
        "jobctl enqueue " + words(for: schema).joined(separator: " ")
    }

    private static func words(for schema: Schema) -> [String] {
        var words = [ShellLine.literal(schema.modelID)]
        for name in schema.required {
            words += schema[name].map(arguments) ?? [ShellLine.literal(name) + "=…"]
        }
        let choice = schema.properties.first { property in
            !schema.required.containsExactly(property.name) && property.type == .string
                && !property.choices.isEmpty
        }
        if let choice { words += arguments(for: choice) }
        return words
    }

    private static func arguments(for property: Property) -> [String] {
        let name = ShellLine.literal(property.name)
        guard property.isList else { return [argument(name, value(for: property, property.rule, 1))] }
        let count = min(max(1, property.minItems ?? 1), 10)
        return (1...count).map {
            argument(name, value(for: property, property.itemRule ?? property.rule, $0))
        }
    }

    private static func argument(_ name: String, _ value: JSON) -> String {
        switch value {
        case .string(let text): "\(name)=\(ShellLine.literal(text))"
        case .array, .object, .null: "\(name):=\(ShellLine.literal(value.text))"
        case .bool, .number: "\(name)=\(value.text)"
        }
    }

    private static func value(for property: Property, _ rule: ValueRule, _ number: Int) -> JSON {
        if let file = property.file {
            let ending = ["video": "mp4", "audio": "mp3"][file.kind ?? ""] ?? "png"
            return .string("https://example.com/\(number).\(ending)")
        }
        if !rule.choices.isEmpty {
            let usual = property.defaultValue.flatMap { rule.choices.contains($0) ? $0 : nil }
            return usual ?? rule.choices[0]
        }
        switch rule.type {
        case .integer, .number: return amount(rule)
        case .boolean: return .bool(true)
        case .object: return .object([:])
        case .array: return .array([])
        case .null: return .null
        case .string, nil:
            let words = "A fox in the snow, looking at the camera"
            let least = rule.minLength ?? 0
            let text = words + String(repeating: ".", count: max(0, min(least, 1000) - words.utf8.count))
            return .string(String(text.prefix(rule.maxLength ?? .max)))
        }
    }

    private static func amount(_ rule: ValueRule) -> JSON {
        if let bound = [rule.lowest, rule.highest].lazy.compactMap({ $0 }).first(where: { !$0.isExclusive }) {
            return bound.written
        }
        return rule.unit ?? .integer(1)
    }
}
