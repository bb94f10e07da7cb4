/// How far something is, drawn: `━━━━━─────`.
package enum Bar {
    /// - Parameter share: from 0 to 1; what lies beyond is drawn as the nearer of both.
    package static func text(_ share: Double, width: Int) -> String {
        // Full only when it is: the last piece is for what is done.
        let full = share >= 1 ? width : share > 0 ? min(Int(share * Double(width)), width - 1) : 0
        return String(repeating: "━", count: full) + String(repeating: "─", count: max(0, width - full))
    }
}
