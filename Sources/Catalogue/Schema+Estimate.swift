package import JSON

extension Schema {
    /// The keys that hold the words of a request: `text` for the sequential models, `prompt` for the others.
    static let promptKeys = ["prompt", "text"]

    /// The words of an input's request.
    package static func prompt(of input: JSON, schema: Schema?) -> String? {
        let defined = promptKeys.filter { schema?[$0] != nil }
        return (defined + promptKeys).lazy.compactMap { input[$0]?.string }.first
    }

    /// How many outputs, or seconds, an input asks for: the factor of its price. A model may have no schema.
    package static func estimatedUnits(for input: JSON, schema: Schema?, priceUnit: String?) -> Double {
        let duration = schema?["duration"]
        let seconds = amount(input["duration"]) ?? amount(duration?.defaultValue)
        switch priceUnit?.lowercased() {
        case "second": return seconds ?? 5
        case "output": return outputs(of: input, schema)
        default: return seconds ?? (duration?.type == .integer ? 5 : outputs(of: input, schema))
        }
    }

    /// How many outputs an input asks for.
    package static func outputsAskedFor(by input: JSON, schema: Schema?) -> Int {
        Int(min(max(outputs(of: input, schema), 1), 10_000))
    }

    /// The service charges a sequential model for the most images it may make.
    private static func outputs(of input: JSON, _ schema: Schema?) -> Double {
        let sequential = "sequential_image_generation_options"
        if let asked = amount(input[sequential]) { return asked }
        if let property = schema?[sequential] { return amount(property.defaultValue) ?? 3 }
        return ["num_images", "num_outputs", "num_videos", "n"].lazy.compactMap { amount(input[$0]) }.first
            ?? 1
    }

    /// A positive number, also as text such as `5` or `5s`. The limit keeps a price finite.
    private static func amount(_ value: JSON?) -> Double? {
        var amount = value?.double
        if case .string(let text) = value {
            amount = Double(text.hasSuffix("s") ? String(text.dropLast()) : text)
        }
        guard let amount, amount > 0 else { return nil }
        return min(amount, 1_000_000)
    }
}
