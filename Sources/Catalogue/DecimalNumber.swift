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

    /// The value in one form, whichever way it was written.
    var canonical: String {
        "\(isNegative ? "-" : "").\(String(decoding: digits, as: UTF8.self))e\(power)"
    }

    /// As many digits as arithmetic in 64 bits is safe with.
    private static let mostUnitDigits = 18

    /// Whether something can be a multiple of it: it is positive, and short enough to be counted with.
    var isUnit: Bool { !isNegative && (1...Self.mostUnitDigits).contains(digits.count) }

    /// Whether the value is a whole number of times a unit, exactly.
    func isMultiple(of unit: DecimalNumber) -> Bool {
        if digits.isEmpty { return true }
        let shift = (power - digits.count) - (unit.power - unit.digits.count)
        // Neither number ends in a zero, so that what has more places than the unit is no multiple of it.
        guard shift >= 0 else { return false }
        let divisor = unit.digits.reduce(0 as UInt64) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
        let rest = digits.reduce(0 as UInt64) { ($0 * 10 + UInt64($1 - UInt8(ascii: "0"))) % divisor }
        return Self.product(rest, Self.powerOfTen(shift, modulo: divisor), modulo: divisor) == 0
    }

    private static func product(_ left: UInt64, _ right: UInt64, modulo divisor: UInt64) -> UInt64 {
        divisor.dividingFullWidth(left.multipliedFullWidth(by: right)).remainder
    }

    private static func powerOfTen(_ exponent: Int, modulo divisor: UInt64) -> UInt64 {
        var (result, base, rest) = (1 % divisor, 10 % divisor, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = product(result, base, modulo: divisor) }
            base = product(base, base, modulo: divisor)
            rest >>= 1
        }
        return result
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
