import JSON

extension JSON {
    /// Whether two values mean the same: numbers by value, text byte for byte, objects in any order.
    func isSameValue(as other: JSON) -> Bool {
        switch (self, other) {
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.string(let left), .string(let right)):
            return left == right && left.utf8.elementsEqual(right.utf8)
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
            return left.members.count == right.members.count
                && left.members.allSatisfy { right[$0.key]?.isSameValue(as: $0.value) ?? false }
        default: return false
        }
    }
}
