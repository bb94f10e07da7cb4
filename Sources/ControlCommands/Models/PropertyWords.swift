internal import Catalogue
internal import JSON

/// What a schema says of one key, in words.
struct PropertyWords {
    let type: String
    let limits: String
    let choices: [String]
    let defaultText: String?
    /// What each file must fulfil.
    let files: String

    init(_ property: Property) {
        type = Self.type(of: property)
        limits = Self.limits(of: property).joined(separator: ", ")
        choices = property.choices.map(Self.text)
        defaultText = property.defaultValue.map(Self.text)
        files = Self.files(property.validations)
    }

    private static func text(_ value: JSON) -> String { value.string ?? value.text }

    private static func type(of property: Property) -> String {
        if property.isFile {
            let kind = property.fileKind ?? "file"
            return property.isList ? "list of \(kind) URLs (https)" : "\(kind) URL (https)"
        }
        guard property.isList else { return word(property.type) ?? "any value" }
        return word(property.itemType).map { "list, each \($0)" } ?? "list"
    }

    private static func word(_ type: ValueType?) -> String? {
        switch type {
        case .string: "text"
        case .integer: "whole number"
        case .number: "number"
        case .boolean: "true or false"
        case .array: "list"
        case .object: "JSON object"
        case nil: nil
        }
    }

    private static func limits(of property: Property) -> [String] {
        let rule = property.isList ? property.itemRule : property.rule
        let count = range(property.minItems.map(String.init), property.maxItems.map(String.init))
        let length = range(rule?.minLength.map(String.init), rule?.maxLength.map(String.init))
        let value = range(rule?.minimum?.text, rule?.maximum?.text)
        return [count.map { "\($0) of them" }, length.map { "\($0) characters" }, value].compactMap { $0 }
    }

    /// Nil where nothing is bounded.
    private static func range(_ least: String?, _ most: String?) -> String? {
        switch (least, most) {
        case (let least?, let most?): least == most ? "exactly \(least)" : "\(least) to \(most)"
        case (let least?, nil): "at least \(least)"
        case (nil, let most?): "at most \(most)"
        case (nil, nil): nil
        }
    }

    private static func files(_ rules: [FileRule]) -> String {
        func bounds(_ measure: FileRule.Measure) -> String? {
            func limit(_ bound: FileRule.Bound) -> String? {
                rules.lazy.compactMap { rule in
                    guard case .bound(measure, bound, let value) = rule.kind else { return nil }
                    return JSON.double(value).text
                }.first
            }
            return range(limit(.atLeast), limit(.atMost))
        }
        let (width, height) = (bounds(.width), bounds(.height))
        var words = [bounds(.megabytes).map { "\($0) MB" }]
        if width == height {
            words.append(width.map { "\($0) pixels wide and high" })
        } else {
            words += [width.map { "\($0) pixels wide" }, height.map { "\($0) pixels high" }]
        }
        words.append(bounds(.ratio).map { "width/height \($0)" })
        // What is no rule that can be checked here is still the service's word.
        words += rules.filter { $0.kind == .unknown }.map { $0.message ?? $0.rule }
        return words.compactMap { $0 }.joined(separator: "; ")
    }
}
