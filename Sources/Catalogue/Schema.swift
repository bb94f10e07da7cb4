package import JSON

/// What a model takes: its input's properties, and what RunComfy says beside them.
///
/// Schemas come from outside and drift. What is not understood in one is left unchecked, never refused.
package struct Schema: Sendable {
    package let modelID: String
    /// The whole entry as it was given, to be stored and shown.
    package let document: JSON
    package let displayName: String?
    package let basePriceUSD: Double?
    /// What the price is for: `output` or `second`.
    package let priceUnit: String?
    package let pricingNote: String?
    /// In the order of the schema. One that is required and not defined stands at the end, without a rule.
    package let properties: [Property]
    package let required: [String]

    /// Whether the schema says nothing of its properties, so that no key is unknown.
    let isOpen: Bool
    /// Where the required ones stand in `properties`.
    let requiredIndices: [Int]
    private let indices: [String: Int]

    /// Reads a catalogue entry: `{"model_id", "input_schema": {...}, ...}`.
    package init(modelID: String, document: JSON) throws(SchemaError) {
        guard let entry = document.object else { throw .notAnObject }
        guard let inputSchema = entry["input_schema"]?.object else { throw .noInputSchema }
        self.modelID = modelID
        self.document = document
        displayName = entry["display_name"]?.string
        basePriceUSD = entry["base_price_usd"]?.double.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        priceUnit = entry["price_unit"]?.string
        pricingNote = entry["pricing_note"]?.string

        var properties: [Property] = []
        var indices: [String: Int] = [:]
        for member in inputSchema["properties"]?.object?.members ?? [] {
            let property = Property(name: member.key, definition: member.value)
            if let index = indices[member.key] {
                properties[index] = property
            } else {
                indices[member.key] = properties.count
                properties.append(property)
            }
        }
        isOpen = properties.isEmpty

        var requiredIndices: [Int] = []
        var isRequired: Set<Int> = []
        for name in (inputSchema["required"]?.array ?? []).compactMap(\.string) {
            let index = indices[name] ?? properties.count
            if index == properties.count {
                indices[name] = index
                properties.append(Property(name: name, definition: .null))
            }
            if isRequired.insert(index).inserted { requiredIndices.append(index) }
        }
        required = requiredIndices.map { properties[$0].name }
        self.requiredIndices = requiredIndices
        self.properties = properties
        self.indices = indices
    }

    package subscript(name: String) -> Property? { index(of: name).map { properties[$0] } }

    /// Names are compared byte for byte, as the service does; `==` would take two spellings of "é" for one.
    func index(of name: String) -> Int? {
        guard let index = indices[name], properties[index].name.utf8.elementsEqual(name.utf8) else {
            return nil
        }
        return index
    }
}
