internal import HTTP

/// Puts a model's id, which holds slashes, into a path.
package enum ModelPath {
    private static let longest = 512

    /// Nil where the id would lead out of its place in the path, or to nothing.
    package static func encode(_ model: String) -> String? {
        let parts = model.split(separator: "/", omittingEmptySubsequences: false)
        if model.utf8.count > longest || parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            return nil
        }
        return parts.map { part in
            String(percentEncoding: part.utf8, unless: { isLetterOrDigit($0) || "._~-".utf8.contains($0) })
        }.joined(separator: "/")
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
