/// A local file that an input names: a copy in `inputs/` of the state directory, called after its content.
/// The input has `file:SHA256.EXT` in its place.
package struct InputFile: Hashable, Sendable {
    package let sha256: String
    /// Without the dot. It follows the content.
    package let fileExtension: String

    package init(sha256: String, fileExtension: String) {
        (self.sha256, self.fileExtension) = (sha256, fileExtension)
    }

    /// What the copy is called; nil for any other name.
    package init?(name: some StringProtocol) {
        let bytes = name.utf8
        guard bytes.count >= 66, bytes.count <= 73 else { return nil }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 64,
            parts[0].utf8.allSatisfy({ Self.isDigit($0) || (0x61...0x66).contains($0) }),
            parts[1].utf8.allSatisfy({ Self.isDigit($0) || (0x61...0x7A).contains($0) })
        else { return nil }
        self.init(sha256: String(parts[0]), fileExtension: String(parts[1]))
    }

    /// As an input has it; nil for any other text.
    package init?(_ text: String) {
        guard Self.isMeant(text) else { return nil }
        self.init(name: text.dropFirst(Self.scheme.utf8.count))
    }

    package var name: String { "\(sha256).\(fileExtension)" }
    package var text: String { Self.scheme + name }

    private static let scheme = "file:"

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether the text stands for a local file: by its copy's name, or by its path.
    package static func isMeant(_ text: String) -> Bool { text.utf8.starts(with: scheme.utf8) }

    /// The path that the text names; nil if it is no local file, or names a copy.
    package static func path(in text: String) -> String? {
        guard isMeant(text), InputFile(text) == nil else { return nil }
        return String(Substring(text.utf8.dropFirst(scheme.utf8.count)))
    }

    /// The text for a file at a path.
    package static func text(forPath path: String) -> String { scheme + path }

    /// Whether a text without a scheme is a path, where a file is expected.
    package static func isPath(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        let isLetter = (0x61...0x7A).contains(first | 0x20)
        let name = text.utf8.prefix { byte in
            isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || "+-.".utf8.contains(byte)
        }
        return !isLetter || name.endIndex == text.endIndex || text.utf8[name.endIndex] != UInt8(ascii: ":")
    }

    /// Whether a text of an input, written as JSON, may be a local file. Escapes are not looked through: they
    /// make a text that is refused as an address.
    package static func mayOccur(in input: String) -> Bool {
        var input = input
        return input.withUTF8 { TextStart.occur([.file], in: $0) }
    }

    package static func mayOccur(in input: [UInt8]) -> Bool {
        input.withUnsafeBufferPointer { TextStart.occur([.file], in: $0) }
    }
}

extension Job {
    /// Whether a text of the input may be a local file or an object, as `InputFile.mayOccur` says.
    package var mayNameFiles: Bool {
        var input = input
        return input.withUTF8 { TextStart.occur([.file, .object], in: $0) }
    }
}

/// How a text of an input begins, written as JSON.
private struct TextStart {
    private let bytes: [UInt8]

    private init(_ text: String) { bytes = Array("\"\(text)".utf8) }

    static let file = TextStart("file:")
    /// Some programs write a slash as `\\/`.
    static let object = TextStart("s3:")

    /// Whether one of them occurs. An input may be large, and most of it is no quotation mark.
    static func occur(_ starts: [TextStart], in input: UnsafeBufferPointer<UInt8>) -> Bool {
        let mark = UInt8(ascii: "\"")
        for index in input.indices where input[index] == mark {
            if starts.contains(where: { input[index...].starts(with: $0.bytes) }) { return true }
        }
        return false
    }
}

/// What of local files fits into a POST, as `data:` URIs.
package enum InlineLimits {
    /// For one file.
    package static let fileBytes: Int64 = 6 << 20
    /// For the whole POST, as it is sent.
    package static let postBytes: Int64 = 48 << 20

    /// How many bytes a file takes in a POST, apart from its type.
    package static func encodedBytes(of bytes: Int64) -> Int64 { (bytes + 2) / 3 * 4 }

    /// Why a file of that size cannot be sent; nil if it can.
    package static func fault(ofFile bytes: Int64) -> String? {
        bytes <= fileBytes
            ? nil : "has \(bytes) bytes, and at most \(fileBytes) (6 MiB) can be sent: set storage.url"
    }

    /// Why a POST of that size is not made; nil if it is.
    package static func fault(ofPost bytes: Int64) -> String? {
        bytes <= postBytes
            ? nil
            : "with its files, the request has \(bytes) bytes, and at most \(postBytes) (48 MiB) "
                + "can be sent: set storage.url"
    }
}
