internal import Catalogue
internal import JSON

/// What a schema says about one key, in words.
struct PropertyWords {
    let type: String
    let limits: String
    let choices: [String]
    let defaultText: String?
    /// The rules for each file.
    let files: String

    init(_ property: Property) {
        type = Self.type(of: property)
        limits = Self.limits(of: property).joined(separator: ", ")
        choices = (property.choices + (property.isList ? property.itemChoices : [])).map(Self.text)
        defaultText = property.defaultValue.map(Self.text)
        files = Self.files(property.file?.validations ?? [])
    }

    private static func text(_ value: JSON) -> String { value.string ?? value.text }

    private static func type(of property: Property) -> String {
        let null = property.forms.contains { $0.types.contains(.null) } ? " or null" : ""
        if let file = property.file {
            let kind = file.kind.map { $0 + " file" } ?? "file"
            return property.isList
                ? "list of \(kind)s (paths, https URLs or job:ID)\(null)"
                : "\(kind) (path, https URL or job:ID)\(null)"
        }
        let items = property.itemForms.flatMap { form in words(form) }
        let each = items.isEmpty ? "" : ", each " + distinct(items).joined(separator: " or ")
        let forms = distinct(property.forms.flatMap { form in words(form) })
        let text = forms.map { $0 == "list" ? $0 + each : $0 }.joined(separator: " or ")
        return (text.isEmpty ? "any value" : text) + null
    }

    private static func distinct(_ words: [String]) -> [String] {
        var distinct: [String] = []
        for word in words where !distinct.contains(word) { distinct.append(word) }
        return distinct
    }

    private static func words(_ form: ValueRule) -> [String] {
        form.types.compactMap { $0 == .object ? object(form) : word($0) }
    }

    /// An object, with the keys that it takes.
    private static func object(_ form: ValueRule) -> String {
        let keys = form.keyNames.prefix(20).map { $0.name + ($0.isRequired ? " (required)" : "") }
        let more = form.keyNames.count > 20 ? ", …" : ""
        return keys.isEmpty ? "JSON object" : "JSON object of " + keys.joined(separator: ", ") + more
    }

    private static func word(_ type: ValueType) -> String? {
        switch type {
        case .string: "text"
        case .integer: "whole number"
        case .number: "number"
        case .boolean: "true or false"
        case .array: "list"
        case .object: "JSON object"
        case .null: nil
        }
    }

    private static func limits(of property: Property) -> [String] {
        let count = range(property.minItems.map(String.init), property.maxItems.map(String.init))
        let isUnique = property.forms.contains(where: \.isUnique)
        let forms = property.isList ? property.itemForms : property.forms
        return [count.map { "\($0) of them" }, isUnique ? "each one once" : nil].compactMap(\.self)
            + distinct(forms.flatMap { form in limits(of: form) })
    }

    private static func limits(of form: ValueRule) -> [String] {
        let length = range(form.minLength.map(String.init), form.maxLength.map(String.init))
        let pattern = form.pattern.map { "matching \($0)" }
        let unit = form.unit.map { "a multiple of \($0.text)" }
        return [length.map { "\($0) characters" }, pattern, bounds(form), unit].compactMap(\.self)
    }

    private static func bounds(_ form: ValueRule) -> String? {
        let (low, high) = (form.lowest, form.highest)
        if low?.isExclusive != true, high?.isExclusive != true {
            return range(low?.written.text, high?.written.text)
        }
        let words = [
            low.map { ($0.isExclusive ? "more than " : "at least ") + $0.written.text },
            high.map { ($0.isExclusive ? "less than " : "at most ") + $0.written.text },
        ]
        return words.compactMap(\.self).joined(separator: " and ")
    }

    /// Nil if there is no bound.
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
        // Rules that cannot be checked here still apply at the service.
        words += rules.filter { $0.kind == .unknown }.map { $0.message ?? $0.rule }
        return words.compactMap(\.self).joined(separator: "; ")
    }
}
