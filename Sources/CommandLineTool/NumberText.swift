/// A whole number for people: `12,345`.
package enum NumberText {
    package static func of(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// `1 job`, `12,345 jobs`.
    package static func of(_ number: Int64, _ noun: String) -> String {
        "\(of(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    package static func of(_ number: Int, _ noun: String) -> String { of(Int64(number), noun) }
}
