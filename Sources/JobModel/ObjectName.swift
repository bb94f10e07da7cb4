/// The name of an object in object storage, `s3://BUCKET/KEY`, or of a bucket, `s3://BUCKET`.
package struct ObjectName: Equatable, Hashable, Sendable {
    package let bucket: String
    /// Empty for the bucket itself.
    package let key: String

    package init(bucket: String, key: String) { (self.bucket, self.key) = (bucket, key) }

    /// Nil if the text is no such name, or one that clients and servers spell differently.
    package init?(_ text: String) {
        guard text.utf8.starts(with: Self.mark.utf8) else { return nil }
        let parts = text.utf8.dropFirst(Self.mark.utf8.count).split(
            separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(parts.first.map(Substring.init) ?? "")
        key = parts.count == 2 ? String(Substring(parts[1])) : ""
        guard Self.isBucket(bucket), Self.isKey(key) else { return nil }
    }

    /// An object that an input names; nil for any other text.
    package static func named(by text: String) -> ObjectName? {
        isMeant(text) ? ObjectName(text).flatMap { $0.key.isEmpty ? nil : $0 } : nil
    }

    /// Whether a text of an input stands for an object: it begins with `s3://` and has no blank.
    package static func isMeant(_ text: String) -> Bool {
        text.utf8.starts(with: mark.utf8) && text.utf8.allSatisfy { $0 > 0x20 }
    }

    package static let inputForm = "an object in your storage is s3://BUCKET/KEY, without a blank"

    /// Whether the text is an address of this kind, well-formed or not.
    package static func hasScheme(_ text: String) -> Bool { text.utf8.starts(with: mark.utf8) }

    private static let mark = "s3://"

    package var text: String { key.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(key)" }

    private static func isBucket(_ text: String) -> Bool {
        (3...63).contains(text.utf8.count) && !text.utf8.starts(with: ".".utf8)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// At most 1024 bytes, without a control character, and without the components that HTTP removes.
    private static func isKey(_ text: String) -> Bool {
        let components = text.utf8.split(separator: UInt8(ascii: "/"))
        return text.utf8.count <= 1024 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && !components.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
    }
}
