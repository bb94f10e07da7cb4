internal import Calendar
internal import JSON
internal import JobModel

/// Readers of values. What they throw says which values the key takes.
extension Settings {
    static func text(_ value: JSON) throws(SettingFault) -> String {
        guard let text = value.string, !text.isEmpty, !text.unicodeScalars.contains("\0") else {
            throw SettingFault(expectation: "a string that is not empty")
        }
        return text
    }

    static func flag(_ value: JSON) throws(SettingFault) -> Bool {
        guard let flag = value.bool else { throw SettingFault(expectation: "true or false") }
        return flag
    }

    static func number(_ range: ClosedRange<Int64>) -> @Sendable (JSON) throws(SettingFault) -> Int {
        { value throws(SettingFault) in
            guard let number = value.integer, range.contains(number) else {
                throw SettingFault(
                    expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return Int(number)
        }
    }

    static func dollars(_ value: JSON) throws(SettingFault) -> Double {
        guard let amount = value.double, amount.isFinite, amount >= 0 else {
            throw SettingFault(expectation: "an amount in USD, such as 12.50")
        }
        return amount
    }

    static func texts(_ value: JSON) throws(SettingFault) -> [String] {
        let texts = value.array?.compactMap { try? text($0) }
        guard let texts, texts.count == value.array?.count else {
            throw SettingFault(expectation: "an array of strings that are not empty")
        }
        return texts
    }

    /// `s3://BUCKET` or `s3://BUCKET/PREFIX`
    static func bucket(_ value: JSON) throws(SettingFault) -> String {
        guard let text = value.string, ObjectName(text) != nil else {
            throw SettingFault(expectation: "s3://BUCKET or s3://BUCKET/PREFIX")
        }
        return text
    }

    /// It becomes part of a host's name.
    static func region(_ value: JSON) throws(SettingFault) -> String {
        guard let text = value.string, !text.isEmpty,
            text.utf8.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            })
        else { throw SettingFault(expectation: "a region such as us-east-1") }
        return text
    }

    static func hosts(_ value: JSON) throws(SettingFault) -> [String] {
        let hosts = try texts(value)
        if hosts.contains(where: { $0.contains("*") }) {
            throw SettingFault(
                expectation: "host names without * (\".example.com\" means every host below example.com)")
        }
        return hosts
    }

    static func command(_ value: JSON) throws(SettingFault) -> [String] {
        guard let words = try? texts(value), !words.isEmpty else {
            throw SettingFault(
                expectation: "a command as an array of strings, such as [\"/usr/bin/notify\", \"jobd\"]")
        }
        return words
    }

    static func word<Word: RawRepresentable<String> & CaseIterable>(_ value: JSON) throws(SettingFault)
        -> Word
    {
        guard let text = value.string, let word = Word(rawValue: text) else {
            throw SettingFault(expectation: "one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }

    static func span(
        _ range: ClosedRange<Duration>
    ) -> @Sendable (JSON) throws(SettingFault) -> Duration {
        { value throws(SettingFault) in
            guard let milliseconds = WrittenSpan.milliseconds(value.string ?? "") else {
                throw SettingFault(expectation: "a duration, such as 500ms, 2s, 5m or 24h")
            }
            guard range.contains(.milliseconds(milliseconds)) else {
                let (least, most) = (words(range.lowerBound), words(range.upperBound))
                throw SettingFault(expectation: "a duration from \(least) to \(most)")
            }
            return .milliseconds(milliseconds)
        }
    }

    /// `2GiB`, `500MB`, or bytes as a number.
    static func size(_ value: JSON) throws(SettingFault) -> Int64 {
        if let bytes = value.integer, bytes >= 0 { return bytes }
        let units: [String: Int64] = [
            "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "kB": 1000,
            "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
        ]
        let text = value.string ?? ""
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = Int64(digits), let factor = units[String(text.dropFirst(digits.count))],
            case (let bytes, false) = number.multipliedReportingOverflow(by: factor)
        else { throw SettingFault(expectation: "a size, such as 500MiB or 2GiB") }
        return bytes
    }

    /// A value as written in the file; nil for none.
    static func written(_ value: Any) -> String? {
        switch value {
        case let span as Duration: words(span)
        // Only sizes have this type, and all defaults are whole GiB.
        case let bytes as Int64: "\(bytes >> 30)GiB"
        case let word as any RawRepresentable<String>: word.rawValue
        case is String, is Bool, is Int, is [String]: "\(value)"
        default: nil
        }
    }

    private static func words(_ span: Duration) -> String {
        let seconds = span.components.seconds
        if seconds == 0 { return "\(span.components.attoseconds / 1_000_000_000_000_000)ms" }
        if seconds % 86_400 == 0, seconds > 86_400 { return "\(seconds / 86_400)d" }
        if seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        return seconds % 60 == 0 && seconds > 60 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}
