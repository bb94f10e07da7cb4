internal import JSON

/// What is read and written again is the same value, and what the stricter readers take the lenient one takes
/// alike.
enum JSONPromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        let lenient = try? JSON(parsing: bytes)
        for dialect in [JSONDialect.strict, .configuration] {
            guard let value = try? JSON(parsing: bytes, dialect) else { continue }
            if dialect == .strict, value != lenient { return "the readers differ" }
            guard let again = try? JSON(parsing: value.text, dialect), again == value else {
                return "\(value.text.debugDescription) is not read again"
            }
        }
        guard let lenient else { return nil }
        guard let again = try? JSON(parsing: lenient.indentedText), again == lenient else {
            return "the indented text is not read again"
        }
        if let integer = lenient.integer, Int64(exactly: lenient.double ?? 0.5) == nil,
            !lenient.text.hasSuffix(String(integer).suffix(3))
        {
            return "\(lenient.text) is no \(integer)"
        }
        return nil
    }
}
