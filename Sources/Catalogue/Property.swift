package import JSON

/// One key of a model's input, as its schema describes it.
package struct Property: Sendable {
    package let name: String
    package let title: String?
    package let description: String?
    /// What the value must be.
    package let rule: ValueRule
    /// What each item must be, where the value is a list and the schema says so.
    package let itemRule: ValueRule?
    package let minItems: Int?
    package let maxItems: Int?
    /// What the service fills in where the key is left out. It is shown, never sent.
    package let defaultValue: JSON?
    /// What each file must fulfil that the value names.
    package let validations: [FileRule]

    package var type: ValueType? { rule.type }
    package var itemType: ValueType? { itemRule?.type }
    package var choices: [JSON] { rule.choices }
    package var isFile: Bool { rule.isFile }
    package var isList: Bool { rule.type == .array }
    /// What kind of file: `image`, `video` or `audio`, where the schema names one.
    package var fileKind: String? {
        let format = rule.format ?? itemRule?.format ?? ""
        return ["image", "video", "audio"].first { format.hasPrefix($0 + "_uri") }
    }

    init(name: String, definition: JSON) {
        self.name = name
        title = definition["title"]?.string
        description = definition["description"]?.string
        minItems = ValueRule.count(definition["minItems"])
        maxItems = ValueRule.count(definition["maxItems"])
        defaultValue = definition["default"]
        validations = (definition["validations"]?.array ?? []).compactMap(FileRule.init)

        let items = definition["items"]
        let isFile =
            !validations.isEmpty || Self.isFile(definition["format"]) || Self.isFile(items?["format"])
        rule = ValueRule(definition, isFile: isFile)
        itemRule = items?.object != nil || isFile ? ValueRule(items, isFile: isFile) : nil
    }

    private static func isFile(_ format: JSON?) -> Bool {
        guard let format = format?.string else { return false }
        return format.hasSuffix("_uri") || format.hasSuffix("_uris")
    }

    /// Adds what is wrong with the property's value, item by item.
    func check(_ value: JSON, into violations: inout [Violation]) {
        rule.check(value, at: .property(name), into: &violations)
        guard case .array(let items) = value, rule.type == nil || rule.type == .array else { return }

        if let maxItems, items.count > maxItems {
            report("has \(items.count) items; at most \(maxItems) are allowed", into: &violations)
        }
        if let minItems, items.count < minItems {
            report("has \(items.count) items; at least \(minItems) must be given", into: &violations)
        }
        guard let itemRule else { return }
        for (index, item) in items.enumerated() {
            itemRule.check(item, at: .item(name, index), into: &violations)
        }
    }

    private func report(_ message: String, into violations: inout [Violation]) {
        violations.append(Violation(path: Place.property(name).path, message: message))
    }
}
