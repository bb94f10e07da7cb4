internal import JSON

/// The exact value of a JSON number: `3`, `3.0` and `30e-1` are equal, and no digit above 2^53 is lost.
struct DecimalNumber: Comparable, Sendable {
    private let isNegative: Bool
    /// The digits from the first to the last that is not zero; none for zero.
    private let digits: [UInt8]
    /// The value is `0.digits` times ten to this power.
    private let power: Int

    /// Far larger than any in use, and far from an overflow.
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
        guard all.allSatisfy(\.isASCIIDigit) else { return nil }

        let leadingZeros = all.prefix { $0 == UInt8(ascii: "0") }.count
        var significant = all.dropFirst(leadingZeros)
        while significant.last == UInt8(ascii: "0") { significant.removeLast() }
        digits = Array(significant)
        isNegative = hasMinus && !digits.isEmpty
        power = digits.isEmpty ? 0 : whole.count - leadingZeros + exponent
    }

    /// Whether the value has no fraction, however it is written.
    var isInteger: Bool { power >= digits.count }

    static func isInteger(_ text: String) -> Bool {
        // Nearly all integers are only digits, and need no arithmetic.
        text.utf8.allSatisfy(\.isASCIIDigit) || DecimalNumber(text)?.isInteger == true
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

    /// The value in one form, however it was written.
    var canonical: String {
        "\(isNegative ? "-" : "").\(String(decoding: digits, as: UTF8.self))e\(power)"
    }

    /// How many digits are safe in 64-bit arithmetic.
    private static let mostUnitDigits = 18

    /// Whether a number can be checked to be a multiple of it: it is positive and has few enough digits.
    var isUnit: Bool { !isNegative && (1...Self.mostUnitDigits).contains(digits.count) }

    /// Whether the value is exactly a multiple of a unit.
    func isMultiple(of unit: DecimalNumber) -> Bool {
        if digits.isEmpty { return true }
        let shift = (power - digits.count) - (unit.power - unit.digits.count)
        // Neither number ends in a zero: a value with more decimal places than the unit is not a multiple.
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
            guard digit.isASCIIDigit else { return nil }
            value = min(value * 10 + Int(digit - UInt8(ascii: "0")), largestPower)
        }
        return isNegative ? -value : value
    }
}
