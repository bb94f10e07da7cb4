import JSON

extension JSON {
    /// Whether two values mean the same: numbers by value, text byte for byte, objects in any order.
    func isSameValue(as other: JSON) -> Bool {
        switch (self, other) {
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.string(let left), .string(let right)): return left.isExactly(right)
        case (.number(let left), .number(let right)):
            // Two plain integers are the same only if they are written the same.
            if left == right || DecimalNumber.isPlain(left) && DecimalNumber.isPlain(right) {
                return left == right
            }
            guard let left = DecimalNumber(left), let right = DecimalNumber(right) else { return false }
            return left == right
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSameValue(as: $1) }
        case (.object(let left), .object(let right)):
            guard left.members.count == right.members.count else { return false }
            // What is different shows early, whereas a table of many keys is no work of a moment.
            if left.members.count <= 16 {
                return left.members.allSatisfy { right[$0.key]?.isSameValue(as: $0.value) ?? false }
            }
            let values = Dictionary(
                right.members.map { (ExactText($0.key), $0.value) }, uniquingKeysWith: { $1 })
            return left.members.allSatisfy {
                values[ExactText($0.key)]?.isSameValue(as: $0.value) ?? false
            }
        default: return false
        }
    }

    /// Bytes that are equal for two values exactly where they mean the same.
    var meaning: [UInt8] {
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
