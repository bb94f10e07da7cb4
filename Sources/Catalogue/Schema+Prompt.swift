package import JSON

extension Schema {
    /// The words that an input asks with: `text` for the sequential models, `prompt` for the others.
    package static func prompt(of input: JSON, schema: Schema?) -> String? {
        let names = ["prompt", "text"]
        let defined = names.filter { schema?[$0] != nil }
        return (defined + names).lazy.compactMap { input[$0]?.string }.first
    }
}
