import JSON

/// Reads a schema into rules, each once, and keeps a list of what it cannot check.
struct SchemaReader {
    private let root: JSON
    private let entry: JSON
    /// The rules that references lead to. They do not contain each other, because references may be circular.
    private(set) var shared: [ValueRule] = []
    /// What is not checked, each with its path.
    private(set) var unchecked: [String] = []
    /// How much is not checked, including what is not listed.
    private(set) var left = 0

    private var path: [String] = ["$"]
    private var indices: [ExactText: Int] = [:]
    private var pending: [(definition: JSON, path: [String])] = []
    private var count = 0

    /// No schema in use has as many.
    private static let mostShared = 1000
    private static let mostRules = 100_000
    private static let mostListed = 100

    /// - Parameter entry: the document that contains the schema, which may refer to it.
    init(_ root: JSON, in entry: JSON) { (self.root, self.entry) = (root, entry) }

    mutating func read() -> ValueRule {
        let rule = ValueRule(root, file: nil, isRoot: true, &self)
        while shared.count < pending.count {
            let next = pending[shared.count]
            path = next.path
            shared.append(ValueRule(next.definition, file: nil, isRoot: false, &self))
        }
        return rule
    }

    /// Nil if there is no rule.
    mutating func rule(_ definition: JSON?, _ step: String, file: FileDemand? = nil) -> ValueRule? {
        guard let definition else { return nil }
        count += 1
        guard count <= Self.mostRules else {
            leave("more than \(Self.mostRules) rules", nil)
            return .anything
        }
        path.append(step)
        defer { path.removeLast() }
        return ValueRule(definition, file: file, isRoot: false, &self)
    }

    mutating func rules(_ definitions: [JSON], _ step: String, file: FileDemand? = nil) -> [ValueRule] {
        definitions.compactMap { rule($0, step, file: file) }
    }

    /// Notes what is not checked here.
    mutating func leave(_ keyword: String, _ value: JSON?) {
        left += 1
        guard unchecked.count < Self.mostListed else { return }
        let shown = value.map { " " + Excerpt.list([$0]) } ?? ""
        let line = Excerpt.plain(path.joined(), length: 200) + ": " + keyword + shown
        if !unchecked.contains(line) { unchecked.append(line) }
    }

    mutating func leaveUnknownKeywords(in definition: JSONObject) {
        for member in definition.members {
            if member.key.isExactly("format"), let format = member.value.string {
                if !FileDemand.isFile(format) { leave("format", member.value) }
            } else if Self.unknown.contains(ExactText(member.key)) {
                leave(member.key, member.value)
            }
        }
    }

    /// Keywords that demand something which is not checked. Others may say anything.
    private static let unknown = Set(
        [
            "if", "then", "else", "contains", "propertyNames", "dependencies", "dependentRequired",
            "dependentSchemas", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef",
            "contentEncoding", "contentMediaType",
        ].map(ExactText.init))

    /// The index of the rule that a reference leads to; nil if it leads out of the schema, or nowhere.
    mutating func reference(_ value: JSON) -> Int? {
        guard let text = value.string, let steps = Self.steps(of: text) else {
            leave("$ref", value)
            return nil
        }
        let target = ExactText(steps.joined(separator: "\0"))
        if let index = indices[target] { return index }
        guard pending.count < Self.mostShared,
            let definition = Self.value(at: steps, in: root) ?? Self.value(at: steps, in: entry)
        else {
            leave("$ref", value)
            return nil
        }
        indices[target] = pending.count
        pending.append((definition, path))
        return pending.count - 1
    }

    /// A pointer's steps; nil for a reference that is not a pointer into this document.
    private static func steps(of reference: String) -> [String]? {
        guard reference.utf8.first == UInt8(ascii: "#") else { return nil }
        var parts = reference[...].utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.removeFirst().isEmpty else { return nil }
        return parts.map { String(decoding: unescaped($0), as: UTF8.self) }
    }

    /// `~1` stands for a slash, `~0` for a tilde, `%20` for a blank.
    private static func unescaped(_ part: Substring.UTF8View.SubSequence) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "~"), rest.first == UInt8(ascii: "1") || rest.first == UInt8(ascii: "0") {
                bytes.append(rest.removeFirst() == UInt8(ascii: "1") ? UInt8(ascii: "/") : byte)
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(Substring(rest.prefix(2))), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    private static func value(at steps: [String], in root: JSON) -> JSON? {
        var value = root
        for step in steps {
            let next =
                if let elements = value.array {
                    Int(step).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
                } else {
                    value[step]
                }
            guard let next else { return nil }
            value = next
        }
        return value
    }
}
