internal import CommandLineTool
internal import JSON
internal import Spelling

/// What is made different in an input: `KEY=VALUE` puts or replaces, `--without KEY` takes away.
struct InputChanges {
    /// With the texts of files in their places.
    let words: [String]
    let without: [String]

    func apply(to templates: inout [Template], _ draft: inout JobDraft) throws {
        var missing = without
        for index in templates.indices where !words.isEmpty || !without.isEmpty {
            let given = try InputWords.read(words, try draft.schema(of: templates[index].model))
            templates[index].typedKeys = given.keys
            for key in without where templates[index].input[key] != nil {
                templates[index].input[key] = nil
                missing.removeAll { $0.isExactly(key) }
            }
            for member in given.members { templates[index].input[member.key] = member.value }
        }
        if let key = missing.first {
            let near = Suggestion.nearest(to: key, among: templates.first?.input.keys ?? [])
            throw Failure.usage(
                "--without \(SafeText.escape(key)): the input has no such key",
                hint: near.map { "did you mean \(SafeText.escape($0))?" })
        }
    }
}
