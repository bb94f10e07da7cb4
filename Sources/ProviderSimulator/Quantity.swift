/// Numbers as people write them, with a unit or within a range.
enum Quantity {
    /// `500ms`, `2s`, `5m`, `1h`; a number without a unit is in seconds.
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

    static func within<Value>(_ range: some RangeExpression<Value>, _ value: Value?) -> Value? {
        value.flatMap { range.contains($0) ? $0 : nil }
    }

    private static func number(_ text: String, units: [String: Double]) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), let unit = units[String(text[digits.endIndex...])] else {
            return nil
        }
        return within(..<1e12, number * unit)
    }
}
