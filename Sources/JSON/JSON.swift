/// A JSON value that keeps the order of keys and the digits of numbers.
///
/// A job's input is sent as its writer wrote it. `1.0` stays `1.0`, and a seed above 2^53 stays exact.
package enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The digits as they were written.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// Reads one JSON text. Throws `JSONError` with the place of the error.
    package init(parsing text: some StringProtocol, _ dialect: JSONDialect = .lenient) throws(JSONError) {
        self = try JSONParser.parse(Array(text.utf8), dialect)
    }

    /// Reads one JSON text from bytes, which must be UTF-8.
    package init(parsing bytes: [UInt8], _ dialect: JSONDialect = .lenient) throws(JSONError) {
        self = try JSONParser.parse(bytes, dialect)
    }

    /// Whether both are written the same; texts and keys are compared by their bytes.
    package static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.isExactly(right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    package static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

    /// A number that JSON cannot write (an infinity) becomes null.
    package static func double(_ value: Double) -> JSON {
        guard value.isFinite else { return .null }
        if value == value.rounded(), abs(value) < 1e15 { return .number(String(Int64(value))) }
        return .number(String(value))
    }

    /// A value that is written as this JSON text.
    package static func verbatim(_ text: String) -> JSON { .number(text) }

    package static func optional(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
    package static func optional(_ value: Int64?) -> JSON { value.map { .integer($0) } ?? .null }
    package static func optional(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }

    package var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    package var array: [JSON]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    package var object: JSONObject? {
        if case .object(let object) = self { return object }
        return nil
    }

    package var bool: Bool? {
        if case .bool(let flag) = self { return flag }
        return nil
    }

    package var double: Double? {
        if case .number(let digits) = self { return Double(digits) }
        return nil
    }

    /// The value as a whole number, even if it is written `3.0` or `3e2`; nil if it does not fit.
    package var integer: Int64? {
        guard case .number(let digits) = self else { return nil }
        if let exact = Int64(digits) { return exact }
        guard let value = Double(digits), value == value.rounded(), abs(value) <= 0x1p53 else { return nil }
        return Int64(value)
    }

    /// The member of an object; nil if this is not an object or has no such key.
    package subscript(key: String) -> JSON? { object?[key] }
}

/// The members of a JSON object, in the order in which they were written.
package struct JSONObject: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    package struct Member: Equatable, Sendable {
        package var key: String
        package var value: JSON

        package init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }

        package static func == (left: Member, right: Member) -> Bool {
            left.key.isExactly(right.key) && left.value == right.value
        }
    }

    package var members: [Member]

    package init(_ members: [Member] = []) { self.members = members }

    package init(dictionaryLiteral elements: (String, JSON)...) {
        members = elements.map { Member(key: $0.0, value: $0.1) }
    }

    package var keys: [String] { members.map(\.key) }

    /// Keys are compared by their bytes. Of equal keys, the last is read, as in nearly every JSON reader.
    /// Setting nil removes the key.
    package subscript(key: String) -> JSON? {
        get { members.last { $0.key.isExactly(key) }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.key.isExactly(key) } }
            if let index = members.lastIndex(where: { $0.key.isExactly(key) }) {
                members[index].value = newValue
            } else {
                members.append(Member(key: key, value: newValue))
            }
        }
    }
}

extension JSON: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self = .string(text) }
}
