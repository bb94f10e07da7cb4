/// A whole number for people: `12,345`.
package enum NumberText {
    package static func of(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// `1 job`, `12,345 jobs`.
    package static func of(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(of(number)) \(noun)\(number == 1 ? "" : "s")"
    }
}

/// A number of bytes for people: `1.2 GB`.
package enum ByteText {
    package static func of(_ bytes: Int64) -> String {
        let units: [(Int64, String)] = [
            (1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB"),
        ]
        guard let (size, unit) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) bytes" }
        let tenths = bytes / (size / 10)
        return tenths % 10 == 0 || tenths >= 1000
            ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
