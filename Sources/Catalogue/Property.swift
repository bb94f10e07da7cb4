package import JSON

/// One key of a model's input, as its schema describes it, to be shown and to read `KEY=VALUE`.
package struct Property: Sendable {
    package let name: String
    package let title: String?
    package let description: String?
    package let defaultValue: JSON?
    /// The forms that the value may have. A schema can compose it of several.
    package let forms: [ValueRule]
    /// The forms of each item, if the value can be a list and the schema describes its items.
    package let itemForms: [ValueRule]

    /// - Parameter parts: what the value's rule is composed of.
    init(name: String, _ parts: [ValueRule], itemParts: [ValueRule]) {
        self.name = name
        title = parts.lazy.compactMap(\.title).first
        description = parts.lazy.compactMap(\.description).first
        defaultValue = parts.lazy.compactMap(\.defaultValue).first
        forms = Self.forms(parts)
        itemForms = Self.forms(itemParts)
    }

    /// A rule that only composes others says nothing itself.
    private static func forms(_ parts: [ValueRule]) -> [ValueRule] {
        let forms = parts.filter(\.saysSomething)
        return forms.isEmpty ? Array(parts.prefix(1)) : forms
    }

    /// The form that says the most.
    package var rule: ValueRule { Self.main(forms) }
    package var itemRule: ValueRule? { itemForms.isEmpty ? nil : Self.main(itemForms) }

    private static func main(_ forms: [ValueRule]) -> ValueRule {
        forms.first { $0.type != nil || !$0.choices.isEmpty } ?? forms[0]
    }

    package var type: ValueType? { rule.type }
    package var choices: [JSON] { Self.choices(forms) }
    package var itemChoices: [JSON] { Self.choices(itemForms) }
    package var file: FileDemand? { forms.lazy.compactMap(\.file).first }
    package var minItems: Int? { forms.lazy.compactMap(\.minItems).first }
    package var maxItems: Int? { forms.lazy.compactMap(\.maxItems).first }

    /// Whether the value can only be a list, or null.
    package var isList: Bool {
        let types = forms.flatMap(\.types).filter { $0 != .null }
        return !types.isEmpty && types.allSatisfy { $0 == .array }
    }

    static func choices(_ forms: [ValueRule]) -> [JSON] {
        if forms.count == 1 { return forms[0].choices }
        var choices: [JSON] = []
        var isTaken: Set<[UInt8]> = []
        for choice in forms.lazy.flatMap(\.choices) where isTaken.insert(choice.meaning).inserted {
            choices.append(choice)
        }
        return choices
    }
}
