/// Base64, for bytes in JSON, for digests in content security policies, and for pictures on a terminal.
package enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the text of `bytes`, padded at its end.
    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        let (digits, padding) = (digits, UInt8(ascii: "="))
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let second = index + 1 < bytes.count ? bytes[index + 1] : 0
            let third = index + 2 < bytes.count ? bytes[index + 2] : 0
            let number = Int(bytes[index]) << 16 | Int(second) << 8 | Int(third)
            text.append(digits[number >> 18])
            text.append(digits[number >> 12 & 63])
            text.append(index + 1 < bytes.count ? digits[number >> 6 & 63] : padding)
            text.append(index + 2 < bytes.count ? digits[number & 63] : padding)
            index += 3
        }
    }
}
