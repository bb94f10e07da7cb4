/// Puts a model's id, which holds slashes, into a path.
package enum ModelPath {
    private static let longest = 512

    /// Nil where the id would lead out of its place in the path, or to nothing.
    package static func encode(_ model: String) -> String? {
        let parts = model.split(separator: "/", omittingEmptySubsequences: false)
        if model.utf8.count > longest || parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            return nil
        }
        return parts.map(encode(part:)).joined(separator: "/")
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func encode(part: Substring) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in part.utf8 {
            if isLetterOrDigit(byte) || "._~-".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
