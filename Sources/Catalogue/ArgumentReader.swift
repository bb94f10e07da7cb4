package import JSON
internal import JobModel

/// Reads an input from the words `KEY=VALUE` and `KEY:=JSON` of a command line, typed by the model's schema.
///
/// A value that does not fit its type stays text. Validation then reports it with its path.
package struct ArgumentReader {
    private let schema: Schema?

    /// Without a schema every `KEY=VALUE` is text.
    package init(schema: Schema?) { self.schema = schema }

    /// The keys are in the order in which they first appear. No defaults are added.
    package func read(_ arguments: [String]) throws(ArgumentError) -> JSONObject {
        var values: [[Value]] = []
        var keys: [String] = []
        var indices: [ExactText: Int] = [:]
        for argument in arguments {
            let (key, value) = try read(argument)
            if let index = indices[ExactText(key)] {
                values[index].append(value)
            } else {
                indices[ExactText(key)] = keys.count
                keys.append(key)
                values.append([value])
            }
        }
        return JSONObject(zip(keys, values).map { JSONObject.Member(key: $0, value: combine($1, of: $0)) })
    }

    /// The words `KEY=VALUE` that `KEY=A,B,…` or `KEY:=[A, B, …]` is short for.
    package static func alternatives(_ argument: String) throws(ArgumentError) -> [String] {
        let (key, isJSON, text) = try split(argument)
        if !isJSON {
            return text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                .map { "\(key)=\(Substring($0))" }
        }
        guard let values = try json(text, of: key).array else { throw .noArray(key: key) }
        return values.map { "\(key):=\($0.text)" }
    }

    private enum Value {
        case typed(JSON)
        case written(JSON)
    }

    private func read(_ argument: String) throws(ArgumentError) -> (key: String, value: Value) {
        let (key, isJSON, text) = try Self.split(argument)
        return (key, isJSON ? .written(try Self.json(text, of: key)) : .typed(try typed(text, of: key)))
    }

    /// The key, whether its value is JSON, and the value.
    package static func split(_ argument: String) throws(ArgumentError) -> (
        key: String, isJSON: Bool, text: String
    ) {
        guard let sign = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw .noEqualsSign(argument)
        }
        // Split between bytes: an accent after the sign would make one character with it.
        let left = argument.utf8[..<sign]
        let isJSON = left.last == UInt8(ascii: ":")
        let key = String(Substring(isJSON ? left.dropLast() : left))
        let text = String(Substring(argument.utf8[sign...].dropFirst()))
        if key.isEmpty { throw .noKey(argument) }
        return (key, isJSON, text)
    }

    private static func json(_ text: String, of key: String) throws(ArgumentError) -> JSON {
        do { return try JSON(parsing: text, .strict) } catch {
            throw .malformedJSON(key: key, reason: error.description)
        }
    }

    /// A key that is repeated makes a list, and so does one that the schema calls a list.
    private func combine(_ values: [Value], of key: String) -> JSON {
        if values.count == 1, let value = values.first {
            switch value {
            case .written(let value): return value
            case .typed(let value): return schema?[key]?.isList == true ? .array([value]) : value
            }
        }
        return .array(
            values.flatMap { value in
                switch value {
                case .typed(let value): [value]
                case .written(let value): value.array ?? [value]
                }
            })
    }

    private func typed(_ text: String, of key: String) throws(ArgumentError) -> JSON {
        guard let property = schema?[key] else { return .string(text) }
        let forms = property.isList ? property.itemForms : property.forms
        let choices = Property.choices(forms)
        if let choice = try choice(text, of: key, among: choices) { return .string(choice) }
        let types = Set(forms.flatMap(\.types) + choices.map(ValueType.init(of:)))
        let takesText = forms.contains { form in
            form.choices.isEmpty && (form.types.isEmpty || form.types.contains(.string))
        }
        let value = Self.value(text, among: types, takesText: takesText)
        // Where a file is expected, a text without a scheme is a path.
        guard property.file != nil, let text = value.string, InputFile.isPath(text) else { return value }
        return .string(InputFile.text(forPath: text))
    }

    /// Of several types, text is the last choice. But `null` is an ordinary word if the schema allows text.
    private static func value(_ text: String, among types: Set<ValueType>, takesText: Bool) -> JSON {
        let json = try? JSON(parsing: text, .strict)
        switch json {
        case .number? where types.contains(.integer) || types.contains(.number): return json ?? .null
        case .object? where types.contains(.object): return json ?? .null
        case .null? where types.contains(.null) && !takesText: return .null
        default: break
        }
        guard types.contains(.boolean) else { return .string(text) }
        switch text.lowercased() {
        case "true", "yes": return .bool(true)
        case "false", "no": return .bool(false)
        default: return .string(text)
        }
    }

    /// The choice that a text means: the same text, the same in another case, or the only one that begins so.
    private func choice(_ text: String, of key: String, among choices: [JSON]) throws(ArgumentError)
        -> String?
    {
        if text.isEmpty { return nil }
        var names: [String] = []
        for case .string(let name) in choices where !names.containsExactly(name) { names.append(name) }
        if names.containsExactly(text) { return text }

        let typed = text.lowercased()
        let same = names.filter { $0.lowercased() == typed }
        let candidates = same.isEmpty ? names.filter { $0.lowercased().hasPrefix(typed) } : same
        if candidates.count > 1 { throw .ambiguous(key: key, value: text, candidates: candidates) }
        return candidates.first
    }
}

/// Why `KEY=VALUE` on a command line cannot be read.
package enum ArgumentError: Error, Equatable, CustomStringConvertible {
    case noEqualsSign(String)
    case noKey(String)
    case noArray(key: String)
    case malformedJSON(key: String, reason: String)
    case ambiguous(key: String, value: String, candidates: [String])

    /// Whether the word can be read, but its value is wrong.
    package var isInput: Bool {
        switch self {
        case .noEqualsSign, .noKey, .noArray: false
        case .malformedJSON, .ambiguous: true
        }
    }

    package var description: String {
        switch self {
        case .noEqualsSign(let argument): "\(Excerpt.quoted(argument)) is not KEY=VALUE"
        case .noKey(let argument): "\(Excerpt.quoted(argument)) has no key before its \"=\""
        case .noArray(let key): "\(Excerpt.plain(key)):= needs a JSON array of values here"
        case .malformedJSON(let key, let reason):
            "the value of \(Excerpt.plain(key)) is not JSON: \(Excerpt.plain(reason, length: 200)); "
                + "for plain text write \(Excerpt.plain(key))=TEXT"
        case .ambiguous(let key, let value, let candidates):
            "\(Excerpt.plain(key))=\(Excerpt.plain(value)) could be "
                + Excerpt.list(candidates.map(JSON.string))
        }
    }
}
