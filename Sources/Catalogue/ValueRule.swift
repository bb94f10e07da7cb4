package import JSON

/// What a schema demands of the files that a value names.
package struct FileDemand: Sendable, Equatable {
    /// What kind of file: `image`, `video` or `audio`, where the schema names one.
    package let kind: String?
    /// What each file must fulfil.
    package let validations: [FileRule]

    /// Nil for a value that names no file.
    ///
    /// - Parameter listed: what is demanded of each file of the list that the value stands in.
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
/// Schemas come from outside and drift. What is not understood in one is left unchecked, and listed; never
/// refused.
package final class ValueRule: Sendable {
    package let title: String?
    package let description: String?
    /// What the service fills in where the value is left out. It is shown, never sent.
    package let defaultValue: JSON?
    /// Empty where the schema names none, or one that is not known.
    package let types: [ValueType]
    /// Empty where any value will do.
    package let choices: [JSON]
    /// What is demanded of the files that the value names; nil where it names none.
    package let file: FileDemand?
    let texts: TextRules?
    let numbers: NumberRules?
    let lists: ListRules?
    let keys: KeyRules?
    let composition: Composition?
    let isConstant: Bool
    /// Whether no value will do.
    let isForbidden: Bool
    /// Whether a part of it is not checked.
    let isPartly: Bool
    /// Whether further rules of the same value stand where nobody looks: under a reference that leads out of
    /// the schema, or under a condition.
    let leadsElsewhere: Bool

    static let anything = ValueRule()

    private init() {
        (title, description, defaultValue, types, choices, file) = (nil, nil, nil, [], [], nil)
        (texts, numbers, lists, keys, composition) = (nil, nil, nil, nil, nil)
        (isConstant, isForbidden, isPartly, leadsElsewhere) = (false, false, false, false)
    }

    /// - Parameter file: what the list demands of its files, of which this rule is for one.
    init(_ definition: JSON, file listed: FileDemand?, isRoot: Bool, _ reader: inout SchemaReader) {
        let object = definition.object ?? [:]
        let before = reader.left
        let subjects = Subjects(of: object)
        title = object["title"]?.string
        description = object["description"]?.string
        defaultValue = object["default"]
        isForbidden = definition == .bool(false)
        file = listed != nil || subjects.contains(.files) ? FileDemand(object, in: listed) : nil
        types = Self.types(object, &reader)
        isConstant = subjects.contains(.choices) && object["const"] != nil
        choices = subjects.contains(.choices) ? Self.choices(object, &reader) : []
        texts = subjects.contains(.texts) ? TextRules(object, &reader) : nil
        numbers = subjects.contains(.numbers) ? NumberRules(object, &reader) : nil
        lists = subjects.contains(.lists) ? ListRules(object, file: file, &reader) : nil
        keys = isRoot || subjects.contains(.keys) ? KeyRules(object, isRoot: isRoot, &reader) : nil
        composition = subjects.contains(.composition) ? Composition(object, &reader) : nil
        if !subjects.isDisjoint(with: [.files, .unknown]) { reader.leaveWhatIsNotKnown(in: object) }
        isPartly = reader.left > before
        leadsElsewhere =
            subjects.contains(.unknown) && Self.hidden.contains { object[$0] != nil }
            || subjects.contains(.composition) && object["$ref"] != nil && composition?.reference == nil
    }

    /// Words under which further rules of the same value stand that are not checked.
    private static let hidden = [
        "then", "else", "dependencies", "dependentSchemas", "$dynamicRef", "$recursiveRef",
    ]

    private static func choices(_ object: JSONObject, _ reader: inout SchemaReader) -> [JSON] {
        let choices = object["const"].map { [$0] } ?? object["enum"]?.array ?? []
        if choices.isEmpty { reader.leave("enum", object["enum"]) }
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

    /// A bound on a count; nil where the schema holds something that is none.
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
    /// The keys of an object, where the schema names them.
    package var keyNames: [(name: String, isRequired: Bool)] {
        let required = Set(keys?.required ?? [])
        return (keys?.names ?? []).enumerated().map { ($0.element, required.contains($0.offset)) }
    }

    /// Whether it says anything itself, beside what it is composed of.
    var saysSomething: Bool {
        !types.isEmpty || !choices.isEmpty || file != nil || texts != nil || numbers != nil || lists != nil
            || keys != nil
    }
}
