/// A JSON number by its exact value: `3`, `3.0` and `30e-1` are equal, and no digit above 2^53 is lost.
struct DecimalNumber: Comparable, Sendable {
    private let isNegative: Bool
    /// The digits from the first to the last that is not zero; none for zero.
    private let digits: [UInt8]
    /// The value is `0.digits` times ten to this power.
    private let power: Int

    /// Far beyond any number in use, and far from an overflow.
    private static let largestPower = 1 << 40

    init?(_ text: String) {
        var rest = text.utf8[...]
        let hasMinus = rest.first == UInt8(ascii: "-")
        if hasMinus { rest.removeFirst() }

        let mantissa = rest.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
        var exponent = 0
        if mantissa.endIndex < rest.endIndex {
            let written = rest[mantissa.endIndex...].dropFirst()
            guard let value = Self.exponent(written) else { return nil }
            exponent = value
        }

        let parts = mantissa.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first, !whole.isEmpty else { return nil }
        let all = parts.flatMap { Array($0) }
        guard all.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }

        let leadingZeros = all.prefix { $0 == UInt8(ascii: "0") }.count
        var significant = all.dropFirst(leadingZeros)
        while significant.last == UInt8(ascii: "0") { significant.removeLast() }
        digits = Array(significant)
        isNegative = hasMinus && !digits.isEmpty
        power = digits.isEmpty ? 0 : whole.count - leadingZeros + exponent
    }

    /// Whether the value has no fraction, whichever way it is written.
    var isInteger: Bool { power >= digits.count }

    static func isInteger(_ text: String) -> Bool { isPlain(text) || DecimalNumber(text)?.isInteger == true }

    /// Whether the number is nothing but digits, as nearly all integers are: then it needs no arithmetic.
    static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    private func isSmaller(than other: DecimalNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if power != other.power { return power < other.power }
        return digits.lexicographicallyPrecedes(other.digits)
    }

    private static func exponent(_ text: Substring.UTF8View.SubSequence) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
        if digits.isEmpty { return nil }
        var value = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = min(value * 10 + Int(digit - UInt8(ascii: "0")), largestPower)
        }
        return isNegative ? -value : value
    }
}
