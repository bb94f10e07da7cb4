/// Words as they pass through a login shell, whichever that is: a dot, then plain characters and `%XX`. There
/// is nothing in them that sh, fish or csh would expand, also if a word is empty.
enum HostWords {
    static func encode(_ word: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = [UInt8(ascii: ".")]
        for byte in word.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "/"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil for what `encode` does not make.
    static func decode(_ word: some StringProtocol) -> String? {
        var rest = Array(word.utf8)[...]
        guard rest.popFirst() == UInt8(ascii: ".") else { return nil }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
            } else {
                guard rest.count >= 2,
                    let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                rest = rest.dropFirst(2)
                bytes.append(value)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
