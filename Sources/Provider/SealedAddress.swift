/// Removes the signatures of presigned addresses. The service may repeat the addresses that it was sent, and
/// such an address is a secret: it must not come into messages and the database.
enum SealedAddress {
    private static let key = Array("X-Amz-Signature".utf8)
    private static let mark = Array("[signature]".utf8)
    /// Fewer digits are no signature, not even a part that is of use.
    private static let shortest = 16
    /// How `=` may be written in an address, in JSON or in HTML.
    private static let longestSign = 8

    static func seal(_ text: String) -> String {
        sealed(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// Nil if there is no signature.
    static func sealed(_ bytes: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var copied = 0
        var index = 0
        while index + key.count < bytes.count {
            guard bytes[index] == key[0], bytes[index...].starts(with: key) else {
                index += 1
                continue
            }
            index += key.count
            guard let digits = digits(in: bytes, after: index) else { continue }
            result += bytes[copied..<digits.lowerBound] + mark
            (index, copied) = (digits.upperBound, digits.upperBound)
        }
        return copied == 0 ? nil : result + bytes[copied...]
    }

    private static func digits(in bytes: [UInt8], after start: Int) -> Range<Int>? {
        for first in start...(start + longestSign) {
            let end = bytes[min(first, bytes.count)...].firstIndex { !isDigit($0) } ?? bytes.count
            if end - first >= shortest { return first..<end }
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
