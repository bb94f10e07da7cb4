/// A file inside an input, `data:image/png;base64,…`, within the bounds that RunComfy's own nodes keep.
enum DataURI {
    private static let mostBytes = ["image": 6 << 20, "video": 32 << 20, "audio": 32 << 20]

    static func isMeant(_ text: String) -> Bool { text.utf8.starts(with: "data:".utf8) }

    /// What is wrong with it; nil if nothing is.
    static func fault(in text: String) -> String? {
        let (head, digits) = parts(of: text)
        let kind = head.split(separator: "/").first.map(String.init) ?? ""
        guard let digits, head.hasSuffix(";base64"), let most = mostBytes[kind] else {
            return "must be data:TYPE;base64,DATA of an image, a video or an audio file"
        }
        let padding = digits.suffix(2).count { $0 == UInt8(ascii: "=") }
        if digits.count % 4 != 0 { return "is not complete base64" }
        let bytes = digits.count / 4 * 3 - padding
        return bytes > most ? "has \(bytes) bytes; at most \(most) are allowed" : nil
    }

    /// The file; nil if it is no base64.
    static func bytes(in text: String) -> [UInt8]? {
        guard var digits = parts(of: text).digits, digits.count % 4 == 0 else { return nil }
        while digits.last == UInt8(ascii: "="), digits.count % 4 != 2 { digits.removeLast() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var (number, bits) = (0, 0)
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            (number, bits) = (number << 6 | value, bits + 6)
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(number >> bits & 255))
            number &= (1 << bits) - 1
        }
        return bytes
    }

    private static func parts(of text: String) -> (head: String, digits: Substring.UTF8View?) {
        let halves = text.utf8.dropFirst(5).split(separator: UInt8(ascii: ","), maxSplits: 1)
        return (halves.first.map { String(Substring($0)) } ?? "", halves.dropFirst().first)
    }

    private static func value(of digit: UInt8) -> Int? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(digit) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
