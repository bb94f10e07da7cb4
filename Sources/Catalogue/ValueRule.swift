package import JSON

/// What a schema demands of the files that a value names.
package struct FileDemand: Sendable, Equatable {
    /// `image`, `video` or `audio`, if the schema names one.
    package let kind: String?
    /// The rules for each file.
    package let validations: [FileRule]

    /// Nil for a value that names no file.
    ///
    /// - Parameter listed: the demand of the list that contains the value.
    init?(_ definition: JSONObject, in listed: FileDemand?) {
        let own = (definition["validations"]?.array ?? []).compactMap(FileRule.init)
        let formats = [definition["format"], definition["items"]?["format"]].compactMap { $0?.string }
        guard listed != nil || !own.isEmpty || formats.contains(where: Self.isFile) else { return nil }
        validations = own.isEmpty ? listed?.validations ?? [] : own
        let named = ["image", "video", "audio"].first { kind in
            formats.contains { $0.hasPrefix(kind + "_uri") }
        }
        kind = named ?? listed?.kind
    }

    static func isFile(_ format: String) -> Bool { format.hasSuffix("_uri") || format.hasSuffix("_uris") }
}

/// What a schema says about one value.
///
/// Schemas come from outside and change. What is not understood in one is listed and left unchecked, never
/// refused.
package final class ValueRule: Sendable {
    package let title: String?
    package let description: String?
    /// What the service uses if the value is left out. It is shown, never sent.
    package let defaultValue: JSON?
    /// Empty if the schema names none, or one that is not known.
    package let types: [ValueType]
    /// Empty if any value is allowed.
    package let choices: [JSON]
    private let meanings: Set<[UInt8]>
    /// The demand on the files that the value names; nil if it names none.
    package let file: FileDemand?
    let texts: TextRules?
    let numbers: NumberRules?
    let lists: ListRules?
    let keys: KeyRules?
    let composition: Composition?
    let isConstant: Bool
    /// Whether no value is allowed.
    let isForbidden: Bool
    /// Whether a part of it is not checked.
    let isPartly: Bool
    /// Whether there are further rules for the same value that are not read: under a condition, or under a
    /// reference that leads out of the schema.
    let leadsElsewhere: Bool

    static let anything = ValueRule()

    private init() {
        (title, description, defaultValue, types, choices, meanings, file) = (nil, nil, nil, [], [], [], nil)
        (texts, numbers, lists, keys, composition) = (nil, nil, nil, nil, nil)
        (isConstant, isForbidden, isPartly, leadsElsewhere) = (false, false, false, false)
    }

    /// - Parameter file: what the list demands of its files, if this rule is for one of them.
    init(_ definition: JSON, file listed: FileDemand?, isRoot: Bool, _ reader: inout SchemaReader) {
        let object = definition.object ?? [:]
        let before = reader.left
        title = object["title"]?.string
        description = object["description"]?.string
        defaultValue = object["default"]
        isForbidden = definition == .bool(false)
        file = FileDemand(object, in: listed)
        types = Self.types(object, &reader)
        isConstant = object["const"] != nil
        choices = Self.choices(object, &reader)
        meanings = Set(choices.map(\.meaning))
        texts = TextRules(object, &reader)
        numbers = NumberRules(object, &reader)
        lists = ListRules(object, file: file, &reader)
        keys = KeyRules(object, isRoot: isRoot, &reader)
        composition = Composition(object, &reader)
        reader.leaveUnknownKeywords(in: object)
        isPartly = reader.left > before
        leadsElsewhere =
            Self.hidden.contains { object[$0] != nil }
            || object["$ref"] != nil && composition?.reference == nil
    }

    /// Keywords with further rules for the same value, which are not checked.
    private static let hidden = [
        "then", "else", "dependencies", "dependentSchemas", "$dynamicRef", "$recursiveRef",
    ]

    private static func choices(_ object: JSONObject, _ reader: inout SchemaReader) -> [JSON] {
        guard let value = object["const"].map({ .array([$0]) }) ?? object["enum"] else { return [] }
        let choices = value.array ?? []
        if choices.isEmpty { reader.leave("enum", value) }
        let isNullable = object["nullable"]?.bool ?? false
        return isNullable && !choices.isEmpty && !choices.contains(.null) ? choices + [.null] : choices
    }

    private static func types(_ object: JSONObject, _ reader: inout SchemaReader) -> [ValueType] {
        guard let value = object["type"] else { return [] }
        let words = value.array ?? [value]
        let types = words.compactMap { $0.string.flatMap(ValueType.init(word:)) }
        guard types.count == words.count else {
            reader.leave("type", value)
            return []
        }
        let isNullable = object["nullable"]?.bool ?? false
        return isNullable && !types.contains(.null) ? types + [.null] : types
    }

    /// A bound on a count; nil if the schema has none that makes sense.
    static func count(_ value: JSON?) -> Int? {
        guard let count = value?.integer, count >= 0 else { return nil }
        return Int(count)
    }

    /// The first type that is not null.
    package var type: ValueType? { types.first { $0 != .null } }
    package var minLength: Int? { texts?.minLength }
    package var maxLength: Int? { texts?.maxLength }
    package var pattern: String? { texts?.pattern?.source }
    package var lowest: NumberBound? { numbers?.lowest }
    package var highest: NumberBound? { numbers?.highest }
    package var unit: JSON? { numbers?.unit?.written }
    package var minItems: Int? { lists?.minItems }
    package var maxItems: Int? { lists?.maxItems }
    package var isUnique: Bool { lists?.isUnique ?? false }
    /// The keys of an object, if the schema names them.
    package var keyNames: [(name: String, isRequired: Bool)] {
        let required = Set(keys?.required ?? [])
        return (keys?.names ?? []).enumerated().map { ($0.element, required.contains($0.offset)) }
    }

    /// Whether the meaning of a value is that of a choice.
    func isChoice(_ meaning: [UInt8]) -> Bool { meanings.contains(meaning) }

    /// Whether it says anything itself, besides what it is composed of.
    var saysSomething: Bool {
        !types.isEmpty || !choices.isEmpty || file != nil || texts != nil || numbers != nil || lists != nil
            || keys != nil
    }
}
