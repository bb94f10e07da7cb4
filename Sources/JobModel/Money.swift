/// Amounts of dollars as people read them.
package enum Money {
    /// To hundredths of a cent: sums of binary fractions are inexact.
    package static func rounded(_ dollars: Double) -> Double { (dollars * 10_000).rounded() / 10_000 }

    /// An amount in whole cents, `$0.10` or `$1,250.00`; below a cent in hundredths of a cent: `$0.0025`.
    package static func text(_ dollars: Double) -> String {
        let hundredths = Int64((min(dollars, 1e12) * 10_000).rounded())
        return text(hundredths: hundredths < 100 ? hundredths : (hundredths + 50) / 100 * 100)
    }

    /// A price of which many are bought, to hundredths of a cent: `$0.0125`.
    package static func unitPrice(_ dollars: Double) -> String {
        text(hundredths: Int64((min(dollars, 1e12) * 10_000).rounded()))
    }

    private static func text(hundredths: Int64) -> String {
        var digits = String(hundredths % 10_000 + 10_000).dropFirst()
        while digits.count > 2, digits.last == "0" { digits.removeLast() }
        var whole = String(hundredths / 10_000)
        for place in stride(from: whole.count - 3, to: 0, by: -3) {
            whole.insert(",", at: whole.index(whole.startIndex, offsetBy: place))
        }
        return "$\(whole).\(digits)"
    }
}
