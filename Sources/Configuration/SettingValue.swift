internal import JSON

/// Reads a value of the configuration. What it throws says what the key takes.
enum SettingValue {
    struct Fault: Error {
        let expectation: String
    }

    static func text(_ value: JSON) throws(Fault) -> String {
        guard let text = value.string, !text.isEmpty, !text.unicodeScalars.contains("\0") else {
            throw Fault(expectation: "a text")
        }
        return text
    }

    static func flag(_ value: JSON) throws(Fault) -> Bool {
        guard let flag = value.bool else { throw Fault(expectation: "true or false") }
        return flag
    }

    static func number(_ value: JSON, in range: ClosedRange<Int64>) throws(Fault) -> Int {
        guard let number = value.integer, range.contains(number) else {
            throw Fault(expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    static func dollars(_ value: JSON) throws(Fault) -> Double {
        guard let amount = value.double, amount.isFinite, amount >= 0 else {
            throw Fault(expectation: "an amount in USD, such as 12.50")
        }
        return amount
    }

    static func texts(_ value: JSON) throws(Fault) -> [String] {
        guard let elements = value.array else { throw Fault(expectation: "an array of texts") }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string, !text.isEmpty, !text.unicodeScalars.contains("\0") else {
                throw Fault(expectation: "an array of texts")
            }
            texts.append(text)
        }
        return texts
    }

    static func hosts(_ value: JSON) throws(Fault) -> [String] {
        let hosts = try texts(value)
        if hosts.contains(where: { $0.contains("*") }) {
            throw Fault(
                expectation: "names of hosts without *: \".example.com\" is every host below example.com")
        }
        return hosts
    }

    static func command(_ value: JSON) throws(Fault) -> [String] {
        guard let words = try? texts(value), !words.isEmpty else {
            throw Fault(
                expectation: "a command as an array of texts, such as [\"/usr/bin/notify\", \"jobd\"]")
        }
        return words
    }

    static func word<Word: RawRepresentable<String> & CaseIterable>(_ value: JSON) throws(Fault) -> Word {
        guard let text = value.string, let word = Word(rawValue: text) else {
            throw Fault(expectation: "one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }

    /// `500ms`, `2s`, `5m`, `24h`.
    static func span(_ value: JSON, in range: ClosedRange<Duration>) throws(Fault) -> Duration {
        let units: [(String, Duration)] = [
            ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
            ("d", .seconds(86_400)),
        ]
        guard let (number, unit) = split(value.string ?? ""),
            let factor = units.first(where: { $0.0 == unit })?.1,
            number <= 1_000_000_000
        else { throw Fault(expectation: "a span of time, such as 500ms, 2s, 5m or 24h") }
        let span = factor * Int(number)
        guard range.contains(span) else {
            throw Fault(
                expectation: "a span of time from \(words(range.lowerBound)) to \(words(range.upperBound))")
        }
        return span
    }

    /// `2GiB`, `500MB`, or bytes as a number.
    static func size(_ value: JSON) throws(Fault) -> Int64 {
        if let bytes = value.integer, bytes >= 0 { return bytes }
        let units: [(String, Int64)] = [
            ("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
            ("kB", 1000),
            ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ]
        guard let (number, unit) = split(value.string ?? ""),
            let factor = units.first(where: { $0.0 == unit })?.1
        else { throw Fault(expectation: "a size, such as 500MiB or 2GiB") }
        let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: factor)
        if isTooLarge { throw Fault(expectation: "a size, such as 500MiB or 2GiB") }
        return bytes
    }

    private static func split(_ text: String) -> (Int64, String)? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = Int64(digits) else { return nil }
        return (number, String(text.dropFirst(digits.count)))
    }

    private static func words(_ span: Duration) -> String {
        let seconds = span.components.seconds
        if seconds == 0 { return "\(span.components.attoseconds / 1_000_000_000_000_000)ms" }
        if seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}
