/// Amounts of dollars as people read them.
package enum Money {
    /// To hundredths of a cent: sums of binary fractions are inexact.
    package static func rounded(_ dollars: Double) -> Double { (dollars * 10_000).rounded() / 10_000 }

    /// In cents, and in hundredths of a cent if they are not zero.
    package static func text(_ dollars: Double) -> String {
        let hundredths = Int64((min(dollars, 1e12) * 10_000).rounded())
        var digits = String(hundredths % 10_000 + 10_000).dropFirst()
        while digits.count > 2, digits.last == "0" { digits.removeLast() }
        return "$\(hundredths / 10_000).\(digits)"
    }
}
