package import JSON

extension Schema {
    /// How many outputs, or seconds, an input asks for: what its price is multiplied with.
    package func estimatedUnits(for input: JSON) -> Double {
        Self.estimatedUnits(for: input, schema: self, priceUnit: priceUnit)
    }

    /// The same for a model that may have no schema, or whose price is known from elsewhere.
    package static func estimatedUnits(for input: JSON, schema: Schema?, priceUnit: String?) -> Double {
        let unit = PriceUnit(word: priceUnit) ?? (asksForSeconds(input, schema) ? .second : .output)
        switch unit {
        case .second: return amount(input["duration"]) ?? amount(schema?["duration"]?.defaultValue) ?? 5
        case .output: return outputs(of: input, schema)
        }
    }

    private static func asksForSeconds(_ input: JSON, _ schema: Schema?) -> Bool {
        amount(input["duration"]) != nil || amount(schema?["duration"]?.defaultValue) != nil
            || schema?["duration"]?.type == .integer
    }

    /// The service charges a sequential model for the most images it may make.
    private static func outputs(of input: JSON, _ schema: Schema?) -> Double {
        let sequential = "sequential_image_generation_options"
        if let asked = amount(input[sequential]) { return asked }
        if let property = schema?[sequential] { return amount(property.defaultValue) ?? 3 }
        for name in ["num_images", "num_outputs", "num_videos", "n"] {
            if let asked = amount(input[name]) { return asked }
        }
        return 1
    }

    /// A positive number, also as text such as `5` or `5s`. The bound keeps a price made of it finite.
    private static func amount(_ value: JSON?) -> Double? {
        var amount = value?.double
        if case .string(let text) = value {
            amount = Double(text.hasSuffix("s") ? String(text.dropLast()) : text)
        }
        guard let amount, amount > 0 else { return nil }
        return min(amount, 1_000_000)
    }
}
