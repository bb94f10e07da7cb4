/// Numbers with a unit, as people write them.
enum Quantity {
    /// `500ms`, `2s`, `5m`, `1h`; a bare number is seconds.
    static func seconds(_ text: String) -> Double? {
        number(text, units: ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1])
    }

    /// `100k`, `2MiB`, `500`; k and M are powers of 1024.
    static func bytes(_ text: String) -> Int? {
        let kilo = 1024.0
        let mega = kilo * kilo
        let units = [
            "": 1, "B": 1, "k": kilo, "K": kilo, "kB": kilo, "KiB": kilo, "M": mega, "MB": mega, "MiB": mega,
        ]
        return number(text, units: units).map { Int($0) }
    }

    private static func number(_ text: String, units: [String: Double]) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), let unit = units[String(text[digits.endIndex...])] else {
            return nil
        }
        let value = number * unit
        return value.isFinite && value < 1e12 ? value : nil
    }
}
