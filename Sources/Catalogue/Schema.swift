package import JSON

/// What a model takes: the properties of its input, and what else RunComfy says of it.
///
/// Schemas come from outside and change. What is not understood in one is left unchecked, never refused.
package struct Schema: Sendable {
    package let modelID: String
    /// The whole catalogue entry as it came, to be stored and shown.
    package let document: JSON
    package let displayName: String?
    package let basePriceUSD: Double?
    /// What the price is for: `output` or `second`.
    package let priceUnit: String?
    package let pricingNote: String?
    /// In the order of the schema. One that is required but not defined is at the end, without a rule.
    package let properties: [Property]
    package let required: [String]
    /// The parts of the schema that are not checked, each with its path.
    package let unchecked: [String]

    let root: ValueRule
    /// The rules that references lead to.
    let shared: [ValueRule]
    /// Whether the schema allows keys that it does not name.
    let isOpen: Bool
    /// Whether it says nothing of its inputs, so that it cannot check any.
    package let isEmpty: Bool
    private let indices: [ExactText: Int]

    /// No rule in use is composed of as many.
    private static let mostParts = 64

    /// Reads a catalogue entry: `{"model_id", "input_schema": {...}, ...}`.
    package init(modelID: String, document: JSON) throws(SchemaError) {
        guard let entry = document.object else { throw .notAnObject }
        guard let inputSchema = entry["input_schema"], inputSchema.object != nil else { throw .noInputSchema }
        var reader = SchemaReader(inputSchema, in: document)
        let root = reader.read()
        let keys = InputKeys(of: root, reader.shared)
        self.modelID = modelID
        self.document = document
        self.root = root
        shared = reader.shared
        displayName = entry["display_name"]?.string
        basePriceUSD = entry["base_price_usd"]?.double.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        priceUnit = entry["price_unit"]?.string
        pricingNote = entry["pricing_note"]?.string
        properties = zip(keys.names, keys.rules).map { name, rule in
            let parts = Self.parts(of: rule, reader.shared)
            let items = parts.lazy.compactMap(\.lists?.items).first
            let itemParts = items.map { Self.parts(of: $0, reader.shared) } ?? []
            return Property(name: name, parts, itemParts: itemParts)
        }
        required = keys.required
        isOpen = keys.isOpen || keys.isEmpty
        isEmpty = keys.isEmpty
        indices = keys.indices
        unchecked = reader.unchecked
    }

    package subscript(name: String) -> Property? { indices[ExactText(name)].map { properties[$0] } }

    /// Whether the value of a key may be a reference: where a file is expected, or where no schema says what
    /// is.
    package static func takesReference(_ key: String, _ schema: Schema?) -> Bool {
        guard let property = schema?[key] else { return true }
        return property.file != nil
    }

    func knows(_ name: String) -> Bool { indices[ExactText(name)] != nil }

    /// The rule and those that it is composed of, each once.
    func parts(of rule: ValueRule) -> [ValueRule] { Self.parts(of: rule, shared) }

    /// - Parameter alternatives: whether to include rules of which only one needs to hold.
    fileprivate static func parts(
        of rule: ValueRule, _ shared: [ValueRule], alternatives: Bool = true
    ) -> [ValueRule] {
        if rule.composition == nil { return [rule] }
        var parts: [ValueRule] = []
        var open = [rule]
        while let next = open.popLast(), parts.count < mostParts {
            if parts.contains(where: { $0 === next }) { continue }
            parts.append(next)
            guard let composition = next.composition else { continue }
            let referred = composition.reference.map { [shared[$0]] } ?? []
            let others = alternatives ? composition.any + composition.one : []
            open += (referred + composition.all + others).reversed()
        }
        return parts
    }
}

/// The keys that an input may have, from all parts of its schema.
private struct InputKeys {
    private(set) var names: [String] = []
    private(set) var rules: [ValueRule] = []
    private(set) var required: [String] = []
    private(set) var indices: [ExactText: Int] = [:]
    private(set) var isOpen = false
    private(set) var isEmpty = true

    init(of root: ValueRule, _ shared: [ValueRule]) {
        for part in Schema.parts(of: root, shared) {
            if part.leadsElsewhere { isOpen = true }
            guard let keys = part.keys else { continue }
            if keys.isOpen || part !== root && !keys.patterns.isEmpty { isOpen = true }
            if keys.definedCount > 0 { isEmpty = false }
            for (name, rule) in zip(keys.names, keys.rules) { add(name, rule) }
        }
        var isRequired: Set<ExactText> = []
        for part in Schema.parts(of: root, shared, alternatives: false) {
            guard let keys = part.keys else { continue }
            required += keys.required.map { keys.names[$0] }.filter {
                isRequired.insert(ExactText($0)).inserted
            }
        }
    }

    private mutating func add(_ name: String, _ rule: ValueRule) {
        if let index = indices[ExactText(name)] {
            if rules[index] === ValueRule.anything { rules[index] = rule }
            return
        }
        indices[ExactText(name)] = names.count
        names.append(name)
        rules.append(rule)
    }
}

/// Why a document cannot be a model's schema.
package enum SchemaError: Error, Equatable, CustomStringConvertible {
    case notAnObject
    case noInputSchema

    package var description: String {
        switch self {
        case .notAnObject: "a model's schema must be a JSON object"
        case .noInputSchema: "the schema has no \"input_schema\" object"
        }
    }
}
