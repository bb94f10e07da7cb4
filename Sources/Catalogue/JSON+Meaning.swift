package import JSON

extension JSON {
    /// Bytes that are equal if two values mean the same: numbers by value, text byte for byte, objects in any
    /// order.
    package var meaning: [UInt8] {
        var bytes: [UInt8] = []
        addMeaning(to: &bytes)
        return bytes
    }

    private func addMeaning(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(UInt8(ascii: "0"))
        case .bool(let flag): bytes.append(flag ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .number(let digits):
            bytes += "n\(DecimalNumber(digits)?.canonical ?? digits),".utf8
        case .string(let text): bytes += "s\(text.utf8.count),\(text)".utf8
        case .array(let elements):
            bytes += "a\(elements.count),".utf8
            for element in elements { element.addMeaning(to: &bytes) }
        case .object(let object):
            var values: [ExactText: JSON] = [:]
            for member in object.members { values[ExactText(member.key)] = member.value }
            bytes += "o\(values.count),".utf8
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                bytes += "\(key.text.utf8.count),\(key.text)".utf8
                value.addMeaning(to: &bytes)
            }
        }
    }
}
