internal import JSON

/// What the words of a schema speak of: most rules speak of little, and the rest need not be looked for.
struct Subjects: OptionSet {
    let rawValue: Int

    static let texts = Subjects(rawValue: 1)
    static let numbers = Subjects(rawValue: 2)
    static let lists = Subjects(rawValue: 4)
    static let keys = Subjects(rawValue: 8)
    static let composition = Subjects(rawValue: 16)
    static let choices = Subjects(rawValue: 32)
    static let files = Subjects(rawValue: 64)
    /// A demand that is not checked. Of other words, nobody says that they demand anything.
    static let unknown = Subjects(rawValue: 128)

    private static let words: [ExactText: Subjects] = {
        let groups: [(Subjects, [String])] = [
            (.texts, ["minLength", "maxLength", "pattern"]),
            (.numbers, ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
            ([.lists, .files], ["items"]), (.lists, ["prefixItems", "minItems", "maxItems", "uniqueItems"]),
            (
                .keys,
                [
                    "properties", "required", "additionalProperties", "patternProperties", "minProperties",
                    "maxProperties",
                ]
            ),
            (.composition, ["$ref", "allOf", "anyOf", "oneOf", "not"]), (.choices, ["enum", "const"]),
            ([.files, .lists], ["format", "validations"]),
            (
                .unknown,
                [
                    "if", "then", "else", "contains", "propertyNames", "dependencies", "dependentRequired",
                    "dependentSchemas", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef",
                    "$recursiveRef", "contentEncoding", "contentMediaType",
                ]
            ),
        ]
        return Dictionary(
            uniqueKeysWithValues: groups.flatMap { subjects, words in
                words.map { (ExactText($0), subjects) }
            })
    }()
}

extension Subjects {
    init(of word: String) { self = Self.words[ExactText(word)] ?? [] }

    init(of definition: JSONObject) {
        self = definition.members.reduce(into: []) { $0.formUnion(Subjects(of: $1.key)) }
    }
}
