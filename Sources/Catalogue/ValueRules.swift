package import JSON

/// A bound on a number.
package struct NumberBound: Sendable {
    let number: DecimalNumber
    /// The number as the schema writes it.
    package let written: JSON
    /// Whether the number itself is out of bounds.
    package let isExclusive: Bool

    init?(_ value: JSON?, isExclusive: Bool) {
        guard case .number(let digits)? = value, let number = DecimalNumber(digits) else { return nil }
        self.number = number
        written = .number(digits)
        self.isExclusive = isExclusive
    }
}

/// What a schema says about numbers.
struct NumberRules: Sendable {
    let lowest: NumberBound?
    let highest: NumberBound?
    let unit: NumberBound?

    /// Nil if it says nothing.
    init?(_ definition: JSONObject, _ reader: inout SchemaReader) {
        func bound(_ word: String, _ exclusive: String, isTighter: (DecimalNumber, DecimalNumber) -> Bool)
            -> NumberBound?
        {
            // Before draft 6, the second keyword was a flag of the first.
            let flag = definition[exclusive]?.bool ?? false
            let first = NumberBound(definition[word], isExclusive: flag)
            let second = NumberBound(definition[exclusive], isExclusive: true)
            guard let first, let second else { return first ?? second }
            return isTighter(first.number, second.number) ? first : second
        }
        lowest = bound("minimum", "exclusiveMinimum", isTighter: >)
        highest = bound("maximum", "exclusiveMaximum", isTighter: <)
        let unit = NumberBound(definition["multipleOf"], isExclusive: false)
        self.unit = unit?.number.isUnit == true ? unit : nil
        if self.unit == nil, let value = definition["multipleOf"] { reader.leave("multipleOf", value) }
        if lowest == nil, highest == nil, self.unit == nil { return nil }
    }

    func fault(in digits: String) -> String? {
        guard let number = DecimalNumber(digits) else { return nil }
        func fault(_ demand: String, _ bound: NumberBound) -> String {
            "is \(Excerpt.plain(digits)); must be \(demand) \(Excerpt.describing(bound.written))"
        }
        if let lowest, number < lowest.number || lowest.isExclusive && number == lowest.number {
            return fault(lowest.isExclusive ? "more than" : "at least", lowest)
        }
        if let highest, number > highest.number || highest.isExclusive && number == highest.number {
            return fault(highest.isExclusive ? "less than" : "at most", highest)
        }
        if let unit, !number.isMultiple(of: unit.number) { return fault("a multiple of", unit) }
        return nil
    }
}

/// What a schema says about texts.
struct TextRules: Sendable {
    let minLength: Int?
    let maxLength: Int?
    let pattern: TextPattern?

    init?(_ definition: JSONObject, _ reader: inout SchemaReader) {
        minLength = ValueRule.count(definition["minLength"])
        maxLength = ValueRule.count(definition["maxLength"])
        pattern = definition["pattern"]?.string.flatMap(TextPattern.init)
        if pattern == nil, let value = definition["pattern"] { reader.leave("pattern", value) }
        if minLength == nil, maxLength == nil, pattern == nil { return nil }
    }

    func lengthFault(_ text: String) -> String? {
        // A character takes one to four bytes, so most texts need not be counted.
        let bytes = text.utf8.count
        if let maxLength, bytes > maxLength {
            let length = text.unicodeScalars.count
            if length > maxLength { return "is \(length) characters long; at most \(maxLength) are allowed" }
        }
        if let minLength, bytes / 4 < minLength {
            let length = text.unicodeScalars.count
            if length < minLength { return "is \(length) characters long; at least \(minLength) are needed" }
        }
        return nil
    }
}

/// What a schema says about lists.
struct ListRules: Sendable {
    /// The rules of the first items, one by one.
    let first: [ValueRule]
    /// The rule of each further item.
    let items: ValueRule?
    let minItems: Int?
    let maxItems: Int?
    let isUnique: Bool

    init?(_ definition: JSONObject, file: FileDemand?, _ reader: inout SchemaReader) {
        minItems = ValueRule.count(definition["minItems"])
        maxItems = ValueRule.count(definition["maxItems"])
        isUnique = definition["uniqueItems"]?.bool ?? false
        // Before draft 2020-12, `items` had the list of schemas, and `additionalItems` the rule for others.
        let listed = definition["items"]?.array
        first = reader.rules(listed ?? definition["prefixItems"]?.array ?? [], "[*]", file: file)
        let others = definition[listed == nil ? "items" : "additionalItems"]
        // A demand on the list's files concerns each, even if nothing else is said about the items.
        let isForEach = file != nil && (definition["format"] != nil || definition["validations"] != nil)
        items = reader.rule(others ?? (isForEach ? .bool(true) : nil), "[*]", file: file)
        if first.isEmpty, items == nil, minItems == nil, maxItems == nil, !isUnique { return nil }
    }

    func rule(at index: Int) -> ValueRule? { index < first.count ? first[index] : items }

    func countFault(_ count: Int) -> String? {
        if let maxItems, count > maxItems { return "has \(count) items; at most \(maxItems) are allowed" }
        if let minItems, count < minItems { return "has \(count) items; at least \(minItems) must be given" }
        return nil
    }
}

/// What a schema says about objects.
struct KeyRules: Sendable {
    /// The rule for keys without a rule of their own.
    enum Others: Sendable {
        case any, none
        case rule(ValueRule)
        /// In the model's input, a key that no part of the schema names is a typing error.
        case unknownToModel
    }

    /// In the order of the schema. One that is required but not defined is at the end, and may be anything.
    let names: [String]
    let rules: [ValueRule]
    /// The indices of the required ones.
    let required: [Int]
    let patterns: [(pattern: TextPattern, rule: ValueRule)]
    let others: Others
    let minCount: Int?
    let maxCount: Int?
    private let indices: [ExactText: Int]
    /// How many of the names the schema defines.
    let definedCount: Int
    /// Whether the schema says that there may be others.
    let isOpen: Bool

    init?(_ definition: JSONObject, isRoot: Bool, _ reader: inout SchemaReader) {
        var names: [String] = []
        var rules: [ValueRule] = []
        var indices: [ExactText: Int] = [:]
        for member in definition["properties"]?.object?.members ?? [] {
            guard let rule = reader.rule(member.value, PathStep.text(of: member.key)) else { continue }
            if let index = indices[ExactText(member.key)] {
                rules[index] = rule
            } else {
                indices[ExactText(member.key)] = names.count
                names.append(member.key)
                rules.append(rule)
            }
        }
        definedCount = names.count
        var required: [Int] = []
        var isRequired: Set<Int> = []
        for name in (definition["required"]?.array ?? []).compactMap(\.string) {
            let index = indices[ExactText(name)] ?? names.count
            if index == names.count {
                indices[ExactText(name)] = index
                names.append(name)
                rules.append(.anything)
            }
            if isRequired.insert(index).inserted { required.append(index) }
        }
        (self.names, self.rules, self.indices, self.required) = (names, rules, indices, required)
        patterns = Self.patterns(definition, &reader)
        others = Self.others(definition, isRoot: isRoot, &reader)
        let additional = definition["additionalProperties"]
        isOpen =
            additional == .bool(true) || additional?.object != nil
            || patterns.count < definition["patternProperties"]?.object?.members.count ?? 0
        minCount = ValueRule.count(definition["minProperties"])
        maxCount = ValueRule.count(definition["maxProperties"])
        if case .any = others, names.isEmpty, patterns.isEmpty, minCount == nil, maxCount == nil, !isOpen {
            return nil
        }
    }

    private static func patterns(_ definition: JSONObject, _ reader: inout SchemaReader)
        -> [(pattern: TextPattern, rule: ValueRule)]
    {
        (definition["patternProperties"]?.object?.members ?? []).compactMap { member in
            let place = "[/\(Excerpt.plain(member.key))/]"
            guard let pattern = TextPattern(member.key), let rule = reader.rule(member.value, place) else {
                reader.leave("patternProperties", .string(member.key))
                return nil
            }
            return (pattern, rule)
        }
    }

    private static func others(_ definition: JSONObject, isRoot: Bool, _ reader: inout SchemaReader) -> Others
    {
        let additional = definition["additionalProperties"]
        // A pattern that is not understood may match any key.
        let patterns = definition["patternProperties"]?.object?.keys ?? []
        if patterns.contains(where: { TextPattern($0) == nil }) { return .any }
        if additional?.object != nil { return reader.rule(additional, "[*]").map(Others.rule) ?? .any }
        if additional == .bool(true) { return .any }
        if isRoot { return .unknownToModel }
        return additional == .bool(false) ? .none : .any
    }

    func index(of name: String) -> Int? { indices[ExactText(name)] }

    func countFault(_ count: Int) -> String? {
        if let maxCount, count > maxCount { return "has \(count) keys; at most \(maxCount) are allowed" }
        if let minCount, count < minCount { return "has \(count) keys; at least \(minCount) must be given" }
        return nil
    }
}

/// A rule that a schema composes of others, all for the same value.
struct Composition: Sendable {
    /// The index of the rule among the schema's shared ones.
    let reference: Int?
    let all: [ValueRule]
    /// One of them must hold.
    let any: [ValueRule]
    /// Exactly one of them must hold.
    let one: [ValueRule]
    let not: ValueRule?

    init?(_ definition: JSONObject, _ reader: inout SchemaReader) {
        reference = definition["$ref"].flatMap { reader.reference($0) }
        func rules(_ word: String) -> [ValueRule] { reader.rules(definition[word]?.array ?? [], "") }
        all = rules("allOf")
        any = rules("anyOf")
        one = rules("oneOf")
        let excluded = definition["not"]
        not = excluded?.object == nil && excluded?.bool == nil ? nil : reader.rule(excluded, "")
        if reference == nil, all.isEmpty, any.isEmpty, one.isEmpty, not == nil { return nil }
    }
}
